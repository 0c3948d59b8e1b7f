import { type Attached, attach, connect } from '../attach.ts';
import type { CatalogIssue } from '../catalog/index.ts';
import {
  type ControlPlane,
  existingStore,
  type FozConfig,
  namesKeeperOf,
  planeForCommands,
} from '../control/index.ts';
import { FozError } from '../core/index.ts';
import type { Store, StoreLog } from '../store/index.ts';
import { messageOf } from './output.ts';

const log: StoreLog = {
  warn: (fields, message) => console.error(message, fields),
  error: (fields, message) => console.error(message, fields),
};

/** The sources, metadata and settings that a command inspects. */
export interface Inspected extends Attached {
  /** `null`: there is no store, or it cannot be opened. */
  readonly plane: ControlPlane | null;
  /** Problems of databases, metadata, sources and settings. */
  readonly issues: readonly CatalogIssue[];
  /** Problems of sources and settings; the other `issues` are those of databases and metadata. */
  readonly besides: readonly CatalogIssue[];
}

export interface StoreOptions {
  /** The store, if the caller has opened it already. */
  readonly open?: Store;
}

/**
 * Attaches the sources, metadata and settings that `foz serve` would serve: those of the configuration, and those of its store if
 * it opens.
 */
export async function attachStored(config: FozConfig, options: StoreOptions = {}): Promise<Inspected> {
  const attached = await attach(config, 'command');
  const plane = await openPlane(config, options);
  if (plane === null) {
    attached.graphs.useNames(await namesKeeperOf(config, null).read());
    return { ...attached, plane, issues: attached.graphs.issues, besides: [] };
  }
  const authentication = { use() {} };
  // Loads the parts of a server, which commands without a store can do without.
  const { startRuntime } = await import('../app/index.ts');
  const runtime = await startRuntime({
    ...attached,
    ...{ config, plane, authentication, connect, log, names: 'reads' as const },
  });
  const besides = [...runtime.sources.issues, ...runtime.settings.current.issues];
  return {
    ...attached,
    plane,
    issues: [...attached.graphs.issues, ...besides],
    besides,
    async close() {
      runtime.close();
      await attached.close();
      if (options.open === undefined) await plane.store.close();
    },
  };
}

/**
 * Opens the store of a configuration and the control plane on it; `null`: there is none, or it cannot be opened. In the latter case a
 * message is printed on stderr.
 */
export async function openPlane(
  config: FozConfig,
  { open }: StoreOptions = {},
): Promise<ControlPlane | null> {
  const store = open ?? (await existingStore(config, process.env));
  if (store === null) return null;
  try {
    await store.open();
  } catch (error) {
    if (!(error instanceof FozError)) throw error;
    if (open === undefined) await store.close();
    console.error(`What the store says is left out. ${messageOf(error)}`);
    return null;
  }
  return planeForCommands(store, config, process.env, log);
}
