import { priorities } from '../jobs/index.ts';
import type { RunStatement } from '../run-statement.ts';
import type { LoadedRun, NewRun, RunProgress, StepRecord, StepState } from './run.ts';

/** Adds a version of a workflow where its definition has changed. Resolves with the current version. */
export async function storeVersion(run: RunStatement, workflow: string, definition: string): Promise<number> {
  await run('select pg_advisory_xact_lock(?, hashtext(?))', [0x466f7a06, workflow]);
  const [row] = await run(
    `with last as (select version, definition from foz.workflow_versions where workflow = ? order by version desc limit 1),
     added as (
       insert into foz.workflow_versions (workflow, version, definition)
       select ?, coalesce((select version from last), 0) + 1, ?
       where not exists (select from last where definition = ?)
       returning version)
     select coalesce((select version from added), (select version from last)) as version`,
    [workflow, workflow, definition, definition],
  );
  return Number(row!.version);
}

/** The definition of a version as it was stored; `null`: there is none. */
export async function readDefinition(
  run: RunStatement,
  workflow: string,
  version: number,
): Promise<string | null> {
  const [row] = await run('select definition from foz.workflow_versions where workflow = ? and version = ?', [
    workflow,
    version,
  ]);
  return row === undefined ? null : String(row.definition);
}

/** Adds runs. Resolves with the ids that are new. */
export async function insertRuns(run: RunStatement, runs: readonly NewRun[]): Promise<Set<string>> {
  const rows = await run(
    `insert into foz.runs (id, workflow, version, state, priority, key, input, at, origin, parent, depth, starter)
     select id, workflow, version, 'active', priority, key, input, now() + after_ms * interval '1 millisecond', origin, parent, depth, starter
     from unnest(?::text[], ?::text[], ?::int[], ?::int[], ?::text[], ?::text[], ?::float8[], ?::text[], ?::text[], ?::int[], ?::text[])
       as given (id, workflow, version, priority, key, input, after_ms, origin, parent, depth, starter)
     on conflict (id) do nothing returning id`,
    [
      runs.map(({ id }) => id),
      runs.map(({ workflow }) => workflow),
      runs.map(({ version }) => version),
      runs.map(({ priority }) => priorities[priority]),
      runs.map(({ key }) => key),
      runs.map(({ input }) => input),
      runs.map(({ afterMs }) => afterMs),
      runs.map(({ origin }) => origin),
      runs.map(({ caller }) => (caller?.waits === true ? caller.claim.id : null)),
      runs.map(({ caller, depth = 0 }) => caller?.depth ?? depth),
      runs.map(({ starter = null }) => starter),
    ],
  );
  return new Set(rows.map(({ id }) => String(id)));
}

/** The bytes of the inputs of runs and of their records, by their ids. */
export async function sizesOfRuns(run: RunStatement, ids: readonly string[]): Promise<Map<string, number>> {
  const rows = await run(
    `select r.id, octet_length(r.input) + coalesce((
       select sum(coalesce(octet_length(input), 0) + coalesce(octet_length(output), 0)) from foz.run_steps where run = r.id), 0) as bytes
     from foz.runs r where r.id = any(?::text[])`,
    [ids],
  );
  return new Map(rows.map(({ id, bytes }) => [String(id), Number(bytes)]));
}

/** Active runs with the records of their steps. */
export async function loadRuns(run: RunStatement, ids: readonly string[]): Promise<Map<string, LoadedRun>> {
  const rows = await run(
    `select r.id, r.workflow, r.version, r.input, r.parent, r.depth, extract(epoch from now() - coalesce(r.timed_from, r.at)) * 1000 as age_ms,
       r.parent is not null and (p.id is null or p.ended_at is not null) as orphan
     from foz.runs r left join foz.runs p on p.id = r.parent where r.id = any(?::text[]) and r.state = 'active'`,
    [ids],
  );
  const steps = await run(
    `select run, path, kind, state, attempts, input, output, error,
       extract(epoch from now() - started_at) * 1000 as begun_ms, extract(epoch from now() - ended_at) * 1000 as ended_ms,
       extract(epoch from resume_at - now()) * 1000 as resume_ms
     from foz.run_steps where run = any(?::text[]) order by seq`,
    [ids],
  );
  const ofRuns = new Map<string, StepRecord[]>(rows.map(({ id }) => [String(id), []]));
  for (const row of steps) ofRuns.get(String(row.run))?.push(stepOf(row));
  return new Map(
    rows.map((row) => [
      String(row.id),
      {
        workflow: String(row.workflow),
        version: Number(row.version),
        input: String(row.input),
        ageMs: Number(row.age_ms),
        parent: textOf(row.parent),
        isOrphan: row.orphan === true,
        depth: Number(row.depth),
        steps: ofRuns.get(String(row.id))!,
      },
    ]),
  );
}

type Row = Readonly<Record<string, unknown>>;

function stepOf(row: Row): StepRecord {
  return {
    ...{ path: String(row.path), kind: String(row.kind), state: row.state as StepState },
    attempts: Number(row.attempts),
    ...{ input: textOf(row.input), output: textOf(row.output), error: textOf(row.error) },
    begunMs: Number(row.begun_ms),
    endedMs: numberOf(row.ended_ms),
    resumeMs: row.resume_ms === null ? null : Math.max(0, Number(row.resume_ms)),
  };
}

const textOf = (value: unknown) => (value === null ? null : String(value));
const numberOf = (value: unknown) => (value === null ? null : Number(value));

/** Most characters of inputs and outputs in one statement. */
const mostCharacters = 8_000_000;

/** Writes records of steps: a later one of the same step replaces the former one. */
export async function writeSteps(run: RunStatement, progress: readonly RunProgress[]): Promise<void> {
  const last = new Map<string, StepRecord & { readonly run: string }>();
  for (const { claim, steps } of progress)
    for (const step of steps) last.set(`${claim.id}\n${step.path}`, { ...step, run: claim.id });
  for (const records of inGroups([...last.values()])) await writeGroup(run, records);
}

function inGroups<T extends StepRecord>(records: readonly T[]): T[][] {
  const groups: T[][] = [];
  let characters = 0;
  for (const record of records) {
    const length = (record.input?.length ?? 0) + (record.output?.length ?? 0);
    characters += length;
    if (groups.length === 0 || characters > mostCharacters) {
      groups.push([]);
      characters = length;
    }
    groups.at(-1)!.push(record);
  }
  return groups;
}

async function writeGroup(
  run: RunStatement,
  records: readonly (StepRecord & { readonly run: string })[],
): Promise<void> {
  await run(
    `insert into foz.run_steps (run, path, kind, state, attempts, input, output, error, started_at, ended_at, resume_at)
     select run, path, kind, state, attempts, input, output, error, now() - begun * interval '1 millisecond',
       now() - ended * interval '1 millisecond', now() + resume * interval '1 millisecond'
     from unnest(?::text[], ?::text[], ?::text[], ?::text[], ?::int[], ?::text[], ?::text[], ?::text[],
       ?::float8[], ?::float8[], ?::float8[])
       as given (run, path, kind, state, attempts, input, output, error, begun, ended, resume)
     on conflict (run, path) do update set state = excluded.state, started_at = excluded.started_at, attempts = excluded.attempts, input = excluded.input,
       output = excluded.output, error = excluded.error, ended_at = excluded.ended_at, resume_at = excluded.resume_at`,
    [
      records.map((record) => record.run),
      ...(['path', 'kind', 'state', 'attempts', 'input', 'output', 'error'] as const).map((name) =>
        records.map((record) => record[name]),
      ),
      ...(['begunMs', 'endedMs', 'resumeMs'] as const).map((name) => records.map((record) => record[name])),
    ],
  );
}

/** Writes how runs ended. */
export async function endRuns(run: RunStatement, progress: readonly RunProgress[]): Promise<void> {
  const ended = progress.flatMap(({ claim, outcome }) =>
    outcome === undefined || outcome.kind === 'later' ? [] : [{ id: claim.id, outcome }],
  );
  if (ended.length === 0) return;
  await run(
    `update foz.runs r set state = given.state, output = given.output, error = given.error, ended_at = now()
     from unnest(?::text[], ?::text[], ?::text[], ?::text[]) as given (id, state, output, error) where r.id = given.id`,
    [
      ended.map(({ id }) => id),
      ended.map(({ outcome }) => outcome.kind),
      ended.map(({ outcome }) => (outcome.kind === 'done' ? outcome.output : null)),
      ended.map(({ outcome }) => (outcome.kind === 'failed' ? outcome.error : null)),
    ],
  );
}

/** Counts the time of a run that was paused from a later moment, and that of its steps. */
export async function leaveOutPause(run: RunStatement, id: string): Promise<void> {
  const [row] = await run(
    `with known as (select coalesce(timed_from, at) as timed_from, paused_at from foz.runs where id = ? and paused_at is not null),
       pause as (select timed_from, greatest(interval '0', now() - greatest(paused_at, timed_from)) as length from known),
       changed as (update foz.runs set timed_from = pause.timed_from + pause.length, paused_at = null from pause where id = ?)
     select extract(epoch from length) * 1000 as pause_ms from pause`,
    [id, id],
  );
  if (row === undefined) return;
  await run(
    `update foz.run_steps set started_at = least(now(), started_at + ? * interval '1 millisecond')
     where run = ? and state in ('running', 'waiting')`,
    [Number(row.pause_ms), id],
  );
}

/** Begins the time of a run anew, and that of its steps. A run that has ended is not waited for any more by one that has ended, too. */
export async function beginTimeAnew(run: RunStatement, id: string): Promise<void> {
  await run(
    `update foz.runs r set timed_from = now(), paused_at = null,
       parent = (select p.id from foz.runs p where p.id = r.parent and p.ended_at is null) where id = ?`,
    [id],
  );
  await run(`update foz.run_steps set started_at = now() where run = ? and state in ('running', 'waiting')`, [
    id,
  ]);
}

/**
 * Removes the records of a step and of all that began after it, so that they are done again; without `from`, those of failed steps, unless their
 * own steps have handled the failure: those have an output. What was undone after the failure is done again, too. The steps around these count as
 * running again. Resolves with whether there was such a step.
 */
export async function forgetSteps(run: RunStatement, id: string, from: string | null): Promise<boolean> {
  const [first] = await run('select seq from foz.run_steps where run = ? and path = ?', [id, from]);
  if (from !== null && first === undefined) return false;
  const [compensation] = await run(
    `select output from foz.run_steps where run = ? and kind = 'compensation'`,
    [id],
  );
  // The text may contain \u0000, which jsonb refuses.
  const undone: readonly string[] =
    compensation === undefined ? [] : JSON.parse(String(compensation.output)).steps;
  const again = [...undone, ...(from === null ? [] : [from])];
  await run(
    `update foz.run_steps s set state = 'running', output = null, error = null, ended_at = null
     where run = ? and exists (select from unnest(?::text[]) as given (path)
       where starts_with(given.path, s.path || '/') and not starts_with(given.path, s.path || '/onError/'))`,
    [id, again],
  );
  // A step whose failure is to be handled again stays failed.
  await run(
    `update foz.run_steps s set output = null where run = ? and state = 'failed'
     and exists (select from unnest(?::text[]) as given (path) where starts_with(given.path, s.path || '/onError/'))`,
    [id, again],
  );
  // The runs that calls waited for were cancelled with this one.
  const removed = await run(
    `delete from foz.run_steps s where run = ? and (
       (state = 'failed' and output is null and ?::bigint is null) or (kind = 'call' and state <> 'done') or kind = 'compensation'
       or (seq >= ?::bigint and not starts_with(?::text, path || '/'))
       or exists (select from unnest(?::text[]) as given (path) where s.path = given.path or starts_with(s.path, given.path || '/')))
     returning 1`,
    [id, first?.seq ?? null, first?.seq ?? null, from, again],
  );
  return removed.length > 0;
}
