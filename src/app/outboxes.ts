import type { Logger } from 'pino';
import { followingIssues } from '../control/index.ts';
import type { Feeds } from '../events/index.ts';
import type { Connector } from '../plan/index.ts';
import { changesOf, type SourceRegistry } from '../views/index.ts';

/** Milliseconds between two searches for outboxes. */
const searchMs = 60_000;
/** Milliseconds that the search in one source may take. */
const patienceMs = 10_000;

/**
 * Keeps the feeds of sources with an outbox open, also without subscribers: an outbox grows until it is read. Logs sources that are not
 * followed by the method that their settings ask for.
 */
export function keepOutboxes(
  feeds: Feeds,
  registry: SourceRegistry,
  log: Pick<Logger, 'error'>,
): { sourcesChanged(): void; stop(): void } {
  let searching: Promise<void> | null = null;
  let isAgain = false;
  const logged = new Map<string, string>();
  const searched = () =>
    registry.sources.flatMap(({ name, config, connector, status }) => {
      const { method } = changesOf(config);
      const { changes } = connector;
      const mayHave = (method === 'auto' || method === 'triggers') && status.state === 'available';
      return mayHave && changes !== null ? [{ name, connector, changes }] : [];
    });
  let last: readonly Connector[] = [];
  const search = async () => {
    const sources = searched();
    last = sources.map(({ connector }) => connector);
    const found = await Promise.all(
      sources.map(async ({ name, changes }) => {
        const left = await changes.leftOvers(AbortSignal.timeout(patienceMs)).catch(() => []);
        return left.some(({ kind }) => kind === 'outbox') ? [name] : [];
      }),
    );
    feeds.keep(found.flat());
    for (const { where, reason } of await followingIssues(registry.sources)) {
      if (logged.get(where) !== reason)
        log.error({ where, reason }, 'a source is not followed as its settings ask');
      logged.set(where, reason);
    }
  };
  const searchSoon = () => {
    isAgain = searching !== null;
    searching ??= search().finally(() => {
      searching = null;
      if (isAgain) searchSoon();
    });
  };
  const timer = setInterval(searchSoon, searchMs);
  timer.unref();
  searchSoon();
  return {
    sourcesChanged() {
      const now = searched();
      const isSame = now.length === last.length && now.every(({ connector }, at) => connector === last[at]);
      if (!isSame) searchSoon();
    },
    stop: () => clearInterval(timer),
  };
}
