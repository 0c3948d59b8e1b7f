import type { GraphQLEnumType, GraphQLInputObjectType, GraphQLSchema } from 'graphql';
import { parseRoleName } from '../../src/core/index.ts';
import type { RoleEngine } from '../../src/execute/index.ts';
import { Graphs } from '../../src/views/index.ts';
import { type Behind, behind, type Front, front } from '../faults/front.ts';
import { ask } from '../support/cases/run.ts';
import { describeEngines, engines } from '../support/engines.ts';
import { Dice } from './dice.ts';
import {
  inserted,
  metadataOf,
  type NestedInsert,
  type NestedRole,
  type NestedRow,
  randomNestedRole,
  type Stored,
  type TableName,
  tableNames,
  tables,
} from './random-nested.ts';
import { type Row, session, type Value } from './random-writes.ts';

const seed = Number(process.env.FOZ_SEED ?? 1);
const count = Number(process.env.FOZ_RANDOM_ROLES ?? 40);
const each = Number(process.env.FOZ_RANDOM_OPERATIONS ?? 5);

/**
 * Random roles insert random nested rows, along and against foreign keys, with and without on_conflict: stored rows, answers and
 * refusals equal those of a reference in memory. `FOZ_SEED=7 FOZ_RANDOM_ROLES=1000` for other ones.
 */
describeEngines(engines, (engine) => {
  let shop: Behind;
  let foz: Front;
  const tally = { deep: 0, refused: 0 };
  beforeAll(async () => {
    const own = 'owner integer, note varchar(10)';
    shop = await behind(engine, [
      `create table shelves (id integer primary key, ${own})`,
      `create table boxes (id integer primary key, shelf_id integer, ${own}, foreign key (shelf_id) references shelves (id))`,
      `create table things (id integer primary key, box_id integer, ${own}, foreign key (box_id) references boxes (id))`,
    ]);
    foz = await front([shop]);
  }, 60_000);
  afterAll(async () => {
    await foz?.close();
    await shop?.close();
  });

  const seeds = Array.from({ length: count }, (_, index) => seed + index);
  test.each(seeds)(
    'random nested rows %i',
    async (number) => {
      const dice = new Dice(number * 15_485_863 + 11);
      const role = randomNestedRole(dice);
      const metadata = { tables: metadataOf('writer', role) };
      const graphs = new Graphs({ metadata }, foz.server.attached.registry);
      expect(graphs.issues.filter(({ severity }) => severity === 'error')).toEqual([]);
      const own = graphs.engine({ role: parseRoleName('writer')!, variables: session });
      for (let at = 0; at < each; at++) {
        const before = randomTables(dice);
        await shop.run(...[...tableNames].reverse().map((table) => `delete from ${table}`));
        await shop.run(
          ...tableNames.map(
            (table) => `insert into ${table} values ${before[table].map(spelled).join(', ')}`,
          ),
        );
        const insert = new Rows(dice, own.options.schema).insert(dice.pick(tableNames), 1 + dice.whole(2), 2);
        const outcome = await compare(own, graphs.engine(), role, before, insert);
        if (outcome === 'refused') tally.refused++;
        else if (insert.rows.some(({ object, array }) => object !== null || array !== null)) tally.deep++;
      }
    },
    30_000,
  );

  test('what was tried was allowed and refused often enough to mean something', () => {
    expect(tally.deep).toBeGreaterThan((count * each) / 20);
    expect(tally.refused).toBeGreaterThan((count * each) / 20);
  });
});

const spelled = (row: Row) => `(${Object.values(row).map(sqlOf).join(', ')})`;
const sqlOf = (value: Value) => (typeof value === 'string' ? `'${value}'` : String(value));

function randomTables(dice: Dice): Stored {
  const rows = (table: TableName) =>
    Array.from({ length: 4 }, (_, at) =>
      Object.fromEntries(
        tables[table].columns.map((name) => [name, name === 'id' ? at + 1 : randomValue(dice, name)]),
      ),
    );
  return Object.fromEntries(tableNames.map((table) => [table, rows(table)])) as unknown as Stored;
}

/** A foreign key refers to an existing row. */
function randomValue(dice: Dice, name: string): Value {
  if (dice.chance(15)) return null;
  return name === 'note' ? 'abcd'[dice.whole(4)]! : 1 + dice.whole(4);
}

/** Random rows that the graph of a role allows, with distinct keys. */
class Rows {
  readonly #dice: Dice;
  readonly #schema: GraphQLSchema;
  readonly #keys: Record<TableName, number[]>;
  #next = 100;

  constructor(dice: Dice, schema: GraphQLSchema) {
    this.#dice = dice;
    this.#schema = schema;
    const keys = tableNames.map((table) => [table, dice.some([1, 2, 3, 4], 4, 4)]);
    this.#keys = Object.fromEntries(keys) as Record<TableName, number[]>;
  }

  insert(table: TableName, length: number, depth: number, decided?: string): NestedInsert {
    const update = this.#upsert(table);
    return {
      table,
      update,
      rows: Array.from({ length }, () => this.#row(table, depth, update !== null, decided)),
    };
  }

  /** Columns of on_conflict; `null`: the role may not use it, or the operation does without. */
  #upsert(table: TableName): readonly string[] | null {
    const columns = this.#schema.getType(`${table}_update_column`) as GraphQLEnumType | undefined;
    if (columns === undefined || !this.#dice.chance(60)) return null;
    return this.#dice.some(
      columns.getValues().flatMap(({ name }) => (name === '_PLACEHOLDER' ? [] : name)),
      0,
      3,
    );
  }

  /** `decided`: the column whose value comes from the parent row. */
  #row(table: TableName, depth: number, upserted: boolean, decided?: string): NestedRow {
    const dice = this.#dice;
    const { object, array } = tables[table];
    const type = this.#schema.getType(`${table}_insert_input`) as GraphQLInputObjectType;
    const fields = new Set(Object.keys(type.getFields()));
    const nests = (name: string | undefined) =>
      name !== undefined && depth > 0 && fields.has(name) && dice.chance(55);
    const above =
      object !== null && object.column !== decided && nests(object.name)
        ? this.insert(object.table, 1, depth - 1)
        : null;
    const below =
      array !== null && nests(array.name)
        ? this.insert(array.table, 1 + dice.whole(2), depth - 1, tables[array.table].object!.column)
        : null;
    const taken = above === null ? decided : object!.column;
    const given = tables[table].columns.filter(
      (name) => name !== 'id' && name !== taken && fields.has(name) && dice.chance(85),
    );
    const values = Object.fromEntries(given.map((name) => [name, randomValue(dice, name)]));
    return { values: { id: this.#key(table, upserted ? 50 : 6), ...values }, object: above, array: below };
  }

  #key(table: TableName, known: number): number {
    const id = this.#dice.chance(known) ? this.#keys[table].pop() : undefined;
    return id ?? this.#next++;
  }
}

function argumentsOf({ table, update }: NestedInsert): string {
  return update === null
    ? ''
    : `, on_conflict: {constraint: ${table}_pkey, update_columns: [${update.join(', ')}]}`;
}

/** As GraphQL spells it. */
function literal(table: TableName, { values, object, array }: NestedRow): string {
  const nested = (name: string, insert: NestedInsert, data: string) =>
    `${name}: {data: ${data}${argumentsOf(insert)}}`;
  return `{${[
    ...Object.entries(values).map(([name, value]) => `${name}: ${JSON.stringify(value)}`),
    ...(object === null
      ? []
      : [nested(tables[table].object!.name, object, literal(object.table, object.rows[0]!))]),
    ...(array === null ? [] : [nested(tables[table].array!.name, array, list(array))]),
  ].join(', ')}}`;
}

const list = ({ table, rows }: NestedInsert) => `[${rows.map((row) => literal(table, row)).join(', ')}]`;

async function compare(
  own: RoleEngine,
  all: RoleEngine,
  role: NestedRole,
  before: Stored,
  insert: NestedInsert,
): Promise<'refused' | 'written'> {
  const { table } = insert;
  const columns = role[table].select.columns.join(' ');
  const query = `mutation { it: insert_${table}(objects: ${list(insert)}${argumentsOf(insert)}) { affected_rows returning { ${columns} } } }`;
  const text = await ask(own, { query, variables: {}, session });
  const { data, errors } = JSON.parse(text) as {
    data?: { it: { affected_rows: number; returning: readonly Row[] } };
    errors?: { extensions: { code: string } }[];
  };
  const read = tableNames.map((name) => `${name}(order_by: {id: asc}) { ${tables[name].columns.join(' ')} }`);
  const { data: stored } = JSON.parse(await ask(all, { query: `{ ${read.join(' ')} }`, variables: {} })) as {
    data: Stored;
  };
  const context = `${query}\nrole: ${JSON.stringify(role)}\nbefore: ${JSON.stringify(before)}\nanswer: ${text}`;
  const same = (what: string, given: unknown, wanted: unknown) =>
    expect({ context, [what]: given }).toEqual({ context, [what]: wanted });
  const expected = inserted(role, before, insert);
  if ('code' in expected) {
    same('refused', errors?.[0]?.extensions.code, expected.code);
    same('stored', stored, before);
    return 'refused';
  }
  same('affected', data?.it?.affected_rows, expected.affected);
  same('returning', byId(data?.it?.returning ?? []), byId(expected.top));
  const sorted = tableNames.map((name) => [name, byId(expected.stored[name])]);
  same('stored', stored, Object.fromEntries(sorted));
  return 'written';
}

const byId = (rows: readonly Row[]) => [...rows].sort((a, b) => Number(a.id) - Number(b.id));
