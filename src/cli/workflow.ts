import { readFileSync } from 'node:fs';
import { text as read } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { FozError } from '../core/index.ts';
import { type EndpointOptions, type RunningFoz, runningFoz } from './endpoint.ts';
import { momentOf } from './moment.ts';
import { printTable } from './output.ts';

interface Options extends EndpointOptions {
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

interface Run {
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
const whole = `${summary} input output ${steps}`;

/** Exit codes of a run that was waited for. 1 is that of an error of the command itself. */
const exitCodes: Readonly<Record<string, number>> = { done: 0, failed: 2, cancelled: 3, paused: 4 };
/** Milliseconds between two looks at a run that is waited for. */
const lookMs = 300;

/** `foz workflow list`: the workflows, their versions and their next due times. */
export async function listWorkflows(options: Options): Promise<void> {
  const { workflows } = await serverOf(options).query<{
    workflows: readonly {
      readonly name: string;
      readonly enabled: boolean;
      readonly version: number | null;
      readonly role: string | null;
      readonly nextDue: string | null;
      readonly description: string | null;
      readonly faults: readonly string[];
    }[];
  }>('{ workflows { name description enabled version role nextDue faults } }');
  if (options.json === true) return console.log(JSON.stringify(workflows, null, 2));
  if (workflows.length === 0) return console.log('There are no workflows.');
  const state = (enabled: boolean, faults: readonly string[]) =>
    faults.length > 0 ? 'faulty' : enabled ? 'enabled' : 'disabled';
  printTable([
    ['name', 'state', 'version', 'role', 'next run', 'description'],
    ...workflows.map(({ name, enabled, version, role, nextDue, description, faults }) => [
      ...[name, state(enabled, faults), String(version ?? '-'), role ?? '-', nextDue ?? '-'],
      description ?? '',
    ]),
  ]);
  for (const { name, faults } of workflows)
    for (const fault of faults) console.log(`error: ${name}: ${fault}`);
}

interface RunOptions extends Options {
  readonly input?: string;
  readonly id?: string;
  readonly priority?: string;
  readonly after?: string;
  readonly wait?: boolean;
}

/** `foz workflow run`: starts a run; with `--wait` until it has ended, which the exit code tells. */
export async function runWorkflow(name: string, options: RunOptions): Promise<void> {
  const foz = serverOf(options);
  const { id, priority, after } = options;
  const { startWorkflow } = await foz.query<{ startWorkflow: Run }>(
    `mutation ($name: String!, $input: JSON, $options: StartOptionsInput) {
       startWorkflow(name: $name, input: $input, options: $options) { ${whole} } }`,
    {
      name,
      input: await inputOf(options.input),
      options: { id, priority, ...(after !== undefined && { afterMs: secondsOf(after) * 1000 }) },
    },
  );
  await waited(foz, startWorkflow, options);
}

interface TrialOptions extends Options {
  readonly input?: string;
  readonly outputs?: string;
}

interface Trial {
  readonly path: string;
  readonly kind: string;
  readonly state: string;
  readonly isSkipped: boolean;
  readonly settings: unknown;
  readonly output: unknown;
  readonly error: { readonly message: string } | null;
}

const trial = 'path kind state isSkipped settings output error';

/** `foz workflow dry-run`: what a run would do; nothing is called. */
export async function rehearse(name: string, options: TrialOptions): Promise<void> {
  const { rehearseWorkflow: found } = await serverOf(options).query<{
    rehearseWorkflow: {
      steps: readonly Trial[];
      output: unknown;
      error: { readonly message: string } | null;
    };
  }>(
    `query ($name: String!, $input: JSON, $outputs: JSON) {
       rehearseWorkflow(name: $name, input: $input, outputs: $outputs) { output error steps { ${trial} } } }`,
    { name, input: await inputOf(options.input), outputs: await inputOf(options.outputs) },
  );
  if (found.error !== null) process.exitCode = 2;
  if (options.json === true) return console.log(JSON.stringify(found, null, 2));
  for (const step of found.steps) printTrial(step);
  if (found.error === null) console.log(`output: ${JSON.stringify(found.output ?? null)}`);
  else console.error(`The run would fail: ${found.error.message}`);
}

/** `foz workflow try`: really does one step, alone. */
export async function tryOne(name: string, step: string, options: TrialOptions): Promise<void> {
  const { tryStep: found } = await serverOf(options).query<{ tryStep: Trial }>(
    `mutation ($name: String!, $step: String!, $input: JSON, $outputs: JSON) {
       tryStep(workflow: $name, step: $step, input: $input, outputs: $outputs) { ${trial} } }`,
    { name, step, input: await inputOf(options.input), outputs: await inputOf(options.outputs) },
  );
  if (found.error !== null) process.exitCode = 2;
  if (options.json === true) return console.log(JSON.stringify(found, null, 2));
  printTrial(found);
  if (found.error === null) console.log(`output: ${JSON.stringify(found.output ?? null)}`);
}

function printTrial({ path, kind, isSkipped, settings, error }: Trial): void {
  const how = error !== null ? `fails: ${error.message}` : isSkipped ? 'would be done' : 'done';
  console.log(`  ${path} (${kind}) ${how}\n    ${JSON.stringify(settings)}`);
}

/** `foz workflow rerun`: a new run like one that has ended. */
export async function rerun(id: string, options: TrialOptions & { readonly wait?: boolean }): Promise<void> {
  const foz = serverOf(options);
  const given = options.input === undefined ? {} : { input: await inputOf(options.input) };
  const { rerunRun } = await foz.query<{ rerunRun: Run }>(
    `mutation ($id: String!, $input: JSON) { rerunRun(id: $id, input: $input) { ${whole} } }`,
    { id, ...given },
  );
  await waited(foz, rerunRun, options);
}

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
async function waited(
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

function serverOf(options: EndpointOptions): RunningFoz {
  const foz = runningFoz(options);
  if (foz !== null) return foz;
  throw new FozError(
    'validation-failed',
    'Workflows are run by a server: name the one that runs with --endpoint, as --endpoint http://127.0.0.1:8080.',
  );
}

/** The JSON of `--input`: a text, or with `@` a file, or `-` for standard input. */
async function inputOf(given: string | undefined): Promise<unknown> {
  if (given === undefined) return null;
  const isFile = given.startsWith('@');
  const text =
    given === '-' ? await read(process.stdin) : isFile ? readFileSync(given.slice(1), 'utf8') : given;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FozError('validation-failed', `--input is no JSON: ${(error as Error).message}`);
  }
}

function secondsOf(text: string): number {
  return numberOf('--after', text.replace(/s$/, ''));
}

function numberOf(option: string, text: string): number {
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text);
  throw new FozError('validation-failed', `${option} must be a number, not "${text}".`);
}
