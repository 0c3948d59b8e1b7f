import { Command } from 'commander';
import { addAccessCommands } from './commands/access.ts';
import { addAuditCommands } from './commands/audit.ts';
import { addGraphCommands } from './commands/graph.ts';
import { addMetadataCommands } from './commands/metadata.ts';
import { config } from './commands/options.ts';
import { addSourceCommands } from './commands/sources.ts';
import { addSecretCommands, addStoreCommands } from './commands/store.ts';
import { addSyncCommands } from './commands/sync.ts';
import { addTriggerCommands } from './commands/trigger.ts';
import { addWorkflowCommands } from './commands/workflow.ts';
import { report } from './report.ts';
import { setStoreInUseHint } from './store-in-use-hint.ts';

// The modules of a command are loaded when it runs: versions and help texts are there at once.
const kinds = process.argv[2] === 'init' ? (await import('../views/index.ts')).kindNames : [];

/** The command `foz` with all that it can do. */
export const program = new Command('foz')
  .description('One GraphQL endpoint over every database a team has')
  .version('0.1.0')
  .hook('preAction', (_, command) =>
    setStoreInUseHint(
      command.name(),
      command.options.some(({ long }) => long === '--endpoint'),
    ),
  );

program
  .command('serve')
  .description('attach the sources of the configuration and serve GraphQL')
  .option(...config)
  .option('--demo', 'serve two embedded demo sources instead')
  .option('-p, --port <number>', 'listen on this port')
  .action((options) => report(async () => (await import('./serve.ts')).serve(options)));

program
  .command('init')
  .description('ask for a source and write foz.yaml, or add the source to it')
  .option(...config)
  .option('--kind <kind>', kinds.join(', ').replace(/, (?=\w+$)/, ' or '))
  .option('--url <url>', 'URL of a database server')
  .option('--env <name>', 'environment variable that holds the URL, so that the file only refers to it')
  .option('--path <path>', 'file or folder of an embedded database')
  .option('--name <name>', 'name of the source')
  .option('--force', 'replace an existing file')
  .action((options) => report(async () => (await import('./init.ts')).init(options)));

// In the order of the help text.
addSourceCommands(program);
addGraphCommands(program);
addMetadataCommands(program);
addTriggerCommands(program);
addSyncCommands(program);
addWorkflowCommands(program);
addStoreCommands(program);
addAccessCommands(program);
addAuditCommands(program);
addSecretCommands(program);
