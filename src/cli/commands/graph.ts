import type { Command } from 'commander';
import { report } from '../report.ts';
import { config, endpoint, secretFile } from './options.ts';

/** Commands about the GraphQL schema and the plans of operations. */
export function addGraphCommands(program: Command): void {
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
    .action((options) => report(async () => (await import('../schema.ts')).printGraph(options)));

  schema
    .command('scalars')
    .description('print the TypeScript type of each scalar, as code generators want it')
    .option(...config)
    .option(...endpoint)
    .option(...secretFile)
    .option('--for <tool>', 'text, codegen (GraphQL Code Generator), gql.tada or relay', 'text')
    .option('--role <name>', 'only what this role sees')
    .action((options) => report(async () => (await import('../scalars.ts')).printScalars(options)));

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
    .action((query, options) => report(async () => (await import('../explain.ts')).explain(query, options)));
}
