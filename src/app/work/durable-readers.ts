import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { SourceName } from '../../core/index.ts';
import type { Feeds } from '../../events/index.ts';
import { failureFields, type TriggerStore } from '../../store/index.ts';
import { changesOf, type Graphs, type SourceRegistry } from '../../views/index.ts';
import { syncSources } from './sync-sources.ts';

/** Milliseconds that the removal of a durable reader may take. */
const patienceMs = 10_000;
/**
 * Seconds for which no process may have used a trigger of a source before its reader is removed: during a deployment, others may have newer
 * metadata than this one.
 */
const unusedSeconds = 120;

export interface DurableReadersOptions {
  readonly store: Pick<TriggerStore, 'useReader' | 'reader' | 'forgetReader' | 'secondsUnused'>;
  readonly feeds: Pick<Feeds, 'readAs'>;
  readonly graphs: Pick<Graphs, 'metadata'>;
  readonly registry: SourceRegistry;
  /** Whether the metadata and the sources of the store were read. */
  readonly isRead: () => boolean;
  readonly log: Pick<Logger, 'info' | 'debug'>;
}

/** The durable readers of the sources with event triggers or syncs: their databases keep changes until these have read them. */
export class DurableReaders {
  readonly #options: DurableReadersOptions;

  constructor(options: DurableReadersOptions) {
    this.#options = options;
  }

  /** The durable reader as which a source is followed; `null`: its database keeps none. */
  async of(source: SourceName): Promise<string | null> {
    const { registry, store } = this.#options;
    const changes = registry.find(source)?.connector.changes;
    if (changes?.removeReader === undefined) return null;
    return store.useReader(source, `foz_${randomBytes(6).toString('hex')}`);
  }

  /**
   * Removes the readers that nobody needs any more. Triggers that cannot be resolved now still need theirs, as their table may be there again
   * soon; so the metadata decides, once all that decides was read.
   */
  async removeUnneeded(): Promise<void> {
    const { registry, graphs, isRead } = this.#options;
    if (!isRead()) return;
    const wanted = new Set<string>([
      ...graphs.metadata.tables.flatMap(({ source, event_triggers: triggers = [] }) =>
        triggers.length > 0 ? [source] : [],
      ),
      ...syncSources(graphs.metadata),
    ]);
    for (const { name, facts, config } of registry.sources)
      if (facts !== null && (!wanted.has(name) || changesOf(config).method === 'off'))
        await this.#remove(name);
  }

  async #remove(source: SourceName): Promise<void> {
    const { registry, store, feeds, log } = this.#options;
    const reader = await store.reader(source);
    if (reader === null || (await store.secondsUnused(source)) < unusedSeconds) return;
    feeds.readAs(source, null);
    const changes = registry.find(source)?.connector.changes;
    try {
      await changes?.removeReader?.(reader, AbortSignal.timeout(patienceMs));
      await store.forgetReader(source, reader);
      log.info({ source, reader }, 'the durable reader of a source was removed: nothing needs it any more');
    } catch (error) {
      // The process that reads as it has to stop first.
      log.debug(
        { source, reader, ...failureFields(error) },
        'the durable reader of a source is still in use',
      );
    }
  }
}
