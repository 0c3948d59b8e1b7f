import { deliveryQueue } from '../deliveries/delivery-store.ts';
import type { JobTransaction } from '../jobs/index.ts';
import type { RunStatement } from '../run-statement.ts';
import type { Store } from '../store.ts';

/** How far the changes of a source were read. */
export interface TriggerProgress {
  /** The last segment that was read to its end; `null`: none was. */
  readonly readSegment: number | null;
  /** The last change of which deliveries were added; `null`: none. */
  readonly readUpTo: { readonly method: string; readonly position: string; readonly index: number } | null;
}

/** The state of an event trigger. */
export interface StoredTrigger {
  readonly name: string;
  readonly source: string;
  /** Changes after this position are delivered; `null`: its table is not logged yet. */
  readonly deliverAfter: string | null;
  /** The position from which on the log has all changes of its table. */
  readonly loggedSince: string | null;
  /** The last time that changes were found missing; `null`: never. */
  readonly gap: { readonly at: Date; readonly reason: string } | null;
}

/** The progress of event triggers in the store. All methods reject with FozError. */
export class TriggerStore {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Adds triggers that are not there yet, and notes that these are in use. Resolves with their states. */
  use(source: string, names: readonly string[]): Promise<readonly StoredTrigger[]> {
    return this.#store.transact(async (run) => {
      await run(
        `insert into foz.event_triggers (name, source) select unnest(?::text[]), ?
         on conflict (name) do update set seen_at = now(), source = excluded.source,
           first = case when event_triggers.source = excluded.source then event_triggers.first end,
           since = case when event_triggers.source = excluded.source then event_triggers.since end`,
        [names, source],
      );
      return triggersOf(run, source, names);
    });
  }

  list(): Promise<readonly StoredTrigger[]> {
    return this.#store.transact(async (run) =>
      (await run('select * from foz.event_triggers order by name', [])).map(triggerOf),
    );
  }

  /** Stores from which position on a trigger has all changes. `gap`: why some before are missing; `null`: none are. */
  async begin(name: string, deliverAfter: string, loggedSince: string, gap: string | null): Promise<void> {
    await this.#store.run(
      `update foz.event_triggers set first = ?, since = ?,
         gap_at = case when ?::text is null then gap_at else now() end, gap_reason = coalesce(?, gap_reason)
       where name = ?`,
      [deliverAfter, loggedSince, gap, gap, name],
    );
  }

  /** Notes that changes of a trigger are missing. */
  async gap(name: string, reason: string): Promise<void> {
    await this.#store.run('update foz.event_triggers set gap_at = now(), gap_reason = ? where name = ?', [
      reason,
      name,
    ]);
  }

  async progress(source: string): Promise<TriggerProgress> {
    const [row] = await this.#store.run('select * from foz.trigger_sources where source = ?', [source]);
    if (row === undefined) return { readSegment: null, readUpTo: null };
    const { method, position, index } = row;
    return {
      readSegment: row.number === null ? null : Number(row.number),
      readUpTo:
        position === null
          ? null
          : { method: String(method), position: String(position), index: Number(index) },
    };
  }

  /**
   * Moves the progress of a source on, in the transaction that adds the deliveries. Resolves with false where it is not as expected: another
   * process was there first, and nothing may be added.
   */
  async advance(
    { run }: Pick<JobTransaction, 'run'>,
    source: string,
    expected: TriggerProgress,
    next: TriggerProgress,
  ): Promise<boolean> {
    const values = ({ readSegment, readUpTo }: TriggerProgress) => [
      ...[readSegment, readUpTo?.method ?? null, readUpTo?.position ?? null, readUpTo?.index ?? null],
    ];
    const rows = await run(
      `insert into foz.trigger_sources as s (number, method, position, index, source) values (?, ?, ?, ?, ?)
       on conflict (source) do update
         set number = excluded.number, method = excluded.method, position = excluded.position, index = excluded.index
         where (s.number, s.method, s.position, s.index) is not distinct from (?::bigint, ?::text, ?::text, ?::bigint)
       returning 1`,
      [...values(next), source, ...values(expected)],
    );
    return rows.length > 0;
  }

  /** The name of the durable reader of a source; `null`: there is none. */
  async reader(source: string): Promise<string | null> {
    const [row] = await this.#store.run('select reader from foz.trigger_sources where source = ?', [source]);
    return row === undefined || row.reader === null ? null : String(row.reader);
  }

  /** The name of the durable reader of a source, which is stored before it is created. `wanted`: the name if there is none yet. */
  async useReader(source: string, wanted: string): Promise<string> {
    const [row] = await this.#store.run(
      `insert into foz.trigger_sources as s (source, reader) values (?, ?)
       on conflict (source) do update set reader = coalesce(s.reader, excluded.reader) returning reader`,
      [source, wanted],
    );
    return String(row!.reader);
  }

  /** Seconds since a process has last used a trigger of a source; Infinity: none is known. */
  async secondsUnused(source: string): Promise<number> {
    const [row] = await this.#store.run(
      'select extract(epoch from now() - max(seen_at)) as seconds from foz.event_triggers where source = ?',
      [source],
    );
    return row === undefined || row.seconds === null ? Number.POSITIVE_INFINITY : Number(row.seconds);
  }

  /** Forgets the durable reader of a source, which was removed. */
  async forgetReader(source: string, name: string): Promise<void> {
    await this.#store.run('update foz.trigger_sources set reader = null where source = ? and reader = ?', [
      source,
      name,
    ]);
  }

  /**
   * Removes triggers that no process has used for a day and that have no pending deliveries, and the progress of sources without triggers and readers.
   * `known`: the triggers of the metadata, which stay, as they may only have a fault.
   */
  async removeUnused(known: readonly string[]): Promise<void> {
    await this.#store.transact(async (run) => {
      await run(
        `delete from foz.event_triggers t where seen_at < now() - interval '1 day' and name <> all(?::text[])
         and not exists (select from foz.jobs j where j.queue = ? || t.name)`,
        [known, deliveryQueue('')],
      );
      await run(
        `delete from foz.trigger_sources s where reader is null
         and not exists (select from foz.event_triggers t where t.source = s.source)`,
        [],
      );
    });
  }
}

async function triggersOf(
  run: RunStatement,
  source: string,
  names: readonly string[],
): Promise<StoredTrigger[]> {
  const rows = await run('select * from foz.event_triggers where source = ? and name = any(?::text[])', [
    source,
    names,
  ]);
  return rows.map(triggerOf);
}

function triggerOf(row: Readonly<Record<string, unknown>>): StoredTrigger {
  const text = (value: unknown) => (value === null ? null : String(value));
  return {
    name: String(row.name),
    source: String(row.source),
    deliverAfter: text(row.first),
    loggedSince: text(row.since),
    gap: row.gap_at === null ? null : { at: row.gap_at as Date, reason: String(row.gap_reason) },
  };
}
