import type { RunStatement } from '../run-statement.ts';
import { logChannel } from './statements.ts';

/** A table that a process watches. `rows`: the process needs whole rows; otherwise only the values of `columns`. */
export interface WatchedTable {
  readonly namespace: string | null;
  readonly name: string;
  readonly rows: boolean;
  readonly columns: readonly string[];
}

/** A table that another process watches. */
export interface OthersWatch extends WatchedTable {
  readonly process: string;
  /** Whether the reading process has confirmed that it logs the changes of the table. */
  readonly isSeen: boolean;
}

/** Seconds after which a watch expires. Its process renews it more often, so only watches of processes that have ended expire. */
const watchSeconds = 60;

/**
 * Stores, or renews, the watches of a process in a source. Notifies the reading process of those that it has not confirmed. Resolves with
 * whether watches of the process were valid until now.
 */
export async function storeWatches(
  run: RunStatement,
  source: string,
  process: string,
  tables: readonly WatchedTable[],
): Promise<boolean> {
  if (tables.length === 0) return false;
  const rows = await run(
    `with stored as (
       insert into foz.change_watches as w (source, process, namespace, name, rows, columns, until)
       select ?, ?, given.namespace, given.name, given.rows, given.columns, now() + ? * interval '1 second'
       from unnest(?::text[], ?::text[], ?::boolean[], ?::text[]) as given (namespace, name, rows, columns)
       on conflict (source, process, namespace, name) do update set
         seen = w.seen and w.until > now() and (w.rows, w.columns) = (excluded.rows, excluded.columns),
         rows = excluded.rows, columns = excluded.columns, until = excluded.until
       returning seen)
     select (select pg_notify('${logChannel}', ?)::text from stored where not seen limit 1),
       exists (select from foz.change_watches where source = ? and process = ? and until > now()) as valid`,
    [
      ...[source, process, watchSeconds],
      tables.map(({ namespace }) => namespace ?? ''),
      tables.map(({ name }) => name),
      tables.map(({ rows }) => rows),
      tables.map(({ columns }) => JSON.stringify(columns)),
      ...[source, source, process],
    ],
  );
  return rows[0]?.valid === true;
}

/** Removes the watches of a process in a source. */
export async function removeWatches(run: RunStatement, source: string, process: string): Promise<void> {
  await run('delete from foz.change_watches where source = ? and process = ?', [source, process]);
}

/** Whether the reading process has confirmed all watches of a process in a source. */
export async function areSeen(run: RunStatement, source: string, process: string): Promise<boolean> {
  const rows = await run(
    'select 1 from foz.change_watches where source = ? and process = ? and not seen limit 1',
    [source, process],
  );
  return rows.length === 0;
}

/** All watches of a source. They are of processes that do not read the source themselves. */
export async function othersWatches(run: RunStatement, source: string): Promise<OthersWatch[]> {
  const rows = await run(
    `select process, namespace, name, rows, columns, seen from foz.change_watches
     where source = ? and until > now()`,
    [source],
  );
  return rows.map((row) => ({
    process: String(row.process),
    namespace: row.namespace === '' ? null : String(row.namespace),
    name: String(row.name),
    rows: row.rows === true,
    columns: JSON.parse(String(row.columns)) as string[],
    isSeen: row.seen === true,
  }));
}

/** Withdraws all confirmations. Called by a new reading process, which has yet to read the watches. */
export async function unseeWatches(run: RunStatement, source: string): Promise<void> {
  await run('update foz.change_watches set seen = false where source = ?', [source]);
}

/** Confirms that the changes of these tables are logged from now on, and notifies the watching processes. */
export async function seeWatches(
  run: RunStatement,
  source: string,
  seen: readonly OthersWatch[],
): Promise<void> {
  if (seen.length === 0) return;
  await run(
    `with told as (
       update foz.change_watches as w set seen = true
       from unnest(?::text[], ?::text[], ?::text[], ?::boolean[], ?::text[])
         as given (process, namespace, name, rows, columns)
       where w.source = ? and w.process = given.process and w.namespace = given.namespace and w.name = given.name
         and w.rows = given.rows and w.columns = given.columns
       returning 1)
     select pg_notify('${logChannel}', ?) from told limit 1`,
    [
      seen.map(({ process }) => process),
      seen.map(({ namespace }) => namespace ?? ''),
      seen.map(({ name }) => name),
      seen.map(({ rows }) => rows),
      seen.map(({ columns }) => JSON.stringify(columns)),
      ...[source, source],
    ],
  );
}
