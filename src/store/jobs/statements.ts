import type { RunStatement } from '../run-statement.ts';
import { type Claim, type JobQueue, type NewJob, priorities, type Settlement } from './job.ts';

/** The channel of the notifications that jobs are due, or soon will be. */
export const jobChannel = 'foz_jobs';

/** The first part of the advisory locks of keys, which are held until the end of a transaction. */
const keyLocks = 0x466f7a05;

/** Adds queues, or changes their limits. Whether a queue is paused stays. */
export async function storeQueues(run: RunStatement, queues: readonly JobQueue[]): Promise<void> {
  if (queues.length === 0) return;
  await run(
    `insert into foz.job_queues as q (name, kind, concurrency)
     select * from unnest(?::text[], ?::text[], ?::int[])
     on conflict (name) do update set kind = excluded.kind, concurrency = excluded.concurrency
     where (q.kind, q.concurrency) is distinct from (excluded.kind, excluded.concurrency)`,
    [
      queues.map(({ name }) => name),
      queues.map(({ kind }) => kind),
      queues.map(({ concurrency }) => concurrency),
    ],
  );
}

/** Pauses or resumes a queue. No jobs of a paused queue are claimed. */
export async function pauseQueue(run: RunStatement, name: string, paused: boolean): Promise<void> {
  await run(
    `with changed as (update foz.job_queues set paused = ? where name = ? returning 1)
     select pg_notify('${jobChannel}', '') from changed`,
    [paused, name],
  );
}

interface OfKey {
  readonly queue: string;
  readonly key?: string | null;
}

/** Locks for all keys together: each is an entry of the server's lock table, which has some thousands. Keys that share one wait for each other. */
const mostKeyLocks = 1024;

/**
 * Locks keys until the end of the transaction. Adding and removing jobs of a key exclude each other, so that the order of their numbers is
 * that of the commits, and no blocked job is left behind. The locks are taken in one order, so that two transactions do not wait for each other.
 */
export async function lockKeys(run: RunStatement, jobs: readonly OfKey[]): Promise<void> {
  const keyed = jobs.filter(({ key }) => typeof key === 'string');
  if (keyed.length === 0) return;
  await run(
    `select pg_advisory_xact_lock(${keyLocks}, hash) from (
       select distinct hashtext(queue || E'\\n' || key) & ${mostKeyLocks - 1} as hash from unnest(?::text[], ?::text[]) as given (queue, key)
       order by hash) as hashes`,
    [keyed.map(({ queue }) => queue), keyed.map(({ key }) => key)],
  );
}

/** Adds jobs whose keys the transaction has locked. Resolves with the ids that were not in a queue yet. */
export async function insertJobs(run: RunStatement, jobs: readonly NewJob[]): Promise<string[]> {
  if (jobs.length === 0) return [];
  const rows = await run(
    `with given as (
       select distinct on (id) * from unnest(?::text[], ?::text[], ?::text[], ?::int[], ?::int[], ?::float8[], ?::text[])
         with ordinality as given (id, queue, key, at_once, priority, after_ms, body, place)
       order by id, place),
     fresh as (
       select *, row_number() over (partition by queue, key order by place) as rank from given
       where not exists (select from foz.jobs j where j.id = given.id)),
     added as (
       insert into foz.jobs (id, queue, key, priority, due, blocked, body)
       select id, queue, key, priority, now() + after_ms * interval '1 millisecond',
         key is not null and at_once < rank + (
           select count(*) from foz.jobs j where j.queue = fresh.queue and j.key = fresh.key and not j.blocked),
         body
       from fresh order by place
       on conflict (id) do nothing
       returning id)
     select id, case when row_number() over () = 1 then pg_notify('${jobChannel}', '') end from added`,
    [
      jobs.map(({ id }) => id),
      jobs.map(({ queue }) => queue),
      jobs.map(({ key = null }) => key),
      jobs.map(({ keyConcurrency = 1 }) => keyConcurrency),
      jobs.map(({ priority = 'normal' }) => priorities[priority]),
      jobs.map(({ afterMs = 0 }) => afterMs),
      jobs.map(({ body = null }) => body),
    ],
  );
  return rows.map(({ id }) => String(id));
}

/** Given rows in the order of their ids: every transaction locks jobs in this order, so that two of them do not wait for each other. */
const givenInOrder = (columns: string, types: string) =>
  `given as materialized (select * from unnest(${types}) as given (${columns}) order by id)`;

/** The jobs whose claims hold, found one by one by their ids, and locked. */
const heldClaims = (columns: string, lock: 'share' | 'update') =>
  `held as materialized (
     select locked.id${columns} from given, lateral (
       select j.id from foz.jobs j where j.id = given.id and j.fence = given.fence and j.worker = given.worker
       for ${lock}) as locked)`;

function namesOf(claims: readonly Claim[]): unknown[] {
  return [claims.map(({ id }) => id), claims.map(({ fence }) => fence), claims.map(({ worker }) => worker)];
}

/** Locks claimed jobs until the end of the transaction. Resolves with the ids of those whose claim still holds. */
export async function holdJobs(run: RunStatement, claims: readonly Claim[]): Promise<Set<string>> {
  if (claims.length === 0) return new Set();
  const rows = await run(
    `with ${givenInOrder('id, fence, worker', '?::text[], ?::bigint[], ?::text[]')}, ${heldClaims('', 'share')}
     select id from held`,
    namesOf(claims),
  );
  return new Set(rows.map(({ id }) => String(id)));
}

const removed = `removed as (
  delete from foz.jobs where id = any(array(select id from held where after_ms is null)))`;
const later = `later as (
  update foz.jobs j set worker = null, due = now() + held.after_ms * interval '1 millisecond',
    attempts = case when held.progress then 0 else j.attempts end
  from held where j.id = held.id and held.after_ms is not null
  and j.id = any(array(select id from held where after_ms is not null)))`;

/** Ends claims whose keys the transaction has locked. Resolves with the ids of the jobs whose claim still held. */
export async function settleJobs(
  run: RunStatement,
  settlements: readonly Settlement[],
): Promise<Set<string>> {
  if (settlements.length === 0) return new Set();
  const done = settlements.filter(({ outcome }) => outcome.kind === 'done');
  const given = givenInOrder(
    'id, fence, worker, after_ms, progress',
    '?::text[], ?::bigint[], ?::text[], ?::float8[], ?::boolean[]',
  );
  const changes = [
    ...(done.length > 0 ? [removed] : []),
    ...(done.length < settlements.length ? [later] : []),
  ];
  const rows = await run(
    `with ${given}, ${heldClaims(', given.after_ms, given.progress', 'update')}, ${changes.join(', ')} select id from held`,
    [
      ...namesOf(settlements.map(({ claim }) => claim)),
      settlements.map(({ outcome }) => (outcome.kind === 'done' ? null : outcome.afterMs)),
      settlements.map(({ outcome }) => outcome.kind === 'later' && outcome.progress),
    ],
  );
  const held = new Set(rows.map(({ id }) => String(id)));
  await unblock(
    run,
    done.filter(({ claim }) => held.has(claim.id)).map(({ claim }) => claim),
  );
  return held;
}

/** Unblocks as many jobs of each key as were removed. */
async function unblock(run: RunStatement, removed: readonly OfKey[]): Promise<void> {
  const keyed = removed.filter(({ key }) => key !== null);
  if (keyed.length === 0) return;
  await run(
    `with gone as (
       select queue, key, count(*) as number from unnest(?::text[], ?::text[]) as gone (queue, key) group by queue, key),
     next as (
       update foz.jobs set blocked = false where id in (
         select first.id from gone, lateral (
           select id from foz.jobs j where j.queue = gone.queue and j.key = gone.key and j.blocked
           order by seq limit gone.number) as first)
       returning 1)
     select pg_notify('${jobChannel}', '') from next limit 1`,
    [keyed.map(({ queue }) => queue), keyed.map(({ key }) => key)],
  );
}

/** Removes jobs whose keys the transaction has locked. `alsoClaimed`: also those that are claimed. Resolves with the ids of those that were removed. */
export async function removeJobs(
  run: RunStatement,
  jobs: readonly (OfKey & { readonly id: string })[],
  alsoClaimed: boolean,
): Promise<Set<string>> {
  if (jobs.length === 0) return new Set();
  const rows = await run(
    `delete from foz.jobs where id = any(?::text[]) and (worker is null or ?)
     returning id, queue, key, not blocked as was_next`,
    [jobs.map(({ id }) => id), alsoClaimed],
  );
  await unblock(
    run,
    rows
      .filter((row) => row.was_next === true)
      .map(({ queue, key }) => ({ queue: String(queue), key: key as string | null })),
  );
  return new Set(rows.map(({ id }) => String(id)));
}

/** Ends the claims of jobs, and lets nobody claim them until `makeJobsDue` makes them due. They keep their places before later jobs of their keys. */
export async function suspendJobs(run: RunStatement, ids: readonly string[]): Promise<void> {
  await run(`update foz.jobs set worker = null, due = '9999-01-01' where id = any(?::text[])`, [ids]);
}

/** Makes jobs that nobody works on due in `afterMs`, unless they are due already. */
export async function makeJobsDue(run: RunStatement, ids: readonly string[], afterMs: number): Promise<void> {
  await run(
    `with made_due as (
       update foz.jobs set due = now() + ? * interval '1 millisecond'
       where id = any(?::text[]) and worker is null and due > now() returning 1)
     select pg_notify('${jobChannel}', '') from made_due limit 1`,
    [afterMs, ids],
  );
}

/** Counts the attempts of claimed jobs from 0 again: a worker that holds them has achieved something. */
export async function resetAttempts(run: RunStatement, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await run('update foz.jobs set attempts = 0 where id = any(?::text[]) and attempts > 0', [ids]);
}
