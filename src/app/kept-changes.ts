import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import type { SourceName } from '../core/index.ts';
import type { SourceLogOptions } from '../events/index.ts';
import { ChangeLogStore, failureFields, type LogBounds, type Store } from '../store/index.ts';
import { changesOf, type SourceConfig, type SourceRegistry } from '../views/index.ts';

const usualBounds: LogBounds = { seconds: 3600, bytes: 100_000_000 };

/** The logs of row changes in the store, for the attached sources. */
export function keptChanges(
  store: Store,
  registry: SourceRegistry,
  log: Pick<Logger, 'warn'>,
): { of(source: SourceName): SourceLogOptions | null; close(): Promise<void> } {
  const changeLogs = new ChangeLogStore(store);
  return {
    of(source) {
      const config = registry.find(source)?.config;
      if (config === undefined) return null;
      const bounds = { ...usualBounds, ...changesOf(config).keep };
      if (bounds.seconds === 0) return null;
      return {
        store: changeLogs,
        source,
        identity: identityOf(config),
        bounds,
        onFailure: (error) =>
          log.warn({ source, ...failureFields(error) }, 'changes of rows are not kept in the store now'),
      };
    },
    close: () => changeLogs.close(),
  };
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
