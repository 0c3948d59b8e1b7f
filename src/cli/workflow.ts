import { readFileSync } from 'node:fs';
import { text as read } from 'node:stream/consumers';
import { FozError } from '../core/index.ts';
import { printTable } from './output.ts';
import { numberOf, type Options, type Run, serverOf, waited, whole } from './runs.ts';

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
