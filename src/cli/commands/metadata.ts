import type { Command } from 'commander';
import { report } from '../report.ts';
import { config, endpoint, secretFile } from './options.ts';

/** Commands that read and write metadata as files. */
export function addMetadataCommands(program: Command): void {
  program
    .command('import')
    .description('import the metadata of another server')
    .command('hasura')
    .description(
      'make a configuration and metadata from a folder of Hasura 2; what has no counterpart is listed',
    )
    .argument('<folder>', 'metadata/ of a Hasura project, or metadata as its API exports it')
    .option('-o, --out <file>', 'the configuration to write', 'foz.yaml')
    .option('--force', 'replace existing files')
    .option('--json', 'for machines')
    .action((folder, options) =>
      report(async () => (await import('../import.ts')).importFromHasura(folder, options)),
    );

  const metadata = program.command('metadata').description('metadata as a folder of files, for Git');

  metadata
    .command('export')
    .description('write the metadata into a folder; comments in files that are there are kept')
    .argument('<folder>')
    .option(...config)
    .option(...endpoint)
    .option(...secretFile)
    .option('--json', 'for machines')
    .action((folder, options) =>
      report(async () => (await import('../metadata.ts')).exportMetadata(folder, options)),
    );

  metadata
    .command('diff')
    .description('show what applying a folder would change; code 1 when that is anything')
    .argument('<folder>')
    .option(...config)
    .option(...endpoint)
    .option(...secretFile)
    .option('--json', 'for machines')
    .action((folder, options) =>
      report(async () => (await import('../metadata.ts')).diffMetadataFolder(folder, options)),
    );

  metadata
    .command('apply')
    .description('apply a folder, all or nothing; reports all problems at once')
    .argument('<folder>')
    .option(...config)
    .option(...endpoint)
    .option(...secretFile)
    .option('--dry-run', 'check and show, change nothing')
    .option('--expect <version>', 'refuse unless this is the newest version')
    .option('--json', 'for machines')
    .action((folder, options) =>
      report(async () => (await import('../metadata.ts')).applyMetadataFolder(folder, options)),
    );
}
