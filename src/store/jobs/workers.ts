import type { RunStatement } from '../run-statement.ts';
import type { Claim } from './job.ts';
import { jobChannel } from './statements.ts';

/** Another process that works on jobs, with the number of its last heartbeat. */
export interface OtherWorker {
  readonly id: string;
  readonly beat: number;
}

export async function addWorker(run: RunStatement, id: string): Promise<void> {
  await run('insert into foz.job_workers (id) values (?)', [id]);
}

/** Records a heartbeat. Resolves with the other workers; `null`: this one was declared dead. */
export async function beat(run: RunStatement, id: string): Promise<readonly OtherWorker[] | null> {
  const rows = await run(
    `with own as (update foz.job_workers set beat = beat + 1 where id = ? returning id, beat)
     select id, beat, true as own from own
     union all select id, beat, false from foz.job_workers where id <> ?`,
    [id, id],
  );
  if (!rows.some(({ own }) => own === true)) return null;
  return rows
    .filter(({ own }) => own === false)
    .map((row) => ({ id: String(row.id), beat: Number(row.beat) }));
}

/** The same for a store that no other process can open, where nobody looks for heartbeats: it writes nothing. */
export async function heartbeatOfOnlyProcess(
  run: RunStatement,
  id: string,
): Promise<readonly OtherWorker[] | null> {
  const rows = await run('select id, beat from foz.job_workers', []);
  if (!rows.some((row) => row.id === id)) return null;
  return rows.flatMap((row) => (row.id === id ? [] : [{ id: String(row.id), beat: Number(row.beat) }]));
}

/** Declares a worker dead, unless it had another heartbeat since. From then on it records nothing. */
export async function buryWorker(run: RunStatement, { id, beat }: OtherWorker): Promise<boolean> {
  const rows = await run('delete from foz.job_workers where id = ? and beat = ? returning 1', [id, beat]);
  return rows.length > 0;
}

/** Frees the jobs of workers that are no longer there, so that others can claim them. Resolves with the number of jobs. */
export async function freeOrphans(run: RunStatement): Promise<number> {
  const rows = await run(
    `with orphans as (
       select id from foz.jobs j where worker is not null
       and not exists (select from foz.job_workers w where w.id = j.worker)
       for update of j skip locked),
     freed as (update foz.jobs j set worker = null from orphans where j.id = orphans.id returning 1)
     select case when row_number() over () = 1 then pg_notify('${jobChannel}', '') end from freed`,
    [],
  );
  return rows.length;
}

/** Frees the jobs that a worker holds according to the store, except those of the claims that it knows (`held`). Resolves with their number. */
export async function releaseAllBut(
  run: RunStatement,
  worker: string,
  held: readonly Claim[],
): Promise<number> {
  const rows = await run(
    `update foz.jobs j set worker = null where worker = ? and not exists (
       select from unnest(?::text[], ?::bigint[]) as held (id, fence) where held.id = j.id and held.fence = j.fence)
     returning pg_notify('${jobChannel}', '')`,
    [worker, held.map(({ id }) => id), held.map(({ fence }) => fence)],
  );
  return rows.length;
}

/** Removes this worker, and frees the jobs that it still holds. */
export async function removeWorker(run: RunStatement, id: string): Promise<void> {
  await run('delete from foz.job_workers where id = ?', [id]);
  await freeOrphans(run);
}
