import type { RunStatement } from '../run-statement.ts';
import { type Claim, priorities, priorityOf } from './job.ts';

/** The first part of the advisory locks of queues with a limit, which are held until the end of a transaction. */
const queueLocks = 0x466f7a04;

/** A queue that has jobs which nobody works on. */
export interface WaitingQueue {
  readonly name: string;
  readonly kind: string;
  /** How many more of its jobs may be claimed now; `null`: it has no limit. */
  readonly room: number | null;
  /** Milliseconds until its first job is due; 0 or less: now. */
  readonly dueMs: number;
}

/** The most jobs of a queue that one process claims. */
export interface ClaimLimit {
  /** The most jobs that are claimed now. */
  readonly most: number;
  /** Milliseconds in which none is claimed; 0: jobs may be claimed now. */
  readonly waitMs: number;
}

/** A queue within the limit of a process. */
export function withinLimit(queue: WaitingQueue, limit: ClaimLimit | null): WaitingQueue {
  if (limit === null) return queue;
  const room = queue.room === null ? limit.most : Math.min(queue.room, limit.most);
  return { ...queue, room, dueMs: Math.max(queue.dueMs, limit.waitMs) };
}

/** How many jobs are claimed of a queue. */
export interface Share {
  readonly queue: WaitingQueue;
  readonly most: number;
}

/** The condition of the index by which jobs are claimed. */
const claimable = 'worker is null and not blocked';
const everyPriority = `(values ${Object.values(priorities)
  .map((number) => `(${number})`)
  .join(', ')}) as p (number)`;

/**
 * The queues with jobs that can be claimed now or later. The `order by` makes it the first entry of a range of the index for each priority: a
 * planner that may return any due job reads the table. Claimed jobs are counted without a lock, so the room is only an estimate.
 */
export async function waitingQueues(
  run: RunStatement,
  kinds: readonly string[],
): Promise<readonly WaitingQueue[]> {
  const rows = await run(
    `select q.name, q.kind, extract(epoch from first.due - now()) * 1000 as due_ms,
       case when q.concurrency is not null then q.concurrency - (
         select count(*) from foz.jobs j where j.queue = q.name and j.worker is not null) end as room
     from foz.job_queues q, lateral (
       select min(of_priority.due) as due from ${everyPriority}, lateral (
         select due from foz.jobs where queue = q.name and priority = p.number and ${claimable}
         order by due limit 1) as of_priority) as first
     where q.kind = any(?::text[]) and not q.paused and first.due is not null`,
    [kinds],
  );
  return rows.map((row) => ({
    ...{ name: String(row.name), kind: String(row.kind), dueMs: Number(row.due_ms) },
    room: row.room === null ? null : Number(row.room),
  }));
}

/**
 * Divides what one claim may take among queues. Which of them come first is random: where there are more queues than jobs to claim, none waits
 * for ever. What a queue near its limit cannot take goes to the others.
 */
export function divide(
  queues: readonly WaitingQueue[],
  most: number,
  random: () => number = Math.random,
): readonly Share[] {
  const roomOf = ({ room }: WaitingQueue) => room ?? Number.POSITIVE_INFINITY;
  const chosen = queues
    .filter((queue) => roomOf(queue) > 0)
    .map((queue) => ({ queue, at: random() }))
    .sort((one, other) => one.at - other.at)
    .slice(0, most)
    .map(({ queue }) => queue)
    .sort((one, other) => Math.min(roomOf(one), most) - Math.min(roomOf(other), most));
  let left = most;
  return chosen.map((queue, index) => {
    const share = Math.min(roomOf(queue), Math.ceil(left / (chosen.length - index)));
    left -= share;
    return { queue, most: share };
  });
}

/** Locks queues until the end of the transaction, so that their claimed jobs can be counted. Resolves with the names of those that no other process is claiming from. */
export async function lockQueues(run: RunStatement, names: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await run(
    `select name from unnest(?::text[]) as given (name) where pg_try_advisory_xact_lock(${queueLocks}, hashtext(name))`,
    [names],
  );
  return new Set(rows.map(({ name }) => String(name)));
}

const ofPriority = (number: number) =>
  `select id, fence from (
     select id, fence from foz.jobs where queue = free.name and priority = ${number} and ${claimable} and due <= now()
     order by due, seq limit free.most for update skip locked) as of_priority`;

/**
 * Claims due jobs of queues, for a worker that was not declared dead; those with a limit are locked. Of one queue, high priorities and early times
 * come first.
 */
export async function claimJobs(
  run: RunStatement,
  worker: string,
  shares: readonly Share[],
): Promise<Claim[]> {
  if (shares.length === 0) return [];
  const rows = await run(
    `with free as materialized (
       select q.name, case when q.concurrency is null then given.most else greatest(0, least(given.most, q.concurrency - (
         select count(*) from foz.jobs j where j.queue = q.name and j.worker is not null))) end as most
       from unnest(?::text[], ?::int[]) as given (name, most) join foz.job_queues q on q.name = given.name
       where not q.paused and exists (select from foz.job_workers where id = ?)),
     picked as materialized (
       select due.id, due.fence = 0 as first from free, lateral (
         select id, fence from (${Object.values(priorities).map(ofPriority).join(' union all ')}) as sorted limit free.most) as due),
     claimed as (
       update foz.jobs set worker = ?, fence = nextval('foz.job_fences'), attempts = attempts + 1
       where id = any(array(select id from picked))
       returning id, fence, queue, key, priority, attempts, body, extract(epoch from now() - due) * 1000 as late_ms)
     select claimed.*, picked.first from claimed join picked on picked.id = claimed.id`,
    [shares.map(({ queue }) => queue.name), shares.map(({ most }) => most), worker, worker],
  );
  const kinds = new Map(shares.map(({ queue }) => [queue.name, queue.kind]));
  return rows
    .map((row) => ({
      ...{
        id: String(row.id),
        worker,
        fence: Number(row.fence),
        queue: String(row.queue),
        kind: kinds.get(String(row.queue))!,
      },
      key: row.key === null ? null : String(row.key),
      priority: priorityOf(row.priority),
      isFirst: row.first === true,
      attempts: Number(row.attempts),
      lateMs: Number(row.late_ms),
      body: row.body === null ? null : String(row.body),
    }))
    .sort((one, other) => priorities[one.priority] - priorities[other.priority] || other.lateMs - one.lateMs);
}
