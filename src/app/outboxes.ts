import type { Logger } from 'pino';
import { followingIssues } from '../control/index.ts';
import type { Feeds } from '../events/index.ts';
import { changesOf, type SourceRegistry } from '../views/index.ts';

/** Milliseconds between two looks for outboxes. */
const lookMs = 60_000;
/** Milliseconds that a look at one source may take. */
const patienceMs = 10_000;

/**
 * Has outboxes read also while nobody subscribes, since they grow until they are. Logs which sources are not followed as their settings ask.
 */
export function keepOutboxes(
  feeds: Feeds,
  registry: SourceRegistry,
  log: Pick<Logger, 'error'>,
): { look(): void; stop(): void } {
  let looking: Promise<void> | null = null;
  let isAgain = false;
  const told = new Map<string, string>();
  const look = async () => {
    const found = await Promise.all(
      registry.sources.map(async ({ name, config, connector, status }) => {
        const { method } = changesOf(config);
        if (connector.changes === null || status.state !== 'available') return [];
        if (method !== 'auto' && method !== 'triggers') return [];
        const left = await connector.changes.leftOvers(AbortSignal.timeout(patienceMs)).catch(() => []);
        return left.some(({ kind }) => kind === 'outbox') ? [name] : [];
      }),
    );
    feeds.keep(found.flat());
    for (const { where, reason } of await followingIssues(registry.sources)) {
      if (told.get(where) !== reason)
        log.error({ where, reason }, 'a source is not followed as its settings ask');
      told.set(where, reason);
    }
  };
  const lookSoon = () => {
    isAgain = looking !== null;
    looking ??= look().finally(() => {
      looking = null;
      if (isAgain) lookSoon();
    });
  };
  const timer = setInterval(lookSoon, lookMs);
  timer.unref();
  lookSoon();
  return { look: lookSoon, stop: () => clearInterval(timer) };
}
