import type { Command } from 'commander';
import { report } from '../report.ts';
import { config, endpoint, secretFile } from './options.ts';

/** Commands about the audit log. */
export function addAuditCommands(program: Command): void {
  const audit = program.command('audit').description('what was done, and by whom');

  audit
    .command('export')
    .description('write the audit log as JSON Lines to standard output, oldest first')
    .option(...config)
    .option(...endpoint)
    .option(...secretFile)
    .option('--since <date>', 'from this moment on, ISO 8601')
    .option('--until <date>', 'before this moment, ISO 8601')
    .option('--kind <kind...>', 'control, sign-in, refusal, mutation, read')
    .option('--outcome <outcome>', 'success, failure, refused, unknown')
    .option('--actor <id>', 'of this actor')
    .option('--role <name>', 'in this role')
    .option('--key <id>', 'with this API key')
    .option('--address <address>', 'from this address')
    .option('--request <id>', 'of this request')
    .option('--operation <name>', 'of an operation of this name')
    .option('--source <name>', 'about this source')
    .option('--table <name>', 'about this table')
    .action((options) => report(async () => (await import('../audit.ts')).exportAuditLog(options)));

  audit
    .command('prune')
    .description('remove old records; the rest can still be verified, and the removal is a record itself')
    .requiredOption('--days <number>', 'keep this many days')
    .option(...config)
    .option(...endpoint)
    .option(...secretFile)
    .action((options) => report(async () => (await import('../audit.ts')).pruneAuditLog(options)));

  audit
    .command('verify')
    .description('look whether the audit log is what was written; code 1 when it is not')
    .option(...config)
    .option(...endpoint)
    .option(...secretFile)
    .option('--checkpoint <file>', 'compare with this checkpoint instead of the one in the state folder')
    .option('--json', 'for machines')
    .action((options) => report(async () => (await import('../audit.ts')).verifyAuditLog(options)));
}
