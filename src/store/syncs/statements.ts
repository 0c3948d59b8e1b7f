import { createHash } from 'node:crypto';
import type { RunStatement } from '../run-statement.ts';
import type { AgreedRow, PendingWrite, StoredSync, SyncProblem, SyncRecord, SyncUpdate } from './sync.ts';

const longestKey = 1_000;

/** The id of a row: the text of its key, shortened where an index of PostgreSQL may not take it. */
export function rowIdOf(key: string): string {
  if (Buffer.byteLength(key) <= longestKey) return key;
  return `${key.slice(0, 100)} ${createHash('sha256').update(key).digest('hex')}`;
}

/** The text of a key where its id is another one. */
export function longKeyOf(key: string): string | null {
  return rowIdOf(key) === key ? null : key;
}

export async function updateSync(run: RunStatement, name: string, update: SyncUpdate): Promise<void> {
  const { progress, state, problem, lagMs, inserted = 0, updated = 0, deleted = 0 } = update;
  await run(
    `update foz.syncs set progress = coalesce(?, progress), state = coalesce(?, state),
       problem = case when ?::boolean then ?::text else problem end,
       lag_ms = case when ?::boolean then ?::bigint else lag_ms end,
       inserted = inserted + ?::bigint, updated = updated + ?::bigint, deleted = deleted + ?::bigint,
       changed_at = case when ?::bigint > 0 then now() else changed_at end
     where name = ?`,
    [
      ...[progress ?? null, state ?? null, problem !== undefined, storable(problem ?? null)],
      ...[lagMs !== undefined, lagMs === undefined || lagMs === null ? null : Math.round(lagMs)],
      ...[inserted, updated, deleted, inserted + updated + deleted, name],
    ],
  );
}

export async function storeAgreed(
  run: RunStatement,
  name: string,
  records: readonly SyncRecord[],
): Promise<void> {
  const known = records.filter(({ agreed }) => agreed !== undefined);
  const present = known.filter(({ agreed }) => agreed !== null);
  const absent = known.filter(({ agreed }) => agreed === null);
  if (present.length > 0)
    await run(
      `insert into foz.sync_rows (sync, key, long_key, left_print, right_print)
       select ?, * from unnest(?::text[], ?::text[], ?::text[], ?::text[])
       on conflict (sync, key) do update
         set left_print = excluded.left_print, right_print = excluded.right_print, pending = null`,
      [
        name,
        present.map(({ key }) => rowIdOf(key)),
        present.map(({ key }) => longKeyOf(key)),
        present.map(({ agreed }) => agreed!.left),
        present.map(({ agreed }) => agreed!.right),
      ],
    );
  if (absent.length > 0)
    await run('delete from foz.sync_rows where sync = ? and key = any(?::text[])', [
      name,
      absent.map(({ key }) => rowIdOf(key)),
    ]);
}

/** A refused row is tried again after 5 s, 10 s ... 10 minutes. */
export async function storeProblems(
  run: RunStatement,
  name: string,
  records: readonly SyncRecord[],
): Promise<void> {
  const gone = records.filter(({ problem }) => problem === null);
  if (gone.length > 0)
    await run('delete from foz.sync_problems where sync = ? and key = any(?::text[])', [
      name,
      gone.map(({ key }) => rowIdOf(key)),
    ]);
  const found = records.flatMap(({ key, problem }) => (problem ? [{ key, ...problem }] : []));
  if (found.length === 0) return;
  const column = (of: (one: (typeof found)[number]) => string | null) => found.map(of);
  await run(
    `insert into foz.sync_problems as p (sync, key, long_key, kind, reason, left_row, right_row, retry_at)
     select ?, given.*, case when given.kind = 'refused' then now() + interval '5 seconds' end
     from unnest(?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[])
       as given (key, long_key, kind, reason, left_row, right_row)
     on conflict (sync, key) do update set kind = excluded.kind, reason = excluded.reason,
       left_row = excluded.left_row, right_row = excluded.right_row, tries = p.tries + 1, resolution = null,
       retry_at = case when excluded.kind = 'refused'
         then now() + least(5 * power(2, least(p.tries, 10)), 600) * interval '1 second' end`,
    [
      name,
      column(({ key }) => rowIdOf(key)),
      column(({ key }) => longKeyOf(key)),
      column(({ kind }) => kind),
      column(({ reason }) => storable(reason.slice(0, 2_000))),
      column(({ left }) => left),
      column(({ right }) => right),
    ],
  );
}

/** Messages of databases may quote a NUL out of a row, which PostgreSQL stores in no text. */
function storable<T extends string | null>(text: T): T {
  return (text === null ? null : text.replaceAll('\0', '\u2400')) as T;
}

type Stored = Readonly<Record<string, unknown>>;
const text = (value: unknown) => (value === null || value === undefined ? null : String(value));

export function keyTextOf({ key, long_key: long }: Stored): string {
  return String(long ?? key);
}

export function agreedOf(row: Stored): AgreedRow {
  return {
    left: text(row.left_print),
    right: text(row.right_print),
    pending: row.pending === null ? null : (JSON.parse(String(row.pending)) as PendingWrite),
  };
}

export function problemOf(row: Stored): SyncProblem {
  return {
    key: keyTextOf(row),
    kind: row.kind as SyncProblem['kind'],
    reason: String(row.reason),
    left: text(row.left_row),
    right: text(row.right_row),
    tries: Number(row.tries),
    at: row.at as Date,
    resolution: text(row.resolution) as SyncProblem['resolution'],
  };
}

export function syncOf(row: Stored): StoredSync {
  return {
    name: String(row.name),
    progress: text(row.progress),
    state: row.state as StoredSync['state'],
    problem: text(row.problem),
    paused: row.paused === true,
    compare: row.compare === true,
    inserted: Number(row.inserted),
    updated: Number(row.updated),
    deleted: Number(row.deleted),
    lagMs: row.lag_ms === null ? null : Number(row.lag_ms),
    changedAt: row.changed_at as Date | null,
    refused: Number(row.refused),
    conflicts: Number(row.conflicts),
  };
}
