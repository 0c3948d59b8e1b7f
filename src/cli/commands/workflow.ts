import { type Command, Option } from 'commander';
import { report } from '../report.ts';
import { config, endpoint, secretFile } from './options.ts';

const json = ['--json', 'for machines'] as const;
const wait = [
  '--wait',
  'until the run has ended, with its steps as they end; code 0: done, 2: failed, 3: cancelled, 4: paused',
] as const;

/** Commands about workflows and their runs. */
export function addWorkflowCommands(program: Command): void {
  const workflow = program.command('workflow').description('workflows and their runs, on a server that runs');
  const command: Make = (usage, description) =>
    workflow
      .command(usage)
      .description(description)
      .option(...endpoint)
      .option(...secretFile)
      .option(...json);
  addStarting(command);
  addRunCommands(command);
  addTrials(command);
  addSetup(workflow);
}

/** Makes a command with the options that all of them have. */
type Make = (usage: string, description: string) => Command;

function addStarting(command: Make): void {
  command('list', 'the workflows, their versions and when they are due').action((options) =>
    report(async () => (await import('../workflow.ts')).listWorkflows(options)),
  );

  command('run', 'start a run')
    .argument('<name>')
    .option('--input <json>', 'its input as JSON; @file: from a file, -: from standard input')
    .option('--id <id>', 'its id: a run that is there already is not started again')
    .addOption(
      new Option('--priority <priority>', 'which runs begin first').choices(['high', 'normal', 'low']),
    )
    .option('--after <seconds>', 'begin later')
    .option(...wait)
    .action((name, options) =>
      report(async () => (await import('../workflow.ts')).runWorkflow(name, options)),
    );
}

function addRunCommands(command: Make): void {
  command('runs', 'runs, the newest first')
    .argument('[name]', 'of this workflow only')
    .addOption(
      new Option('--state <state...>', 'only in these states').choices([
        ...['active', 'paused', 'done', 'failed', 'cancelled'],
      ]),
    )
    .option('--origin <origin>', 'how they were started: manual, schedule, hook:<name>, trigger:<name>')
    .option('--since <date>', 'begun from then on')
    .option('--until <date>', 'begun before then')
    .option('--before <id>', 'the page after the run with this id')
    .option('--limit <number>', 'how many', '20')
    .action((name, options) => report(async () => (await import('../runs.ts')).listRuns(name, options)));

  command('show', 'a run with its steps')
    .argument('<run>', 'its id')
    .action((id, options) => report(async () => (await import('../runs.ts')).showRun(id, options)));

  for (const [action, description] of [
    ['cancel', 'end a run: it begins no further step'],
    ['pause', 'let a run begin no step until it is resumed'],
    ['resume', 'let a paused run go on'],
  ] as const)
    command(action, description)
      .argument('<run>', 'its id')
      .action((id, options) =>
        report(async () => (await import('../runs.ts')).actOnRun(action, id, options)),
      );

  command('retry', 'let a run that has ended go on: what failed is done again')
    .argument('<run>', 'its id')
    .option('--from <step>', 'the path of a step: it and all that began after it are done again')
    .option(...wait)
    .action((id, options) => report(async () => (await import('../runs.ts')).actOnRun('retry', id, options)));
}

function addTrials(command: Make): void {
  const input = ['--input <json>', 'its input as JSON; @file: from a file, -: from standard input'] as const;
  const outputs = ['--outputs <json>', 'outputs of steps as JSON, by their ids; @file: from a file'] as const;
  command('dry-run', 'show what a run would do: its steps with their settings; nothing is called')
    .argument('<name>')
    .option(...input)
    .option(...outputs)
    .action((name, options) => report(async () => (await import('../workflow.ts')).rehearse(name, options)));

  command('try', 'really do one step, alone')
    .argument('<name>', 'the workflow')
    .argument('<step>', 'the id of the step')
    .option(...input)
    .option(...outputs)
    .action((name, step, options) =>
      report(async () => (await import('../workflow.ts')).tryOne(name, step, options)),
    );

  command('rerun', 'start a new run of the workflow of one that has ended')
    .argument('<run>', 'its id')
    .option('--input <json>', 'another input than that of the run')
    .option(...wait)
    .action((id, options) => report(async () => (await import('../workflow.ts')).rerun(id, options)));
}

function addSetup(workflow: Command): void {
  workflow
    .command('setup')
    .description('show the statement that lets a source keep which writes were done (`once` of steps)')
    .argument('<source>')
    .option(...config)
    .option('--write', 'run it')
    .action((source, options) => report(async () => (await import('../once.ts')).setUpOnce(source, options)));

  workflow
    .command('clean')
    .description('show the statement that removes what `workflow setup` has made')
    .argument('<source>')
    .option(...config)
    .option('--write', 'run it')
    .action((source, options) => report(async () => (await import('../once.ts')).cleanOnce(source, options)));
}
