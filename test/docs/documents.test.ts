import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '../../src/attach.ts';
import { operators } from '../../src/catalog/index.ts';
import { errorCodes } from '../../src/core/index.ts';
import type { Capabilities, Connector } from '../../src/plan/index.ts';
import { kindFacts } from '../../src/views/index.ts';
import { changesWays, liveWays } from '../cases/live/ways.ts';
import { type Engine, allEngines as engines } from '../support/engines.ts';
import { docs, upToDate } from './up-to-date.ts';

test('errors.md lists every code', () => {
  const rows = Object.entries(errorCodes).map(([code, sentence]) => `| \`${code}\` | ${sentence} |`);
  upToDate(
    'errors.md',
    `# Errors

Every error of an answer has \`extensions: { path, code }\`. The message of the database itself goes to the log, and to the client only with
\`show_database_errors\`. \`code\` is one of these:

| code | meaning |
|---|---|
${rows.join('\n')}

An error of the code \`limit-exceeded\` names the limit. Those of \`server.limits\` are listed, with their defaults, in
[operating](operating.md#limits).

Each error of the code \`unexpected\` is in the log, with the id of the request (\`x-request-id\` of the answer) and its stack, without the values
of variables; \`foz_unexpected_errors_total\` counts them.

At most 100 errors of a document and 100 of a variable are listed; one more error then says that there are others.

## Where an error is

\`path\` is the place in the operation. It has the names of fields, not their aliases.

| path | place |
|---|---|
| \`$.selectionSet.orders.selectionSet.total\` | a field |
| \`$.selectionSet.orders.args.where.total._gt\` | an argument, or a value in it |
| \`$.selectionSet.insert_orders.args.objects[1].total\` | a value of the second row of an insert |
| \`$.selectionSet.orders.directives.include.args.if\` | an argument of a directive |
| \`$.variableValues.where.total\` | a part of the value of a variable, where it does not fit the type of the variable |
| \`$.variableDefinitions.where\` | the definition of a variable |
| \`$.fragments.Parts.selectionSet.total\` | a field of a fragment that no operation uses |
| \`$\` | the request as a whole, or no place in particular |

- What a fragment selects is placed where the fragment is spread first.
- A value that fits the type of its variable, but not the place where the variable is used, is placed there.
- A broken constraint, permission or validation rule is placed at the rows of the insert (\`...args.objects\`, for nested rows
  \`...args.objects[0].items.data\`), at the \`args\` of an update, or at the field of a delete. For an insert or update that the
  database refuses, \`columns\` has the columns that the constraint is about, as the graph calls them, if the role may see all of them
  ([show an error at its field](clients.md#show-an-error-at-its-field)). SQLite does not tell which foreign key was broken: \`columns\` is
  there if it can only be one.
- A path of more than 1,000 characters is cut down to a place around it. Syntax errors have \`locations\` (line and column) instead.

## Status

An operation that is refused before it runs has no \`data\`; with \`application/graphql-response+json\` its status is 400. One that fails
while running has \`data: null\` and status 200.
`,
  );
});

/** A URL or path for an engine; no connection is made. */
const placeOf = (engine: Engine) =>
  kindFacts(engine).place === 'url' ? { url: kindFacts(engine).example } : { path: ':memory:' };

const yes = (value: boolean) => (value ? 'yes' : 'no');
const features: Readonly<Record<string, (capabilities: Capabilities) => string>> = {
  'rows nest inside one statement': (it) => (it.nesting === 'json' ? 'yes' : 'one statement per level'),
  'several root fields in one statement': (it) => yes(it.combinedRoots),
  'INSERT hands back rows': (it) => (it.returning.insert ? 'yes' : 'read back by key'),
  'UPDATE hands back rows': (it) => (it.returning.update ? 'yes' : 'read back by key'),
  'DELETE hands back rows': (it) => (it.returning.delete ? 'yes' : 'read before'),
  'upsert in one statement': (it) => (it.conflictTarget ? 'yes' : 'where the table has one key'),
  'upsert with a condition': (it) => yes(it.conflictWhere),
  'array columns': (it) => yes(it.arrays),
  'JSON `path`': (it) => yes(it.jsonPath),
  'JSON `_append`, `_delete_key`, ...': (it) => yes(it.jsonWrite),
  aggregates: (it) => `count and ${it.aggregates.size} more`,
};

/** What the test cases of an engine run on. */
const shownBy: Readonly<Record<Engine, string>> = {
  postgres: 'a real server',
  mysql: 'a real server',
  mariadb: 'a real server',
  kingbase: 'PostgreSQL with emulated modes; documents',
  mssql: 'Babelfish, a stand-in; recorded; documents',
  pglite: 'itself',
  sqlite: 'itself',
};

/** How an engine is followed where nothing was set up. */
const unprepared: Readonly<Record<Engine, string>> = {
  postgres: 'polled each second',
  mysql: 'the binlog',
  mariadb: 'the binlog',
  kingbase: 'polled each second',
  mssql: 'polled each second',
  pglite: 'own writes; polled each second',
  sqlite: 'the file, every 50 ms',
};

test('features.md tells what each engine can do', async () => {
  const connectors = new Map<Engine, Connector>();
  for (const engine of engines)
    connectors.set(engine, await connect({ name: engine, kind: engine, ...placeOf(engine) }));
  const of = (engine: Engine) => connectors.get(engine)!.capabilities;
  const head = `| | ${engines.join(' | ')} |\n|---|${engines.map(() => '---').join('|')}|`;
  const rows = Object.entries(features).map(
    ([name, show]) => `| ${name} | ${engines.map((engine) => show(of(engine))).join(' | ')} |`,
  );
  const lacking = Object.keys(operators).filter((operator) =>
    engines.some((engine) => !of(engine).operators.has(operator as keyof typeof operators)),
  );
  const operatorRows = lacking.map(
    (operator) =>
      `| \`${operator}\` | ${engines.map((engine) => yes(of(engine).operators.has(operator as keyof typeof operators))).join(' | ')} |`,
  );
  const liveRow = (name: string, show: (engine: Engine) => string) =>
    `| ${name} | ${engines.map(show).join(' | ')} |`;
  const has = (ways: readonly (readonly [engine: Engine, way: string])[], engine: Engine) => (way: string) =>
    ways.some(([one, its]) => one === engine && its === way);
  const liveRows = [
    liveRow('live queries and streams, without any preparation', (engine) => unprepared[engine]),
    liveRow('with a publication', (engine) => yes(has(liveWays, engine)('published'))),
    liveRow('with an outbox that triggers fill', (engine) => yes(has(liveWays, engine)('outbox'))),
    liveRow('`<table>_changes` from the log of the database', (engine) =>
      yes(has(changesWays, engine)('log')),
    ),
    liveRow('`<table>_changes` from an outbox', (engine) => yes(has(changesWays, engine)('outbox'))),
  ];
  upToDate(
    'features.md',
    `# Features by engine

This page is made from what the connectors say of themselves.

${head}
| shown by | ${engines.map((engine) => shownBy[engine]).join(' | ')} |
${rows.join('\n')}

## Operators that not every engine has

All other operators (${Object.keys(operators).length - lacking.length} of ${Object.keys(operators).length}) are everywhere. What an engine lacks is absent from the graph of its sources.

${head}
${operatorRows.join('\n')}

## Live queries, streams and changes

Each way is one that the live cases run on: a query field with its first answer, the writes of other clients, and the answers that must
come; no others may. [What is needed for each](live.md#how-foz-follows-changes)

${head}
${liveRows.join('\n')}

## Cases

Every folder of \`test/cases\` holds one operation and the one result that all engines must give. The folder's \`case.json\` says what a
case needs of an engine, if anything; where an engine has that and answers differently all the same, it stands under \`except\`, with the
reason.
`,
  );
  await Promise.all([...connectors.values()].map((connector) => connector.close()));
});

test('every link inside the documents leads somewhere', () => {
  const root = join(docs, '..');
  const files = [
    'README.md',
    ...readdirSync(docs)
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name}`),
  ];
  const broken = files.flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    return [...text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)]
      .map(([, to]) => join(root, file, '..', to!))
      .filter((target) => !exists(target));
  });
  expect(broken).toEqual([]);
});

function exists(path: string): boolean {
  try {
    readdirSync(path);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOTDIR';
  }
}
