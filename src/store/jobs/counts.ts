import type { RunStatement } from '../run-statement.ts';

/** The jobs of one kind. */
export interface JobCount {
  readonly kind: string;
  /** Jobs that a worker has claimed. */
  readonly claimed: number;
  /** Jobs that could be claimed now. */
  readonly due: number;
  /** Jobs that wait for their time, for an earlier job of their key, or for their queue to be resumed. */
  readonly waiting: number;
  /** Seconds that the oldest due job has been due; `null`: none is. */
  readonly oldestSeconds: number | null;
}

/** Counts the jobs of each kind of queue. It reads all of them. */
export async function countJobs(run: RunStatement): Promise<readonly JobCount[]> {
  const rows = await run(
    `select q.kind, count(*) filter (where j.worker is not null) as claimed,
       count(*) filter (where j.worker is null and free) as due,
       count(*) filter (where j.worker is null and not free) as waiting,
       extract(epoch from now() - min(j.due) filter (where j.worker is null and free)) as oldest
     from foz.jobs j join foz.job_queues q on q.name = j.queue,
       lateral (select not j.blocked and j.due <= now() and not q.paused as free) as state
     group by q.kind`,
    [],
  );
  return rows.map((row) => ({
    kind: String(row.kind),
    claimed: Number(row.claimed),
    due: Number(row.due),
    waiting: Number(row.waiting),
    oldestSeconds: row.oldest === null ? null : Number(row.oldest),
  }));
}
