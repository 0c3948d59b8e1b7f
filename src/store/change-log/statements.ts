import type { RunStatement } from '../run-statement.ts';

/** A table whose changes are logged. `since`: its changes after this position are in the log. */
export interface StoredTable {
  readonly namespace: string | null;
  readonly name: string;
  readonly since: string;
  /** Its columns while its changes were logged, in a form that the writer chooses; empty: not known. */
  readonly shape: string;
  /** For how many more milliseconds it is logged; 0: no longer. */
  readonly forMs: number;
}

/** The state of the log of one source. */
export interface StoredLog {
  readonly identity: string;
  readonly method: string;
  /** The source was read up to this position. */
  readonly position: string;
  /** Changes up to this position were removed. */
  readonly keptAfter: string;
  /** The number of the last segment. */
  readonly number: number;
  readonly tables: readonly StoredTable[];
}

/** Changes that were stored together. The numbers of segments have no gaps. `position`: of the last commit in it; `null`: its transaction goes on in the next segment. */
export interface StoredSegment {
  readonly number: number;
  readonly position: string | null;
  readonly body: string;
}

/** The bounds of a log. */
export interface LogBounds {
  readonly seconds: number;
  readonly bytes: number;
}

/** The channel on which the name of a source is sent when its log, or what is watched of it, has changed. */
export const logChannel = 'foz_change_log';

/** Most segments that are read at once. A segment has about a megabyte at most. */
const mostSegments = 4;

export async function readLog(run: RunStatement, source: string): Promise<StoredLog | null> {
  const [row] = await run('select * from foz.change_sources where source = ?', [source]);
  if (row === undefined) return null;
  const tables = await run(
    `select namespace, name, since, shape, extract(epoch from until - now()) * 1000 as left_ms
     from foz.change_tables where source = ?`,
    [source],
  );
  return {
    identity: String(row.identity),
    method: String(row.method),
    position: String(row.position),
    keptAfter: String(row.kept_after),
    number: Number(row.number),
    tables: tables.map(({ namespace, name, since, shape, left_ms: left }) => ({
      namespace: namespace === '' ? null : String(namespace),
      name: String(name),
      since: String(since),
      shape: String(shape),
      forMs: Math.max(0, Number(left)),
    })),
  };
}

/** The segments after a number, in order, at most `mostSegments`. */
export async function readSegments(
  run: RunStatement,
  source: string,
  after: number,
): Promise<StoredSegment[]> {
  const rows = await run(
    'select number, position, body from foz.change_log where source = ? and number > ? order by number limit ?',
    [source, after, mostSegments],
  );
  return rows.map(({ number, position, body }) => ({
    number: Number(number),
    position: position === null ? null : String(position),
    body: String(body),
  }));
}

/** The number of the last segment whose changes are all before a position, else the number before the first segment; `null`: there are no segments. */
export async function numberBefore(
  run: RunStatement,
  source: string,
  position: string,
): Promise<number | null> {
  const [row] = await run(
    `select coalesce(max(number) filter (where position < ? collate "C"), min(number) - 1) as number
     from foz.change_log where source = ?`,
    [position, source],
  );
  return row === undefined || row.number === null ? null : Number(row.number);
}

/** Begins the log of a source anew at a position: what was logged before is removed, and no table is logged. */
export async function cutLog(
  run: RunStatement,
  source: string,
  { identity, method, position }: Pick<StoredLog, 'identity' | 'method' | 'position'>,
  keepSeconds: number,
): Promise<number> {
  const [row] = await run(
    `with removed as (delete from foz.change_log where source = ?),
       tables as (delete from foz.change_tables where source = ?)
     insert into foz.change_sources (source, identity, method, position, kept_after, number, keep_seconds)
     values (?, ?, ?, ?, ?, 0, ?)
     on conflict (source) do update set identity = excluded.identity, method = excluded.method,
       position = excluded.position, kept_after = excluded.position, used_at = now(),
       keep_seconds = excluded.keep_seconds, number = foz.change_sources.number + 1
     returning number, pg_notify('${logChannel}', source)`,
    [source, source, source, identity, method, position, position, keepSeconds],
  );
  return Number(row!.number);
}

/**
 * Appends segments, and stores the position up to which the source was read. `expected`: the number of the last segment so far. Resolves
 * with false where the last segment has another number, so another process writes the log.
 */
export async function appendSegments(
  run: RunStatement,
  source: string,
  expected: number,
  position: string,
  segments: readonly StoredSegment[],
): Promise<boolean> {
  const rows = await run(
    `with state as (
       update foz.change_sources set position = ?, number = ?, used_at = now()
       where source = ? and number = ? returning source),
     added as (
       insert into foz.change_log (source, number, position, bytes, body)
       select state.source, given.number, given.position, octet_length(given.body), given.body
       from state, unnest(?::bigint[], ?::text[], ?::text[]) as given (number, position, body))
     select pg_notify('${logChannel}', source) from state`,
    [
      position,
      segments.at(-1)?.number ?? expected,
      source,
      expected,
      segments.map(({ number }) => number),
      segments.map((segment) => segment.position),
      segments.map(({ body }) => body),
    ],
  );
  return rows.length > 0;
}

/** Stores which tables are logged. */
export async function storeTables(
  run: RunStatement,
  source: string,
  tables: readonly StoredTable[],
): Promise<void> {
  if (tables.length === 0) return;
  await run(
    `insert into foz.change_tables (source, namespace, name, since, shape, until)
     select ?, given.namespace, given.name, given.since, given.shape, now() + given.ms * interval '1 millisecond'
     from unnest(?::text[], ?::text[], ?::text[], ?::text[], ?::float8[]) as given (namespace, name, since, shape, ms)
     on conflict (source, namespace, name) do update set
       since = excluded.since, shape = excluded.shape, until = excluded.until`,
    [
      source,
      tables.map(({ namespace }) => namespace ?? ''),
      tables.map(({ name }) => name),
      tables.map(({ since }) => since),
      tables.map(({ shape }) => shape),
      tables.map(({ forMs }) => forMs),
    ],
  );
}

/** How many times the bytes of a log may wait for event triggers. */
const mostForTriggers = 10;
/** The last segment of a source that was read for event triggers. No row: there are none. */
const readByTriggers = `select coalesce(t.number, 0) from foz.trigger_sources t
  where t.source = ? and exists (select from foz.event_triggers e where e.source = t.source)`;

/** Removes changes that are older than `seconds` or beyond `bytes`, tables that are no longer wanted, and watches that have expired. */
export async function trimLog(
  run: RunStatement,
  source: string,
  { seconds, bytes }: LogBounds,
): Promise<void> {
  await run(
    `with sized as (
       select number, position, at, sum(bytes) over (order by number desc) as total
       from foz.change_log where source = ?),
     last as (
       select number, position from sized
       where position is not null and (total > ? or at < now() - ? * interval '1 second')
         and (total > ? or number <= all (${readByTriggers}))
       order by number desc limit 1),
     removed as (
       delete from foz.change_log where source = ? and number <= (select number from last))
     update foz.change_sources set kept_after = last.position from last where source = ?`,
    [source, bytes, seconds, mostForTriggers * bytes, source, source, source],
  );
  await run('delete from foz.change_tables where source = ? and until < now()', [source]);
  await run('delete from foz.change_watches where until < now()', []);
  await run('update foz.change_sources set used_at = now(), keep_seconds = ? where source = ?', [
    seconds,
    source,
  ]);
}

/**
 * Removes the changes of sources whose log no process has written for as long as they are kept (at least ten minutes). `attached`: sources
 * whose state stays nevertheless, so that they are read on at their position.
 */
export async function removeUnused(run: RunStatement, attached: readonly string[]): Promise<void> {
  await run(
    `with unused as (
       select source, source = any(?::text[]) as attached from foz.change_sources
       where used_at < now() - greatest(keep_seconds, 600) * interval '1 second'
         and not exists (select from foz.trigger_sources t join foz.event_triggers e on e.source = t.source
           where t.source = change_sources.source and coalesce(t.number, 0) < change_sources.number)),
     changes as (
       delete from foz.change_log where source in (select source from unused where attached)),
     sources as (
       delete from foz.change_sources where source in (select source from unused where not attached))
     update foz.change_sources set kept_after = position
     where source in (select source from unused where attached) and kept_after <> position`,
    [attached],
  );
}
