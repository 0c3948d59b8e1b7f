import type { RunStatement } from '../run-statement.ts';
import type { RunState } from './run.ts';

/** The runs of a workflow that a role sees. */
export interface SeenRunsFilter {
  readonly workflow: string;
  /** Only runs that it has started; `null`: all. */
  readonly starter: string | null;
  /** Only the run of this id. */
  readonly id?: string;
  readonly states?: readonly RunState[];
  /** The id of a run: only runs that begin before it. */
  readonly before?: string;
  readonly limit: number;
}

/** A run as roles see it. Values are JSON. */
export interface SeenRun {
  readonly id: string;
  readonly version: number;
  readonly state: RunState;
  readonly at: string;
  readonly endedAt: string | null;
  readonly output: string | null;
  readonly error: string | null;
  /** What its first step `respond` has recorded. */
  readonly response: string | null;
}

/** Runs, the newest first. */
export async function seenRuns(run: RunStatement, filter: SeenRunsFilter): Promise<SeenRun[]> {
  const { workflow, starter, id, states, before, limit } = filter;
  const conditions: [sql: string, value: unknown][] = [['r.workflow = ?', workflow]];
  if (starter !== null) conditions.push(['r.starter = ?', starter]);
  if (id !== undefined) conditions.push(['r.id = ?', id]);
  if (states !== undefined) conditions.push(['r.state = any(?::text[])', states]);
  if (before !== undefined)
    conditions.push(['(r.at, r.id) < (select at, id from foz.runs where id = ?)', before]);
  const rows = await run(
    `select r.id, r.version, r.state, r.at, r.ended_at, r.output, r.error,
       (select s.output from foz.run_steps s where s.run = r.id and s.kind = 'respond' and s.state = 'done' order by s.seq limit 1) as response
     from foz.runs r where ${conditions.map(([sql]) => sql).join(' and ')} order by r.at desc, r.id desc limit ?`,
    [...conditions.map(([, value]) => value), limit],
  );
  return rows.map((row) => ({
    ...{ id: String(row.id), version: Number(row.version), state: row.state as RunState },
    at: (row.at as Date).toISOString(),
    endedAt: row.ended_at === null ? null : (row.ended_at as Date).toISOString(),
    output: row.output as string | null,
    error: row.error as string | null,
    response: row.response as string | null,
  }));
}
