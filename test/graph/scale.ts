/**
 * Measures a graph of many tables: time and heap of building it, of validating one operation, and of introspecting
 * all of it.
 * Run: npx esbuild test/graph/scale.ts --bundle --platform=node --format=esm --packages=external --outfile=scale.mjs
 *      node --expose-gc --max-old-space-size=8192 scale.mjs 1000 [introspect]
 */
import {
  type ExecutionResult,
  execute,
  type GraphQLSchema,
  getIntrospectionQuery,
  parse,
  validate,
} from 'graphql';
import type { ColumnFacts, ForeignKeyFacts, Scalar, TableFacts } from '../../src/catalog/index.ts';
import { buildGraph, type LazySchema } from '../../src/graph/index.ts';
import { catalog, column, everything, reference, source, table } from './catalogs.ts';

const scalars: readonly Scalar[] = [
  'text',
  'int',
  'numeric',
  'timestamptz',
  'boolean',
  'uuid',
  'jsonb',
  'date',
];

/** Tables of 20 columns, with 1.5 foreign keys each to earlier tables. */
function manyTables(count: number): TableFacts[] {
  return Array.from({ length: count }, (_, index): TableFacts => {
    const targets =
      index === 0 ? [] : [Math.floor(index / 2), ...(index % 2 === 0 ? [Math.floor(index / 3)] : [])];
    const links = targets.map((target, link) => ({ name: `parent${link}_id`, target: `table_${target}` }));
    const columns: ColumnFacts[] = [
      column('id', 'int'),
      ...links.map(({ name }) => column(name, 'int', { nullable: true })),
    ];
    for (let at = columns.length; at < 20; at++)
      columns.push(column(`field_${at}`, scalars[at % scalars.length]!, { nullable: at % 3 === 0 }));
    const foreignKeys: ForeignKeyFacts[] = links.map(({ name, target }) => reference(name, target));
    return table(`table_${index}`, columns, { foreignKeys });
  });
}

function heap(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 1e6;
}

function measure<T>(what: string, run: () => T): T {
  const before = heap();
  const start = performance.now();
  const result = run();
  const time = performance.now() - start;
  console.log(
    `${what.padEnd(58)} ${time.toFixed(1).padStart(9)} ms ${(heap() - before).toFixed(1).padStart(9)} MB`,
  );
  return result;
}

const count = Number(process.argv[2] ?? 1000);
const resolved = measure(`catalog of ${count} tables`, () => catalog([source('shop', manyTables(count))]));
const build = (): GraphQLSchema => buildGraph(resolved, () => everything).schema;
const schema = measure('graph', build);
const last = count - 1;
const operation = parse(`query ($id: Int!, $where: table_${last}_bool_exp) {
  table_${last}(where: $where, order_by: { id: asc }, limit: 10) { id field_5 parent0 { id field_6 parent0 { id } } }
  table_${last >> 1}_by_pk(id: $id) { id table_${last} { id } }
}`);
const valid = (document: typeof operation) => validate(schema, document);
measure('first operation validated', () => valid(operation));
console.log(`  types made: ${(schema as LazySchema).madeTypes}, errors: ${valid(operation).length}`);
measure('the same 100 times', () => {
  for (let run = 0; run < 100; run++) valid(operation);
});
const typo = parse(`{ tabel_${last} { id } }`);
measure('an unknown root field, with suggestions', () => console.log(`  ${valid(typo)[0]?.message}`));
const unknown = parse(`query ($x: table_${last}_boolexp) { table_1(where: $x) { id } }`);
measure('an unknown type', () => console.log(`  ${valid(unknown)[0]?.message}`));
measure('a graph and one operation, again', () => validate(build(), operation));
measure('issues (names of all columns)', () =>
  console.log(`  ${buildGraph(resolved, () => everything).issues.length} issues`),
);
if (process.argv[3] === 'introspect') {
  measure('all types made', () => {
    for (const type of Object.values(schema.getTypeMap()))
      if ('getFields' in type) Object.values(type.getFields());
  });
  measure('introspection of them', () => {
    const { data } = execute({ schema, document: parse(getIntrospectionQuery()) }) as ExecutionResult;
    const { types } = data!.__schema as { types: unknown[] };
    let bytes = 0;
    for (const type of types) bytes += JSON.stringify(type).length;
    console.log(`  ${types.length} types, ${(bytes / 1e6).toFixed(0)} MB of JSON`);
  });
  measure('the operation 100 times, with all types made', () => {
    for (let run = 0; run < 100; run++) valid(operation);
  });
}
