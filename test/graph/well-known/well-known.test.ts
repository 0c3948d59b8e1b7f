import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type GraphQLField, getNamedType, isObjectType } from 'graphql';
import type { Naming } from '../../../src/catalog/index.ts';
import { versionOf } from '../../../src/views/index.ts';
import { graphOf } from '../../../src/views/served-graph.ts';
import { everything } from '../catalogs.ts';
import { schemas } from './schemas.ts';

/** Root fields, types and relationships of a graph, one per line. */
function namesOf(name: string, naming: Naming): string {
  const { sources, metadata = { tables: [] } } = schemas[name]!;
  const parts = {
    sources: sources.map((source) => ({ ...source, naming })),
    metadata,
    names: {},
    capabilitiesOf: () => everything,
  };
  const { catalog } = versionOf(parts);
  const graph = graphOf(parts, catalog);
  const { schema } = graph;
  const roots = [schema.getQueryType()!, schema.getMutationType()!].flatMap((root) => [
    `${root.name}:`,
    ...Object.values(root.getFields()).map((field) => `  ${field.name}: ${String(field.type)}`),
  ]);
  const rows = [...catalog.sources.values()].flatMap(({ tables }) =>
    tables.flatMap((table) => [
      `${table.id} is ${graph.tableName(table)}:`,
      ...Object.values(fieldsOf(schema.getType(rowType(schema, graph.tableName(table), naming)))).map(
        (field) => `  ${field.name}: ${String(field.type)}`,
      ),
    ]),
  );
  const issues = graph.issues.map(({ severity, where, reason }) => `${severity} ${where}: ${reason}`);
  return `${[...roots, '', ...rows, '', 'issues:', ...issues.map((line) => `  ${line}`)].join('\n')}\n`;
}

type Fields = Readonly<Record<string, GraphQLField<unknown, unknown>>>;

function fieldsOf(type: unknown): Fields {
  return isObjectType(type) ? type.getFields() : {};
}

/** The type of a table's rows, found by its list at the root. */
function rowType(schema: ReturnType<typeof graphOf>['schema'], table: string, naming: Naming): string {
  const plain = (text: string) => text.toLowerCase().replaceAll('_', '');
  const fields = Object.values(schema.getQueryType()!.getFields());
  const list = fields.find(
    ({ name, type }) =>
      (naming === 'hasura-default' ? name === table : plain(name) === plain(table)) &&
      String(type).startsWith('['),
  );
  return list === undefined ? table : getNamedType(list.type).name;
}

const cases = Object.keys(schemas).flatMap((name) =>
  (['hasura-default', 'graphql-default'] as const).map((naming) => [name, naming] as const),
);

test.each(cases)('names of %s, %s', (name, naming) => {
  const file = join(import.meta.dirname, `../golden/well-known/${name}.${naming}.txt`);
  const names = namesOf(name, naming);
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, names);
  expect(readFileSync(file, 'utf8')).toBe(names);
});
