import { setTimeout as sleep } from 'node:timers/promises';
import { FozError } from '../core/index.ts';
import { type EndpointOptions, type RunningFoz, runningFoz } from './endpoint.ts';
import { momentOf } from './moment.ts';
import { printTable } from './output.ts';

export interface Options extends EndpointOptions {
  readonly json?: boolean;
}

interface Step {
  readonly path: string;
  readonly kind: string;
  readonly state: string;
  readonly attempts: number;
  readonly input: unknown;
  readonly output: unknown;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly begunAt: string;
  readonly endedAt: string | null;
  readonly resumeAt: string | null;
}

export interface Run {
  readonly id: string;
  readonly workflow: string;
  readonly version: number;
  readonly state: string;
  readonly activity: string | null;
  readonly origin: string;
  readonly at: string;
  readonly endedAt: string | null;
  readonly input?: unknown;
  readonly output?: unknown;
  readonly error: { readonly code: string; readonly message: string; readonly step?: string } | null;
  readonly steps: readonly Step[];
}

const summary = 'id workflow version state activity origin at endedAt error';
const steps = 'steps { path kind state attempts input output error begunAt endedAt resumeAt }';
/** The fields of a whole run. */
export const whole = `${summary} input output ${steps}`;

/** Exit codes of a run that was waited for. 1 is that of an error of the command itself. */
const exitCodes: Readonly<Record<string, number>> = { done: 0, failed: 2, cancelled: 3, paused: 4 };
/** Milliseconds between two looks at a run that is waited for. */
const lookMs = 300;

interface RunsOptions extends Options {
  readonly state?: readonly string[];
  readonly origin?: string;
  readonly since?: string;
  readonly until?: string;
  readonly before?: string;
  readonly limit: string;
}

/** `foz workflow runs`: runs, the newest first. */
export async function listRuns(workflow: string | undefined, options: RunsOptions): Promise<void> {
  const { state: states, origin, since, until, before } = options;
  const moment = (option: string, text: string) => new Date(momentOf(option, text)).toISOString();
  const filter = {
    ...{ workflow, states, origin },
    ...(since !== undefined && { since: moment('--since', since) }),
    ...(until !== undefined && { until: moment('--until', until) }),
  };
  const { runs } = await serverOf(options).query<{
    runs: { entries: readonly Run[]; next: string | null };
  }>(
    `query ($filter: RunFilterInput, $before: String, $limit: Int!) {
       runs(filter: $filter, before: $before, limit: $limit) { next entries { ${summary} } } }`,
    { filter, before, limit: numberOf('--limit', options.limit) },
  );
  if (options.json === true) return console.log(JSON.stringify(runs, null, 2));
  if (runs.entries.length === 0) return console.log('There are no such runs.');
  printTable([
    ['id', 'workflow', 'state', 'started by', 'at', 'ended', 'error'],
    ...runs.entries.map((run) => [
      ...[run.id, run.workflow, run.activity ?? run.state, run.origin, run.at, run.endedAt ?? '-'],
      run.error?.message ?? '',
    ]),
  ]);
  if (runs.next !== null) console.log(`There are more: --before ${runs.next}`);
}

/** `foz workflow show`: a run with its steps. */
export async function showRun(id: string, options: Options): Promise<void> {
  const run = await runOf(serverOf(options), id);
  if (options.json === true) return console.log(JSON.stringify(run, null, 2));
  printRun(run);
}

interface ActOptions extends Options {
  readonly from?: string;
  readonly wait?: boolean;
}

/** `foz workflow cancel|pause|resume|retry`. */
export async function actOnRun(
  action: 'cancel' | 'pause' | 'resume' | 'retry',
  id: string,
  options: ActOptions,
): Promise<void> {
  const foz = serverOf(options);
  const field = `${action}Run`;
  const [declared, given] = action === 'retry' ? [', $from: String', ', from: $from'] : ['', ''];
  const answer = await foz.query<Record<string, Run>>(
    `mutation ($id: String!${declared}) { ${field}(id: $id${given}) { ${whole} } }`,
    { id, ...(action === 'retry' && { from: options.from }) },
  );
  await waited(foz, answer[field]!, options);
}

/** Prints a run; with `--wait` once it has ended, with its steps as they end. */
export async function waited(
  foz: RunningFoz,
  started: Run,
  { wait = false, json = false }: Pick<ActOptions, 'wait' | 'json'>,
): Promise<void> {
  if (!wait) {
    if (json) console.log(JSON.stringify(started, null, 2));
    else console.log(`Run ${started.id} of ${started.workflow} is ${started.activity ?? started.state}.`);
    return;
  }
  const told = new Set<string>();
  const progress = (run: Run) => {
    for (const step of run.steps) {
      const line = stepLine(step);
      if (told.has(line) || json) continue;
      told.add(line);
      console.error(line);
    }
  };
  let run = started;
  progress(run);
  while (!Object.hasOwn(exitCodes, run.state)) {
    await sleep(lookMs);
    run = await runOf(foz, run.id);
    progress(run);
  }
  if (json) console.log(JSON.stringify(run, null, 2));
  else if (run.state === 'done') console.log(JSON.stringify(run.output ?? null, null, 2));
  else console.error(`Run ${run.id} is ${run.state}${run.error === null ? '' : `: ${errorText(run.error)}`}`);
  process.exitCode = exitCodes[run.state];
}

function printRun(run: Run): void {
  console.log(
    `Run ${run.id} of ${run.workflow}, version ${run.version}: ${run.activity ?? run.state}\nstarted by ${run.origin} at ${run.at}${run.endedAt === null ? '' : `, ended at ${run.endedAt}`}`,
  );
  if (run.error !== null) console.log(`error: ${errorText(run.error)}`);
  console.log(`input: ${JSON.stringify(run.input ?? null)}\noutput: ${JSON.stringify(run.output ?? null)}`);
  for (const step of run.steps) console.log(stepLine(step));
}

/** `  load (graphql): done in 12 ms` */
function stepLine({ path, kind, state, attempts, error, begunAt, endedAt, resumeAt }: Step): string {
  const took = endedAt === null ? '' : ` in ${Date.parse(endedAt) - Date.parse(begunAt)} ms`;
  const tries = attempts > 1 ? `, attempt ${attempts}` : '';
  const later = resumeAt === null ? '' : ` until ${resumeAt}`;
  const failed = error === null || state === 'done' ? '' : `: ${error.message}`;
  return `  ${path} (${kind}): ${state}${took}${tries}${later}${failed}`;
}

function errorText({ step, message }: { readonly step?: string; readonly message: string }): string {
  return step === undefined ? message : `step ${step}: ${message}`;
}

async function runOf(foz: RunningFoz, id: string): Promise<Run> {
  const { run } = await foz.query<{ run: Run | null }>(`query ($id: String!) { run(id: $id) { ${whole} } }`, {
    id,
  });
  if (run === null) throw new FozError('not-found', `There is no run ${id}.`);
  return run;
}

export function serverOf(options: EndpointOptions): RunningFoz {
  const foz = runningFoz(options);
  if (foz !== null) return foz;
  throw new FozError(
    'validation-failed',
    'Workflows are run by a server: name the one that runs with --endpoint, as --endpoint http://127.0.0.1:8080.',
  );
}

export function numberOf(option: string, text: string): number {
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text);
  throw new FozError('validation-failed', `${option} must be a number, not "${text}".`);
}
