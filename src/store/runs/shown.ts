import { priorityOf } from '../jobs/index.ts';
import type { RunStatement } from '../run-statement.ts';
import type { RunDetails, RunState, RunSummary, StepState } from './run.ts';

export interface RunFilter {
  readonly workflow?: string;
  readonly states?: readonly RunState[];
  readonly origin?: string;
  readonly key?: string;
  /** Runs that begin at this time or later, and before that one; ISO 8601. */
  readonly since?: string;
  readonly until?: string;
  /** The id of a run: only runs that begin before it are listed. */
  readonly before?: string;
  readonly limit: number;
}

const columns = `r.id, r.workflow, r.version, r.state, r.priority, r.key, r.origin, r.at, r.ended_at, r.error,
  case when r.state <> 'active' then null when j.worker is not null then 'working'
    when j.due > now() then 'waiting' else 'queued' end as activity`;
const from = 'foz.runs r left join foz.jobs j on j.id = r.id';

/** Runs, the newest first. */
export async function listRuns(run: RunStatement, filter: RunFilter): Promise<RunSummary[]> {
  const { before, limit } = filter;
  const conditions: [sql: string, value: unknown][] = [];
  if (filter.workflow !== undefined) conditions.push(['r.workflow = ?', filter.workflow]);
  if (filter.states !== undefined) conditions.push(['r.state = any(?::text[])', filter.states]);
  if (filter.origin !== undefined) conditions.push(['r.origin = ?', filter.origin]);
  if (filter.key !== undefined) conditions.push(['r.key = ?', filter.key]);
  if (filter.since !== undefined) conditions.push(['r.at >= ?::timestamptz', filter.since]);
  if (filter.until !== undefined) conditions.push(['r.at < ?::timestamptz', filter.until]);
  if (before !== undefined)
    conditions.push(['(r.at, r.id) < (select at, id from foz.runs where id = ?)', before]);
  const where = conditions.length === 0 ? '' : `where ${conditions.map(([sql]) => sql).join(' and ')}`;
  const rows = await run(`select ${columns} from ${from} ${where} order by r.at desc, r.id desc limit ?`, [
    ...conditions.map(([, value]) => value),
    limit,
  ]);
  return rows.map(summaryOf);
}

/** A run with its steps, in the order in which they began; `null`: there is none. */
export async function showRun(run: RunStatement, id: string): Promise<RunDetails | null> {
  const [row] = await run(`select ${columns}, r.input, r.output from ${from} where r.id = ?`, [id]);
  if (row === undefined) return null;
  const steps = await run('select * from foz.run_steps where run = ? order by seq', [id]);
  return {
    ...summaryOf(row),
    input: String(row.input),
    output: row.output as string | null,
    steps: steps.map((step) => ({
      ...{ path: String(step.path), kind: String(step.kind), state: step.state as StepState },
      attempts: Number(step.attempts),
      input: step.input as string | null,
      output: step.output as string | null,
      error: step.error as string | null,
      begunAt: timeOf(step.started_at)!,
      endedAt: timeOf(step.ended_at),
      resumeAt: timeOf(step.resume_at),
    })),
  };
}

function summaryOf(row: Readonly<Record<string, unknown>>): RunSummary {
  return {
    ...{ id: String(row.id), workflow: String(row.workflow), version: Number(row.version) },
    state: row.state as RunState,
    activity: row.activity as RunSummary['activity'],
    priority: priorityOf(row.priority),
    key: row.key as string | null,
    origin: String(row.origin),
    at: timeOf(row.at)!,
    endedAt: timeOf(row.ended_at),
    error: row.error as string | null,
  };
}

function timeOf(value: unknown): string | null {
  return value === null ? null : (value as Date).toISOString();
}
