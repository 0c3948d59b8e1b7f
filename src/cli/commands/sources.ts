import type { Command } from 'commander';
import { report } from '../report.ts';
import { config, endpoint, secretFile } from './options.ts';

/** Commands about the databases: what is in them, what their tables are called, and how their changes are followed. */
export function addSourceCommands(program: Command): void {
  program
    .command('introspect')
    .description('show what has changed in the sources and, by that, in the graph')
    .argument('[source]', 'only this one')
    .option(...config)
    .option(...endpoint)
    .option(...secretFile)
    .option('--write', 'store what was found')
    .option('--json', 'for machines')
    .action((source, options) =>
      report(async () => (await import('../introspect.ts')).introspect(source, options)),
    );

  program
    .command('check')
    .description('check the configuration and every connection; reports all problems at once')
    .option(...config)
    .option(...endpoint)
    .option(...secretFile)
    .option('--all', 'each issue, also where many are alike')
    .option('--against <file>', 'fail where the graph breaks operations that the graph in this file allows')
    .option('--role <name>', 'with --against: the graph of this role')
    .option('--json', 'for machines')
    .action((options) => report(async () => (await import('../check.ts')).check(options)));

  addNames(program);
  addChanges(program);
}

function addNames(program: Command): void {
  const names = program.command('names').description('the names that tables and relationships keep');

  names
    .command('list')
    .description('what tables and relationships are called since they were named first')
    .argument('[source]', 'only this one')
    .option(...config)
    .option(...endpoint)
    .option(...secretFile)
    .option('--json', 'for machines')
    .action((source, options) =>
      report(async () => (await import('../names.ts')).listNames(source, options)),
    );

  names
    .command('reset')
    .description('have names made anew, as if the source or the table had just come')
    .argument('<source>')
    .argument('[table]', 'only this one: orders, or sales.orders outside of the default namespace')
    .option(...config)
    .option(...endpoint)
    .option(...secretFile)
    .action((source, table, options) =>
      report(async () => (await import('../names.ts')).resetKeptNames(source, table, options)),
    );
}

function addChanges(program: Command): void {
  const changes = program.command('changes').description('how changes of the data are seen');

  changes
    .command('status')
    .description('how each source is followed for live queries, and why not by a better method')
    .argument('[source]', 'only this one')
    .option(...config)
    .option('--json', 'for machines')
    .action((source, options) =>
      report(async () => (await import('../changes.ts')).showChanges(source, options)),
    );

  changes
    .command('setup')
    .description('show the statements that let a source be followed better')
    .argument('<source>')
    .option(...config)
    .option('--method <method>', 'replication or triggers; triggers create an outbox in the database')
    .option('--write', 'run them')
    .action((source, options) =>
      report(async () => (await import('../changes.ts')).setUpChanges(source, options)),
    );

  changes
    .command('clean')
    .description('show what following has left in a database, and the statements that remove it')
    .argument('<source>')
    .option(...config)
    .option('--write', 'run them')
    .action((source, options) =>
      report(async () => (await import('../changes.ts')).cleanChanges(source, options)),
    );
}
