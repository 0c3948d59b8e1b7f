import { startRuntime } from '../app/index.ts';
import { type FozConfig, planeOver, type Store, type StoreLog, storeToLookInto } from '../control/index.ts';
import { FozError } from '../core/index.ts';
import { type Attached, attach, connect } from '../main.ts';

const log: StoreLog = {
  warn: (fields, message) => console.error(message, fields),
  error: (fields, message) => console.error(message, fields),
};

/**
 * What `foz serve` would serve: the sources, metadata and settings of the configuration and of its store. A store that cannot be opened is
 * told on stderr, and what it says is left out. `open`: the store, where the caller has it open.
 */
export async function attachStored(config: FozConfig, open?: Store): Promise<Attached> {
  const attached = await attach(config);
  const store = open ?? (await storeToLookInto(config, process.env));
  if (store === null) return attached;
  const leave = async () => {
    if (open === undefined) await store.close();
  };
  try {
    await store.open();
  } catch (error) {
    if (!(error instanceof FozError)) throw error;
    await leave();
    console.error(
      `What the store says is left out. ${error.message} A Foz that runs is asked with --endpoint.`,
    );
    return attached;
  }
  const plane = await planeOver(store, config, process.env, log);
  const runtime = await startRuntime({
    ...attached,
    config,
    plane,
    authentication: { use() {} },
    connect,
    log,
  });
  return {
    ...attached,
    async close() {
      runtime.close();
      await attached.close();
      await leave();
    },
  };
}
