import type { Run } from '../run.ts';
import { type Claim, type JobQueue, type NewJob, type Priority, priorities, type Settlement } from './job.ts';

/** The notification that jobs are due, or soon will be. */
export const jobChannel = 'foz_jobs';

/** The first part of the advisory locks that are held until the end of a transaction. */
const queueLocks = 0x466f7a04;
const keyLocks = 0x466f7a05;

const priorityNames = Object.keys(priorities) as Priority[];

/** Adds queues, or changes their limits. Whether a queue is paused stays. */
export async function storeQueues(run: Run, queues: readonly JobQueue[]): Promise<void> {
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

/** Pauses or resumes a queue: none of its jobs is claimed until then. */
export async function pauseQueue(run: Run, name: string, paused: boolean): Promise<void> {
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

/**
 * Locks keys until the end of the transaction. Adding and removing jobs of a key exclude each other, so that the order of their numbers is
 * that of the commits, and no blocked job is left behind. The locks are taken in one order, so that two transactions do not wait for each other.
 */
export async function lockKeys(run: Run, jobs: readonly OfKey[]): Promise<void> {
  const keyed = jobs.filter(({ key }) => typeof key === 'string');
  if (keyed.length === 0) return;
  await run(
    `select pg_advisory_xact_lock(${keyLocks}, hash) from (
       select distinct hashtext(queue || E'\\n' || key) as hash from unnest(?::text[], ?::text[]) as given (queue, key)
       order by hash) as hashes`,
    [keyed.map(({ queue }) => queue), keyed.map(({ key }) => key)],
  );
}

/** Adds jobs, with locked keys. Resolves with the ids that were not in a queue yet. */
export async function insertJobs(run: Run, jobs: readonly NewJob[]): Promise<string[]> {
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

/** A claimable job of a queue and a priority, by the index. */
const claimable = 'worker is null and not blocked';
const everyPriority = `(values ${Object.values(priorities)
  .map((number) => `(${number})`)
  .join(', ')}) as p (number)`;

/**
 * The queues with due jobs. Those with a limit are locked until the end of the transaction, since their claimed jobs are counted: a queue that
 * another process is claiming from is not free.
 */
export async function dueQueues(
  run: Run,
  kinds: readonly string[],
): Promise<{ readonly free: readonly string[]; readonly busy: boolean }> {
  const rows = await run(
    `select q.name, q.concurrency is null or pg_try_advisory_xact_lock(${queueLocks}, hashtext(q.name)) as free
     from foz.job_queues q where q.kind = any(?::text[]) and not q.paused
     and exists (select from ${everyPriority}, lateral (
       select 1 from foz.jobs where queue = q.name and priority = p.number and ${claimable} and due <= now() limit 1) as due)`,
    [kinds],
  );
  const free = rows.filter((row) => row.free === true).map(({ name }) => String(name));
  return { free, busy: free.length < rows.length };
}

/**
 * Claims due jobs, `most` at most. Queues share what is claimed; of one queue, high priorities and early times come first. A worker
 * that was declared dead claims nothing.
 */
export async function claimJobs(
  run: Run,
  worker: string,
  queues: readonly string[],
  most: number,
): Promise<Claim[]> {
  if (queues.length === 0) return [];
  const ofPriority = (number: number) =>
    `select id, fence from (
       select id, fence from foz.jobs where queue = free.name and priority = ${number} and ${claimable} and due <= now()
       order by due, seq limit free.most for update skip locked) as of_priority`;
  const rows = await run(
    `with free as materialized (
       select q.name, q.kind, greatest(0, least(?::int, q.concurrency - (
         select count(*) from foz.jobs j where j.queue = q.name and j.worker is not null))) as most
       from foz.job_queues q where q.name = any(?::text[])
         and exists (select from foz.job_workers where id = ?)),
     picked as materialized (
       select due.id, due.fence = 0 as first, free.kind from free, lateral (
         select id, fence from (${Object.values(priorities).map(ofPriority).join(' union all ')}) as sorted limit free.most) as due
       limit ?::int)
     update foz.jobs j set worker = ?, fence = nextval('foz.job_fences'), attempts = attempts + 1
     from picked where j.id = picked.id
     returning j.id, j.fence, picked.first, j.queue, picked.kind, j.key, j.priority, j.attempts, j.body,
       extract(epoch from now() - j.due) * 1000 as late_ms`,
    [Math.ceil(most / queues.length), queues, worker, most, worker],
  );
  return rows
    .map((row) => ({
      ...{
        id: String(row.id),
        worker,
        fence: Number(row.fence),
        queue: String(row.queue),
        kind: String(row.kind),
      },
      key: row.key === null ? null : String(row.key),
      priority: priorityNames[Number(row.priority)]!,
      isFirst: row.first === true,
      attempts: Number(row.attempts),
      lateMs: Number(row.late_ms),
      body: row.body === null ? null : String(row.body),
    }))
    .sort((one, other) => priorities[one.priority] - priorities[other.priority] || other.lateMs - one.lateMs);
}

/** Milliseconds until the next claimable job of these kinds becomes due, those that are due already left out; `null`: there is none. */
export async function nextDue(run: Run, kinds: readonly string[]): Promise<number | null> {
  const [row] = await run(
    `select extract(epoch from min(next.due) - now()) * 1000 as ms
     from foz.job_queues q, ${everyPriority}, lateral (
       select due from foz.jobs where queue = q.name and priority = p.number and ${claimable} and due > now()
       order by due limit 1) as next
     where q.kind = any(?::text[]) and not q.paused`,
    [kinds],
  );
  return row === undefined || row.ms === null ? null : Number(row.ms);
}

const heldClaims = `held as materialized (
  select j.id from foz.jobs j join given on given.id = j.id and given.fence = j.fence and given.worker = j.worker`;

function namesOf(claims: readonly Claim[]): unknown[] {
  return [claims.map(({ id }) => id), claims.map(({ fence }) => fence), claims.map(({ worker }) => worker)];
}

/** Locks claimed jobs until the end of the transaction. Resolves with the ids of those whose claim still holds. */
export async function holdJobs(run: Run, claims: readonly Claim[]): Promise<Set<string>> {
  if (claims.length === 0) return new Set();
  const rows = await run(
    `with given as (select * from unnest(?::text[], ?::bigint[], ?::text[]) as given (id, fence, worker)),
     ${heldClaims} for share of j) select id from held`,
    namesOf(claims),
  );
  return new Set(rows.map(({ id }) => String(id)));
}

/** Ends claims, with locked keys. Resolves with the ids of the jobs whose claim still held. */
export async function settleJobs(run: Run, settlements: readonly Settlement[]): Promise<Set<string>> {
  if (settlements.length === 0) return new Set();
  const claims = settlements.map(({ claim }) => claim);
  const rows = await run(
    `with given as (
       select * from unnest(?::text[], ?::bigint[], ?::text[], ?::float8[], ?::boolean[])
         as given (id, fence, worker, after_ms, progress)),
     ${heldClaims} for update of j),
     removed as (
       delete from foz.jobs j using held, given where j.id = held.id and given.id = held.id and given.after_ms is null),
     later as (
       update foz.jobs j set worker = null, due = now() + given.after_ms * interval '1 millisecond',
         attempts = case when given.progress then 0 else j.attempts end
       from held, given where j.id = held.id and given.id = held.id and given.after_ms is not null)
     select id from held`,
    [
      ...namesOf(claims),
      settlements.map(({ outcome }) => (outcome.kind === 'done' ? null : outcome.afterMs)),
      settlements.map(({ outcome }) => outcome.kind === 'later' && outcome.progress),
    ],
  );
  const held = new Set(rows.map(({ id }) => String(id)));
  await unblock(
    run,
    settlements
      .filter(({ claim, outcome }) => outcome.kind === 'done' && held.has(claim.id))
      .map(({ claim }) => claim),
  );
  return held;
}

/** Of each key as many jobs may be claimed now as were removed. */
async function unblock(run: Run, removed: readonly OfKey[]): Promise<void> {
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

/** Removes jobs, with locked keys, those that are claimed only if asked. Resolves with the ids of those that were removed. */
export async function removeJobs(
  run: Run,
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

/** Ends the claims of jobs, and lets nobody claim them until they are hurried. They keep their places before later jobs of their keys. */
export async function suspendJobs(run: Run, ids: readonly string[]): Promise<void> {
  await run(`update foz.jobs set worker = null, due = '9999-01-01' where id = any(?::text[])`, [ids]);
}

/** Makes jobs that nobody works on due now. */
export async function hurryJobs(run: Run, ids: readonly string[]): Promise<void> {
  await run(
    `with hurried as (
       update foz.jobs set due = now() where id = any(?::text[]) and worker is null and due > now() returning 1)
     select pg_notify('${jobChannel}', '') from hurried limit 1`,
    [ids],
  );
}
