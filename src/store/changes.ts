import type { Knex } from 'knex';

/** A kind of data in the store that processes may cache. */
export type ChangeTopic =
  | 'metadata'
  | 'source'
  | 'issuer'
  | 'operation'
  | 'setting'
  | 'api-key'
  | 'provider'
  | 'session'
  | 'secret'
  | 'names';

/** One change. `key`: the version, name or id of what changed. */
export interface StoreChange {
  readonly id: number;
  readonly topic: ChangeTopic;
  readonly key: string;
}

/** Changes that are kept. A process that has missed more reloads everything. */
const mostChanges = 10_000;
/** An advisory lock. Only its holder adds changes, so that their numbers become visible in order. */
const lockNumber = 0x466f7a02;

/** The notification channel that wakes listening processes. */
export const channel = 'foz_changes';

/** Adds a change within the transaction that makes it. Writers of changes wait for each other until commit. */
export async function publishChange(transaction: Knex, topic: ChangeTopic, key: string): Promise<void> {
  await transaction.raw('select pg_advisory_xact_lock(?)', [lockNumber]);
  const inserted = await transaction.raw('insert into foz.changes (topic, key) values (?, ?) returning id', [
    topic,
    key,
  ]);
  const id = Number(inserted.rows[0].id);
  if (id % 100 === 0)
    await transaction('foz.changes')
      .where('id', '<=', id - mostChanges)
      .delete();
  await transaction.raw('select pg_notify(?, ?)', [channel, String(id)]);
}

/** The number of the newest change; 0: none. */
export async function lastChange(db: Knex): Promise<number> {
  const found = await db.raw('select coalesce(max(id), 0) as id from foz.changes');
  return Number(found.rows[0].id);
}

/**
 * The changes after the change `id`, oldest first. `null`: unknown, since that change is missing: it is too old and
 * was removed, or the store was restored from a backup.
 */
export async function changesAfter(db: Knex, id: number): Promise<readonly StoreChange[] | null> {
  const rows: { id: string; topic: ChangeTopic; key: string }[] = await db('foz.changes')
    .where('id', '>=', id)
    .orderBy('id')
    .limit(mostChanges);
  const changes = rows.map(({ topic, key, ...row }) => ({ id: Number(row.id), topic, key }));
  if (id === 0) return (changes[0]?.id ?? 1) === 1 ? changes : null;
  return changes[0]?.id === id ? changes.slice(1) : null;
}
