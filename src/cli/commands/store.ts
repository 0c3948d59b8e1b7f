import type { Command } from 'commander';
import { report } from '../report.ts';
import { config, endpoint, secretFile } from './options.ts';

/** Commands about Foz's own store. */
export function addStoreCommands(program: Command): void {
  const store = program.command('store').description("Foz's own store: keys, audit, metadata");

  store
    .command('status')
    .description('which store it is, and whether its structure is up to date; code 1 when it is not')
    .option(...config)
    .option(...endpoint)
    .option(...secretFile)
    .option('--json', 'for machines')
    .action((options) => report(async () => (await import('../store.ts')).showStore(options)));

  store
    .command('migrate')
    .description('bring its structure up to date, as starting the server does')
    .option(...config)
    .action((options) => report(async () => (await import('../store.ts')).migrate(options)));
}

/** Commands about the secrets in the store. */
export function addSecretCommands(program: Command): void {
  program
    .command('secrets')
    .description('passwords and keys in the store')
    .command('rotate')
    .description(
      'bring all secrets under FOZ_MASTER_KEY (the key before: FOZ_MASTER_KEY_OLD), or under a new key in the state folder',
    )
    .option(...config)
    .action((options) => report(async () => (await import('../store.ts')).rotateSecrets(options)));
}
