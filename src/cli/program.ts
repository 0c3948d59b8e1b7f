import { Command } from 'commander';
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
const config = ['-c, --config <file>', 'configuration file', 'foz.yaml'] as const;
const endpoint = [
  '--endpoint <url>',
  'ask the Foz that runs there, instead of opening databases and store',
] as const;
const secretFile = [
  '--secret-file <file>',
  'with --endpoint: holds its admin secret (else FOZ_ADMIN_SECRET does)',
] as const;

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
    report(async () => (await import('./introspect.ts')).introspect(source, options)),
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
  .action((options) => report(async () => (await import('./check.ts')).check(options)));

const names = program.command('names').description('the names that tables and relationships keep');

names
  .command('list')
  .description('what tables and relationships are called since they were named first')
  .argument('[source]', 'only this one')
  .option(...config)
  .option(...endpoint)
  .option(...secretFile)
  .option('--json', 'for machines')
  .action((source, options) => report(async () => (await import('./names.ts')).listNames(source, options)));

names
  .command('reset')
  .description('have names made anew, as if the source or the table had just come')
  .argument('<source>')
  .argument('[table]', 'only this one: orders, or sales.orders outside of the default namespace')
  .option(...config)
  .option(...endpoint)
  .option(...secretFile)
  .action((source, table, options) =>
    report(async () => (await import('./names.ts')).resetKeptNames(source, table, options)),
  );

const changes = program.command('changes').description('how changes of the data are seen');

changes
  .command('status')
  .description('how each source is followed for live queries, and why not by a better method')
  .argument('[source]', 'only this one')
  .option(...config)
  .option('--json', 'for machines')
  .action((source, options) =>
    report(async () => (await import('./changes.ts')).showChanges(source, options)),
  );

changes
  .command('setup')
  .description('show the statements that let a source be followed better')
  .argument('<source>')
  .option(...config)
  .option('--method <method>', 'replication or triggers; triggers create an outbox in the database')
  .option('--write', 'run them')
  .action((source, options) =>
    report(async () => (await import('./changes.ts')).setUpChanges(source, options)),
  );

changes
  .command('clean')
  .description('show what following has left in a database, and the statements that remove it')
  .argument('<source>')
  .option(...config)
  .option('--write', 'run them')
  .action((source, options) =>
    report(async () => (await import('./changes.ts')).cleanChanges(source, options)),
  );

const schema = program.command('schema').description('the GraphQL schema');

schema
  .command('print')
  .description('print the schema in SDL')
  .option(...config)
  .option(...endpoint)
  .option(...secretFile)
  .option('--naming <convention>', 'hasura-default or graphql-default')
  .option('--role <name>', 'only what this role sees')
  .option('--key <key>', 'only what this API key sees, by its name, id or prefix')
  .action((options) => report(async () => (await import('./schema.ts')).printGraph(options)));

schema
  .command('scalars')
  .description('print the TypeScript type of each scalar, as code generators want it')
  .option(...config)
  .option(...endpoint)
  .option(...secretFile)
  .option('--for <tool>', 'text, codegen (GraphQL Code Generator), gql.tada or relay', 'text')
  .option('--role <name>', 'only what this role sees')
  .action((options) => report(async () => (await import('./scalars.ts')).printScalars(options)));

program
  .command('explain')
  .description('show the plan of an operation and the SQL of each statement')
  .argument('<query>', 'a GraphQL document, or @file')
  .option(...config)
  .option(...endpoint)
  .option(...secretFile)
  .option('--variables <json>', 'variables of the operation', '{}')
  .option('--operation <name>', 'which operation of the document')
  .option('--role <name>', 'as which role, with its rules in the statements')
  .action((query, options) => report(async () => (await import('./explain.ts')).explain(query, options)));

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
    report(async () => (await import('./import.ts')).importFromHasura(folder, options)),
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
    report(async () => (await import('./metadata.ts')).exportMetadata(folder, options)),
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
    report(async () => (await import('./metadata.ts')).diffMetadataFolder(folder, options)),
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
    report(async () => (await import('./metadata.ts')).applyMetadataFolder(folder, options)),
  );

const store = program.command('store').description("Foz's own store: keys, audit, metadata");

store
  .command('status')
  .description('which store it is, and whether its structure is up to date; code 1 when it is not')
  .option(...config)
  .option(...endpoint)
  .option(...secretFile)
  .option('--json', 'for machines')
  .action((options) => report(async () => (await import('./store.ts')).showStore(options)));

store
  .command('migrate')
  .description('bring its structure up to date, as starting the server does')
  .option(...config)
  .action((options) => report(async () => (await import('./store.ts')).migrate(options)));

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
    report(async () => (await import('./permissions.ts')).showPermissions(role, options)),
  );

const key = program.command('key').description('API keys');

key
  .command('new')
  .description('make a key: its text is shown this once, with the lines for foz.yaml')
  .requiredOption('--name <name>', 'what it is for')
  .requiredOption('--role <role...>', 'roles that it may take; the first one unless a request chooses')
  .option('--table <pattern...>', 'only these tables: source.table or source.namespace.table, * for any part')
  .option('--operation <kind...>', 'only these: read, write, subscribe')
  .option('--variable <name=value...>', 'session variables that it sets, as user-id=7')
  .option('--network <network...>', 'only from these addresses, as 10.0.0.0/8')
  .option('--expires <date>', 'ISO 8601, as 2030-01-31')
  .option('--write', 'add those lines to the configuration file')
  .option('--replace', 'with --write: put it in the place of the key of that name, which is then refused')
  .option(...config)
  .action((options) => report(async () => (await import('./key.ts')).newKey(options)));

key
  .command('list')
  .description('the keys of the configuration file and of the store, and when they were used last')
  .option(...config)
  .option(...endpoint)
  .option(...secretFile)
  .option('--revoked', 'those that have ended, too')
  .option('--json', 'for machines')
  .action((options) => report(async () => (await import('./key-list.ts')).listKeys(options)));

key
  .command('hash')
  .description('read a key from standard input and print the lines for foz.yaml that let it in')
  .action(() => report(async () => (await import('./key.ts')).hashGivenKey()));

program
  .command('admin-secret')
  .description('secrets that open everything')
  .command('new')
  .description('make one: it is shown this once')
  .action(() => report(async () => (await import('./key.ts')).newAdminSecret()));

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
  .action((options) => report(async () => (await import('./audit.ts')).exportAuditLog(options)));

audit
  .command('prune')
  .description('remove old records; the rest can still be verified, and the removal is a record itself')
  .requiredOption('--days <number>', 'keep this many days')
  .option(...config)
  .option(...endpoint)
  .option(...secretFile)
  .action((options) => report(async () => (await import('./audit.ts')).pruneAuditLog(options)));

audit
  .command('verify')
  .description('look whether the audit log is what was written; code 1 when it is not')
  .option(...config)
  .option(...endpoint)
  .option(...secretFile)
  .option('--checkpoint <file>', 'compare with this checkpoint instead of the one in the state folder')
  .option('--json', 'for machines')
  .action((options) => report(async () => (await import('./audit.ts')).verifyAuditLog(options)));

program
  .command('secrets')
  .description('passwords and keys in the store')
  .command('rotate')
  .description(
    'bring all secrets under FOZ_MASTER_KEY (the key before: FOZ_MASTER_KEY_OLD), or under a new key in the state folder',
  )
  .option(...config)
  .action((options) => report(async () => (await import('./store.ts')).rotateSecrets(options)));
