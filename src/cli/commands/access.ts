import type { Command } from 'commander';
import { report } from '../report.ts';
import { config, endpoint, secretFile } from './options.ts';

/** Commands about roles, API keys and admin secrets. */
export function addAccessCommands(program: Command): void {
  program
    .command('permissions')
    .description('what a role or an API key may do; without either, all roles')
    .argument('[role]')
    .option(...config)
    .option(...endpoint)
    .option(...secretFile)
    .option('--role <name>', 'the same as the argument')
    .option('--key <key>', 'what this API key may do, within its scopes; by its name, id or prefix')
    .option('--json', 'for machines')
    .action((role, options) =>
      report(async () => (await import('../permissions.ts')).showPermissions(role, options)),
    );

  const key = program.command('key').description('API keys');

  key
    .command('new')
    .description('make a key: its text is shown this once, with the lines for foz.yaml')
    .requiredOption('--name <name>', 'what it is for')
    .requiredOption('--role <role...>', 'roles that it may take; the first one unless a request chooses')
    .option(
      '--table <pattern...>',
      'only these tables: source.table or source.namespace.table, * for any part',
    )
    .option('--operation <kind...>', 'only these: read, write, subscribe')
    .option('--variable <name=value...>', 'session variables that it sets, as user-id=7')
    .option('--network <network...>', 'only from these addresses, as 10.0.0.0/8')
    .option('--expires <date>', 'ISO 8601, as 2030-01-31')
    .option('--write', 'add those lines to the configuration file')
    .option('--replace', 'with --write: put it in the place of the key of that name, which is then refused')
    .option(...config)
    .action((options) => report(async () => (await import('../key.ts')).newKey(options)));

  key
    .command('list')
    .description('the keys of the configuration file and of the store, and when they were used last')
    .option(...config)
    .option(...endpoint)
    .option(...secretFile)
    .option('--revoked', 'those that have ended, too')
    .option('--json', 'for machines')
    .action((options) => report(async () => (await import('../key-list.ts')).listKeys(options)));

  key
    .command('hash')
    .description('read a key from standard input and print the lines for foz.yaml that let it in')
    .action(() => report(async () => (await import('../key.ts')).hashGivenKey()));

  program
    .command('admin-secret')
    .description('secrets that open everything')
    .command('new')
    .description('make one: it is shown this once')
    .action(() => report(async () => (await import('../key.ts')).newAdminSecret()));
}
