import { type Command, Option } from 'commander';
import { report } from '../report.ts';
import { endpoint, secretFile } from './options.ts';

/** Commands about syncs of tables. */
export function addSyncCommands(program: Command): void {
  const sync = program.command('sync').description('tables that are kept in step, on a server that runs');
  const command = (usage: string, description: string) =>
    sync
      .command(usage)
      .description(description)
      .option(...endpoint)
      .option(...secretFile)
      .option('--json', 'for machines');

  command('list', 'the syncs and their states').action((options) =>
    report(async () => (await import('../sync.ts')).listSyncs(options)),
  );

  command('status', 'a sync: its state, its lag, and the rows that are not in step')
    .argument('<name>')
    .option('--wait', 'until it has compared the tables, with a progress bar')
    .action((name, options) => report(async () => (await import('../sync.ts')).showSync(name, options)));

  command('diff', 'compare the tables, and write nothing; exits with 1 where rows differ')
    .argument('<name>')
    .option('--limit <number>', 'how many differences are printed', '100')
    .action((name, options) => report(async () => (await import('../sync.ts')).diffSync(name, options)));

  command('repair', 'compare the tables, and bring the rows in step that differ')
    .argument('<name>')
    .action((name, options) => report(async () => (await import('../sync.ts')).repairSync(name, options)));

  for (const [action, description] of [
    ['pause', 'make no changes until the sync is resumed'],
    ['resume', 'go on'],
  ] as const)
    command(action, description)
      .argument('<name>')
      .action((name, options) =>
        report(async () => (await import('../sync.ts')).pauseSync(name, action === 'pause', options)),
      );

  command('resolve', 'decide conflicts for one side')
    .argument('<name>')
    .addOption(
      new Option('--winner <side>', 'whose row is kept').choices(['left', 'right']).makeOptionMandatory(),
    )
    .option('--key <key...>', `only these, as 'foz sync status' prints them; default: all`)
    .action((name, options) =>
      report(async () => (await import('../sync.ts')).resolveConflicts(name, options)),
    );
}
