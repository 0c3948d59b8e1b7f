import type { Logger } from 'pino';
import type { EventTrigger } from '../../access/index.ts';
import type { Table } from '../../catalog/index.ts';
import { FozError, RequestEnd, type SourceName } from '../../core/index.ts';
import type { Feeds } from '../../events/index.ts';
import { type ImageReader, prepareImages } from '../../execute/index.ts';
import {
  type ChangeLogStore,
  type DeliveryStore,
  failureFields,
  type JobStore,
  type TriggerStore,
} from '../../store/index.ts';
import { changesOf, type SourceRegistry } from '../../views/index.ts';
import { TriggerReader } from '../../workflow/index.ts';

/** Milliseconds between two looks at the log, besides those after changes were stored. */
const lookMs = 2_000;

export interface FollowedTriggersOptions {
  readonly source: SourceName;
  readonly feeds: Feeds;
  readonly registry: SourceRegistry;
  readonly changes: ChangeLogStore;
  readonly store: TriggerStore;
  readonly jobs: JobStore;
  readonly deliveries: DeliveryStore;
  /** Called when changes of a trigger are missing. */
  readonly onGap: (trigger: string) => void;
  readonly log: Logger;
}

/** A table whose changes are kept in the log. */
interface Hold {
  readonly end: RequestEnd;
  /** Why its changes are not reported; `null`: they are, or it is not known yet. */
  problem: string | null;
  isHeld: boolean;
  release: () => void;
}

/** The event triggers of one source: keeps its log, and reads it while this process writes it. */
export class FollowedTriggers {
  readonly #options: FollowedTriggersOptions;
  readonly #reader: TriggerReader;
  readonly #end = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #triggers: readonly EventTrigger[] = [];
  /** Why no trigger of the source works; `null`: nothing is known. */
  #problem: string | null = null;
  readonly #holds = new Map<string, Hold>();
  #images = new Map<Table, ImageReader>();
  #watch: { stop(): void } | null = null;
  #unlisten = () => {};
  #reading: Promise<void> | null = null;
  #isAgain = false;
  /** Why its log could not be read the last time; `null`: it could. */
  #failure: string | null = null;

  constructor(options: FollowedTriggersOptions) {
    this.#options = options;
    const { source, changes, store, jobs, deliveries, log } = options;
    this.#reader = new TriggerReader({
      ...{ source, log: changes, store, jobs, deliveries },
      images: ({ table }) => this.#imagesOf(table),
      onGap: (trigger, reason, error) => {
        options.onGap(trigger);
        log.error(
          { source, trigger, reason, ...(error === undefined ? {} : failureFields(error)) },
          'changes are missing that an event trigger should deliver',
        );
      },
    });
    this.#timer = setInterval(() => this.#look(), lookMs).unref();
  }

  /** Why a trigger gets no changes; `null`: it does. */
  problemOf(name: string): string | null {
    const trigger = this.#triggers.find((one) => one.name === name);
    const hold = trigger === undefined ? undefined : this.#holds.get(keyOf(trigger));
    return this.#problem ?? hold?.problem ?? this.#failure;
  }

  /** Follows these triggers from now on. `reader`: see `Feeds.readAs`. */
  async use(triggers: readonly EventTrigger[], reader: string | null): Promise<void> {
    const { source, feeds, registry } = this.#options;
    const config = registry.find(source)?.config;
    this.#triggers = triggers;
    this.#problem =
      config !== undefined && changesOf(config).method === 'off'
        ? `The source ${source} is not followed (changes: off).`
        : null;
    this.#images = new Map();
    if (this.#problem !== null) return this.#leave();
    feeds.readAs(source, reader);
    const watch = feeds.watch([...new Set(triggers.map(({ table }) => table))], null, { touch: () => {} });
    this.#watch?.stop();
    this.#watch = watch;
    this.#unlisten();
    this.#unlisten = feeds.onStored(source, () => this.#look());
    this.#holdTables();
    await this.#options.store.use(
      source,
      triggers.map(({ name }) => name),
    );
    this.#look();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#end.abort();
    await this.#reading;
    this.#leave();
  }

  #leave(): void {
    this.#unlisten();
    this.#unlisten = () => {};
    for (const { end, release } of this.#holds.values()) {
      end.abort();
      release();
    }
    this.#holds.clear();
    this.#watch?.stop();
    this.#watch = null;
  }

  /** Keeps the changes of the present tables, and no others. What failed is tried again. */
  #holdTables(): void {
    const wanted = new Map(this.#triggers.map((trigger) => [keyOf(trigger), trigger]));
    for (const [key, hold] of this.#holds) {
      if (wanted.has(key) && hold.problem === null) continue;
      this.#holds.delete(key);
      hold.end.abort();
      hold.release();
    }
    for (const [key, trigger] of wanted) if (!this.#holds.has(key)) this.#hold(key, trigger);
  }

  #hold(key: string, { table, update, delete: removed }: EventTrigger): void {
    const hold: Hold = { end: new RequestEnd(), problem: null, isHeld: false, release: () => {} };
    this.#holds.set(key, hold);
    const neededOld = update === null && removed === null ? [] : table.columns;
    this.#options.feeds.keepRows(table, neededOld, hold.end).then(
      (release) => {
        hold.isHeld = true;
        hold.release = release;
        if (this.#holds.get(key) !== hold) release();
      },
      (error: unknown) => {
        hold.problem = error instanceof FozError ? error.message : String(error);
      },
    );
  }

  /** Reads the log, if this process writes it. Calls while it is read lead to one more look. */
  #look(): void {
    if (this.#end.signal.aborted || !this.#options.feeds.leads(this.#options.source)) return;
    this.#isAgain = this.#reading !== null;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
      if (this.#isAgain) this.#look();
    });
  }

  async #read(): Promise<void> {
    const { source, log } = this.#options;
    try {
      await this.#reader.read(this.#triggers, this.#end.signal);
      this.#failure = null;
    } catch (error) {
      this.#isAgain = false;
      if (this.#failure === null && !this.#end.signal.aborted)
        log.warn(
          { source, ...failureFields(error) },
          'the changes of a source could not be read for its event triggers and are read again',
        );
      const text = error instanceof Error ? error.message : String(error);
      this.#failure = `Changes could not be read, and are read again: ${text}`;
    }
  }

  #imagesOf(table: Table): ImageReader {
    const known = this.#images.get(table);
    if (known !== undefined) return known;
    const { connector } = this.#options.registry.find(this.#options.source) ?? {};
    if (connector === undefined)
      throw new FozError('unavailable', `Source "${this.#options.source}" is not attached.`);
    const images = prepareImages(connector, table);
    this.#images.set(table, images);
    return images;
  }
}

/** A table, and whether rows before changes are needed. */
function keyOf({ table, update, delete: removed }: EventTrigger): string {
  return `${table.id} ${update !== null || removed !== null}`;
}
