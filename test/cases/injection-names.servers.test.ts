import {
  type GraphQLEnumType,
  type GraphQLInputObjectType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
} from 'graphql';
import type { Metadata } from '../../src/catalog/index.ts';
import type { SourceName } from '../../src/core/index.ts';
import type { RoleEngine } from '../../src/execute/index.ts';
import { fieldMeaning } from '../../src/graph/index.ts';
import type { Connector } from '../../src/plan/index.ts';
import { hostile, hostileNames } from '../support/cases/hostile.ts';
import { attachment, connectTo, roleEngine, sourceName } from '../support/cases/instance.ts';
import { ask } from '../support/cases/run.ts';
import { freshDatabase, type TestDatabase } from '../support/databases.ts';
import { testEngines } from '../support/engine/index.ts';
import { describeEngines, type Engine, engines } from '../support/engines.ts';

/** Hostile texts that every engine accepts as an enum label and stores unchanged. */
const labels = hostile.filter((text) => /^[!-~](?:[ -~]{0,38}[!-~])?$/.test(text));

/** Two tables with hostile names of tables, columns, constraints and labels. The second one refers to the first. */
function script(engine: Engine): string {
  const { name, literal, enumOf } = testEngines[engine].spelling;
  const text = (value: string) => literal(value, 'text');
  const columns = hostileNames.map((column) => `${name(column)} varchar(60)`).join(', ');
  const { before, type } = enumOf({
    type: name("e'num"),
    column: name("l'abel"),
    labels: labels.map(text),
  });
  const [first, second] = tables.map(name) as [string, string];
  const values = hostileNames.map(text).join(', ');
  return `${before}
    create table ${first} (id integer primary key, ${columns}, ${name("l'abel")} ${type},
      constraint ${name("u'; drop table texts; --")} unique (${name(hostileNames[0]!)}));
    create table ${second} (id integer primary key, ${name('ref"; --')} integer, ${columns},
      constraint ${name('f"; drop table texts; --')} foreign key (${name('ref"; --')}) references ${first} (id));
    insert into ${first} values (1, ${values}, ${text(labels[0]!)});
    insert into ${second} values (1, 1, ${values}), (2, null, ${hostileNames.map(() => 'null').join(', ')});`;
}

const tables = ["t'; drop table texts; --", 'other"`]\\; drop table texts; #'];

type Answer = { readonly data?: Record<string, unknown>; readonly errors?: unknown };

/** Hostile names in a database or in metadata must be treated as names, never as SQL or GraphQL. */
describeEngines(engines, (engine) => {
  let database: TestDatabase;
  let connectors: Map<SourceName, Connector>;
  let asked: RoleEngine;
  beforeAll(async () => {
    database = await freshDatabase(engine, 'shop', 'shop_names');
    await database.use((connection) => connection.execute(script(engine)));
    connectors = new Map([[sourceName('shop'), await connectTo(database)]]);
    asked = await roleEngine(connectors, attachment({ metadata: { tables: [] } }));
  }, 120_000);
  afterAll(async () => {
    for (const connector of connectors?.values() ?? []) await connector.close();
    await database?.drop();
  });

  const run = async (query: string, variables: Record<string, unknown> = {}, target = asked) =>
    JSON.parse(await ask(target, { query, variables })) as Answer;
  const data = async (query: string, variables: Record<string, unknown> = {}, target = asked) => {
    const answer = await run(query, variables, target);
    expect([query, answer.errors]).toEqual([query, undefined]);
    return answer.data!;
  };
  afterEach(async () => {
    expect(await data('{ texts_aggregate { aggregate { count } } }')).toEqual({
      texts_aggregate: { aggregate: { count: 24 } },
    });
  });

  test('every name can be selected', async () => {
    for (const table of tables) {
      const { list, columns } = namesOf(asked.options.schema, table);
      const rows = (
        await data(
          `{ rows: ${list}(where: {id: {_eq: 1}}) { ${columns.map(({ field }) => field).join(' ')} } }`,
        )
      ).rows as Record<string, unknown>[];
      for (const { field, column } of columns.filter(({ column }) => hostileNames.includes(column)))
        expect([table, column, rows[0]![field]]).toEqual([table, column, column]);
      expect(columns).toHaveLength(hostileNames.length + 2);
    }
  });

  test('every name can be filtered, ordered, grouped and aggregated by', async () => {
    for (const table of tables) {
      const { list, aggregate, columns } = namesOf(asked.options.schema, table);
      for (const { field, column } of columns.filter(({ column }) => hostileNames.includes(column))) {
        const answer = await data(
          `query ($v: String!) {
            rows: ${list}(where: {${field}: {_eq: $v}}, order_by: [{${field}: desc}], distinct_on: [${field}], limit: 3) { ${field} }
            all: ${aggregate}(where: {id: {_eq: 1}}) {
              aggregate { count(columns: [${field}], distinct: true) max { ${field} } }
              group_by(keys: [{column: ${field}}], order_by: [{group_key: {${field}: asc}}]) { group_key { ${field} } }
            }
          }`,
          { v: column },
        );
        expect(answer).toEqual({
          rows: [{ [field]: column }],
          all: {
            aggregate: { count: 1, max: { [field]: column } },
            group_by: [{ group_key: { [field]: column } }],
          },
        });
      }
    }
  }, 60_000);

  test('relationships between such tables', async () => {
    const { schema } = asked.options;
    const [first, second] = tables.map((table) => namesOf(schema, table)) as [Names, Names];
    const object = relationshipOf(schema, second);
    const array = relationshipOf(schema, first);
    const column = first.columns.find((entry) => entry.column === hostileNames[0])!.field;
    const answer = await data(
      `{ a: ${second.list}(where: {${object}: {${column}: {_is_null: false}}}, order_by: [{${object}: {${column}: asc}}]) { id ${object} { ${column} } }
         b: ${first.list} { ${array}(order_by: {id: asc}, limit: 1) { id ${column} } ${array}_aggregate { aggregate { count } nodes { id } } } }`,
    );
    expect(answer).toEqual({
      a: [{ id: 1, [object]: { [column]: hostileNames[0] } }],
      b: [
        {
          [array]: [{ id: 1, [column]: hostileNames[0] }],
          [`${array}_aggregate`]: { aggregate: { count: 1 }, nodes: [{ id: 1 }] },
        },
      ],
    });
  });

  test('every name can be written', async () => {
    const { schema } = asked.options;
    const { list, columns } = namesOf(schema, tables[0]!);
    const texts = columns.filter(({ column }) => hostileNames.includes(column));
    const object = { id: 9, ...Object.fromEntries(texts.map(({ field, column }) => [field, `${column}9`])) };
    const fields = texts.map(({ field }) => field).join(' ');
    const type = (
      getNamedType(
        schema.getMutationType()!.getFields()[`insert_${list}_one`]!.args[0]!.type,
      ) as GraphQLInputObjectType
    ).name;
    const key = (schema.getType(`${list}_constraint`) as GraphQLEnumType).getValues();
    const changed = Object.fromEntries(texts.map(({ field, column }) => [field, `${column}8`]));
    try {
      const inserted = await data(
        `mutation ($o: ${type}!) { row: insert_${list}_one(object: $o) { id ${fields} } }`,
        { o: object },
      );
      expect(inserted.row).toEqual(object);
      const updated = await data(
        `mutation ($s: ${list}_set_input!) { row: update_${list}_by_pk(pk_columns: {id: 9}, _set: $s) { ${fields} } }`,
        { s: changed },
      );
      expect(updated.row).toEqual(changed);
      for (const { name } of key) {
        const upsert = `mutation ($o: ${type}!) { row: insert_${list}_one(object: $o, on_conflict: {constraint: ${name}, update_columns: [${texts.map(({ field }) => field).join(', ')}]}) { ${fields} } }`;
        expect((await data(upsert, { o: { id: 9, ...changed } })).row).toEqual(changed);
      }
    } finally {
      expect(await data(`mutation { gone: delete_${list}_by_pk(id: 9) { id } }`)).toEqual({
        gone: { id: 9 },
      });
    }
  });

  test('every label of an enum can be written, read and looked for', async () => {
    const { schema } = asked.options;
    const { list, columns } = namesOf(schema, tables[0]!);
    const { field } = columns.find(({ column }) => column === "l'abel")!;
    const type = getNamedType(
      (schema.getType(list) as GraphQLObjectType).getFields()[field]!.type,
    ) as GraphQLEnumType;
    expect(new Set(type.getValues().map(({ value }) => value))).toEqual(new Set(labels));
    for (const { name, value } of type.getValues()) {
      const answer = await data(
        `mutation ($v: ${type.name}!) { a: update_${list}_by_pk(pk_columns: {id: 1}, _set: {${field}: $v}) { ${field} } b: update_${list}(where: {${field}: {_in: [$v]}}, _set: {${field}: $v}) { returning { ${field} } } }`,
        { v: name },
      );
      expect([value, answer]).toEqual([
        value,
        { a: { [field]: name }, b: { returning: [{ [field]: name }] } },
      ]);
      const nested = await data(
        `{ a: ${list}_aggregate(where: {${field}: {_eq: ${name}}}) { nodes { ${field} } group_by(keys: [{column: ${field}}]) { group_key { ${field} } } } }`,
      );
      expect([value, nested]).toEqual([
        value,
        { a: { nodes: [{ [field]: name }], group_by: [{ group_key: { [field]: name } }] } },
      ]);
    }
  }, 60_000);

  test('names in the metadata', async () => {
    const metadata: Metadata = {
      tables: hostileNames.slice(0, 14).map((custom, index) => ({
        source: 'shop',
        table: [
          'tags',
          'texts',
          'warehouses',
          'orders',
          'order_items',
          'customers',
          'addresses',
          'categories',
          'products',
          'stock',
          'employees',
          'departments',
          'payments',
          'reviews',
        ][index]!,
        configuration: { custom_name: `${custom}_${index}`, comment: custom },
      })),
    };
    const target = await roleEngine(
      connectors,
      attachment({
        metadata,
        customization: {
          shop: {
            rootFields: { namespace: hostileNames[0]!, prefix: hostileNames[1]!, suffix: hostileNames[2]! },
            typeNames: { prefix: hostileNames[3]!, suffix: hostileNames[4]! },
          },
        },
      }),
    );
    // Characters that GraphQL names cannot have are dropped from root fields and types, and replaced in table names.
    const fields = Object.values(target.options.schema.getQueryType()!.getFields());
    expect(fields.filter(({ name }) => !/^[_A-Za-z]\w*$/.test(name))).toEqual([]);
    const lists = fields.filter((field) => {
      const meaning = fieldMeaning(field);
      return meaning?.kind === 'root' && meaning.root === 'select';
    });
    expect(lists.length).toBeGreaterThan(20);
    for (const list of lists) {
      const answer = await data(`{ b: ${list.name}(limit: 1) { __typename } }`, {}, target);
      expect(answer).toHaveProperty('b');
    }
  }, 60_000);
});

interface Names {
  readonly list: string;
  readonly aggregate: string;
  readonly columns: readonly { readonly field: string; readonly column: string }[];
}

/** The names of a table's root fields and columns in the graph. */
function namesOf(schema: GraphQLSchema, table: string): Names {
  const roots = Object.values(schema.getQueryType()!.getFields());
  const root = (kind: string) =>
    roots.find((field) => {
      const meaning = fieldMeaning(field);
      return meaning?.kind === 'root' && meaning.root === kind && meaning.table.name === table;
    })!;
  const list = root('select');
  const fields = Object.values((getNamedType(list.type) as GraphQLObjectType).getFields());
  const columns = fields.flatMap((field) => {
    const meaning = fieldMeaning(field);
    return meaning?.kind === 'column' ? [{ field: field.name, column: meaning.column.name }] : [];
  });
  return { list: list.name, aggregate: root('select_aggregate').name, columns };
}

function relationshipOf(schema: GraphQLSchema, { list }: Names): string {
  const fields = Object.values((schema.getType(list) as GraphQLObjectType).getFields());
  return fields.find((field) => fieldMeaning(field)?.kind === 'relationship')!.name;
}
