import { deliveryQueue } from '../deliveries/delivery-store.ts';
import type { JobTransaction } from '../jobs/index.ts';
import type { Store } from '../store.ts';

/** The kinds of triggers that belong to no table. */
export type OwnTriggerKind = 'cron';

/** Triggers that belong to no table, for all processes that share the store. All methods reject with FozError. */
export class OwnTriggerStore {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Adds triggers that are not there yet, and notes that these are in use. */
  async use(kind: OwnTriggerKind, names: readonly string[]): Promise<void> {
    await this.#store.run(
      `insert into foz.triggers (name, kind) select unnest(?::text[]), ?
       on conflict (name) do update set kind = excluded.kind, seen_at = now()`,
      [names, kind],
    );
  }

  /** The last due times that were dealt with, by name. */
  async lastDues(): Promise<ReadonlyMap<string, Date>> {
    const rows = await this.#store.run(
      'select name, last_due from foz.triggers where last_due is not null',
      [],
    );
    return new Map(rows.map(({ name, last_due: due }) => [String(name), due as Date]));
  }

  /**
   * The last due time of a schedule that was dealt with, in milliseconds since 1970. One that is new, or has another pattern, begins now: nothing
   * before is made up for.
   */
  async lastDue(name: string, spec: string, now: number): Promise<number> {
    const [row] = await this.#store.run(
      `insert into foz.triggers as t (name, kind, spec, last_due) values (?, 'cron', ?, to_timestamp(? / 1000.0))
       on conflict (name) do update set spec = excluded.spec,
         last_due = case when t.spec = excluded.spec then t.last_due else greatest(t.last_due, excluded.last_due) end
       returning extract(epoch from last_due) * 1000 as last_due`,
      [name, spec, now],
    );
    return Math.round(Number(row!.last_due));
  }

  /** Moves a schedule on to a due time, in the transaction that adds its delivery. Resolves with false where another process has done so. */
  async advance(
    { run }: Pick<JobTransaction, 'run'>,
    name: string,
    spec: string,
    due: number,
  ): Promise<boolean> {
    const rows = await run(
      `insert into foz.triggers as t (name, kind, spec, last_due) values (?, 'cron', ?, to_timestamp(? / 1000.0))
       on conflict (name) do update set spec = excluded.spec, last_due = excluded.last_due
         where (t.spec is null or t.spec = excluded.spec) and (t.last_due is null or t.last_due < excluded.last_due)
       returning 1`,
      [name, spec, due],
    );
    return rows.length > 0;
  }

  /** Forgets schedules: if they come back, nothing before is made up for. */
  async forget(names: readonly string[]): Promise<void> {
    await this.#store.run(
      'update foz.triggers set spec = null, last_due = null where name = any(?::text[]) and spec is not null',
      [names],
    );
  }

  /** Removes triggers that no process has used for a day and that have no pending deliveries. `known`: those of the metadata, which stay. */
  async removeUnused(known: readonly string[]): Promise<void> {
    await this.#store.run(
      `delete from foz.triggers t where seen_at < now() - interval '1 day' and name <> all(?::text[])
       and not exists (select from foz.jobs j where j.queue = ? || t.name)`,
      [known, deliveryQueue('')],
    );
  }
}
