import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import type { SourceName } from '../core/index.ts';
import { type SourceLogOptions, shapeOf } from '../events/index.ts';
import { ChangeLogStore, failureFields, type LogBounds, type Store } from '../store/index.ts';
import { changesOf, type SourceConfig, type SourceRegistry } from '../views/index.ts';

/** Milliseconds between two removals of the logs that no process writes any more. */
const removalMs = 60_000;

const usualBounds: LogBounds = { seconds: 3600, bytes: 100_000_000 };

/** The logs of row changes in the store, for the attached sources. */
export function keptChanges(
  store: Store,
  registry: SourceRegistry,
  log: Pick<Logger, 'warn'>,
): { of(source: SourceName): SourceLogOptions | null; close(): Promise<void> } {
  const changeLogs = new ChangeLogStore(store);
  const remove = () => {
    const attached = registry.sources.filter(({ config }) => boundsOf(config).seconds > 0);
    changeLogs
      .removeUnused(attached.map(({ name }) => name))
      .catch((error: unknown) => log.warn(failureFields(error), 'old changes of rows were not removed'));
  };
  // Not at the start: sources may not be attached yet.
  const timer = setInterval(remove, removalMs).unref();
  return {
    of(source) {
      const config = registry.find(source)?.config;
      if (config === undefined) return null;
      const bounds = boundsOf(config);
      if (bounds.seconds === 0) return null;
      return {
        store: changeLogs,
        source,
        identity: identityOf(config),
        bounds,
        shapeOf({ namespace, name }) {
          const tables = registry.find(source)?.facts?.tables ?? [];
          return shapeOf(
            tables.find((one) => one.name === name && one.namespace === namespace)?.columns ?? [],
          );
        },
        onFailure: (error) =>
          log.warn({ source, ...failureFields(error) }, 'changes of rows are not kept in the store now'),
      };
    },
    close() {
      clearInterval(timer);
      return changeLogs.close();
    },
  };
}

function boundsOf(config: SourceConfig): LogBounds {
  return { ...usualBounds, ...changesOf(config).keep };
}

/** Identifies the database of a source, without its user and password. */
function identityOf({ kind, url, path }: SourceConfig): string {
  let place = path ?? '';
  if (url !== undefined && URL.canParse(url)) {
    const { host, pathname } = new URL(url);
    place = `${host}${pathname}`;
  }
  return createHash('sha256')
    .update(JSON.stringify([kind, place]))
    .digest('hex')
    .slice(0, 32);
}
