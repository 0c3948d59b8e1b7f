import type { GraphQLEnumType, GraphQLInputObjectType, GraphQLSchema } from 'graphql';
import { parseRoleName } from '../../src/core/index.ts';
import type { RoleEngine } from '../../src/execute/index.ts';
import { Graphs } from '../../src/views/index.ts';
import { type Behind, behind, type Front, front } from '../faults/front.ts';
import { ask } from '../support/cases/run.ts';
import { describeEngines, type Engine, engines } from '../support/engines.ts';
import { Dice } from './dice.ts';
import {
  inserted,
  metadataOf,
  names,
  type Outcome,
  type RandomWriter,
  type Row,
  randomRows,
  randomRule,
  randomValues,
  randomWriter,
  removed,
  seen,
  session,
  table,
  updated,
  upserted,
} from './random-writes.ts';

const seed = Number(process.env.FOZ_SEED ?? 1);
const count = Number(process.env.FOZ_RANDOM_ROLES ?? 40);
const each = Number(process.env.FOZ_RANDOM_OPERATIONS ?? 5);

/** A write and its expected outcome. */
interface Asked {
  readonly query: string;
  readonly expected: Outcome;
  /** One row, a list with its length, or the length alone. */
  readonly answer: 'row' | 'rows' | 'count';
}

/**
 * Random writes of random roles: stored rows, answers and refusals equal those of a reference in memory. `FOZ_SEED=7
 * FOZ_RANDOM_ROLES=1000` for other ones.
 */
describeEngines(engines, (engine) => {
  let shop: Behind;
  let foz: Front;
  beforeAll(async () => {
    const columns = 'id integer primary key, owner integer, amount integer, note varchar(10)';
    shop = await behind(engine, [`create table ${table} (${columns})`]);
    foz = await front([shop]);
  }, 60_000);
  afterAll(async () => {
    await foz?.close();
    await shop?.close();
  });

  const seeds = Array.from({ length: count }, (_, index) => seed + index);
  test.each(seeds)(
    'random writer %i',
    async (number) => {
      const dice = new Dice(number * 104_729 + 7);
      const writer = randomWriter(dice);
      const metadata = { tables: [metadataOf('writer', writer)] };
      const graphs = new Graphs({ metadata }, foz.server.attached.registry);
      expect(graphs.issues.filter(({ severity }) => severity === 'error')).toEqual([]);
      const own = graphs.engine({ role: parseRoleName('writer')!, variables: session });
      for (let at = 0; at < each; at++) {
        const before = randomRows(dice);
        await shop.run(
          `delete from ${table}`,
          `insert into ${table} values ${before.map(spelled).join(', ')}`,
        );
        const asked = randomWrite(dice, writer, before, own.options.schema);
        const counts = tally[engine];
        if ('codes' in asked.expected) counts.refused++;
        else if (asked.expected.affected > 0) counts.changing++;
        await compare(own, graphs.engine(), writer, before, asked);
      }
    },
    30_000,
  );

  test('what was tried was allowed and refused often enough to mean something', () => {
    const { changing, refused } = tally[engine];
    expect(changing).toBeGreaterThan((count * each) / 8);
    expect(refused).toBeGreaterThan((count * each) / 20);
  });
});

/** Numbers of writes that changed rows and of refused writes, by engine. */
const tally = Object.fromEntries(engines.map((engine) => [engine, { changing: 0, refused: 0 }])) as Record<
  Engine,
  { changing: number; refused: number }
>;

const spelled = (row: Row) => `(${names.map((name) => sqlOf(row[name]!)).join(', ')})`;
const sqlOf = (value: Row[string]) => (typeof value === 'string' ? `'${value}'` : String(value));

async function compare(
  own: RoleEngine,
  all: RoleEngine,
  writer: RandomWriter,
  before: readonly Row[],
  { query, expected, answer }: Asked,
): Promise<void> {
  const text = await ask(own, { query, variables: {}, session });
  const { data, errors } = JSON.parse(text) as {
    data?: { it: unknown };
    errors?: { extensions: { code: string } }[];
  };
  const { data: stored } = JSON.parse(
    await ask(all, {
      query: `{ rows: ${table}(order_by: {id: asc}) { ${names.join(' ')} } }`,
      variables: {},
    }),
  ) as { data: { rows: readonly Row[] } };
  const context = `${query}\nrole: ${JSON.stringify(writer)}\nbefore: ${JSON.stringify(before)}\nanswer: ${text}`;
  const same = (what: string, given: unknown, wanted: unknown) =>
    expect({ context, [what]: given }).toEqual({ context, [what]: wanted });
  if ('codes' in expected) {
    same('refused', expected.codes.includes(errors?.[0]?.extensions.code ?? ''), true);
    same('stored', stored.rows, before);
    return;
  }
  const visible = expected.touched.map((row) => seen(writer, row)).filter((row) => row !== null);
  same(
    'answer',
    sorted(data?.it),
    answer === 'row'
      ? (visible[0] ?? null)
      : { affected_rows: expected.affected, ...(answer === 'rows' ? { returning: byId(visible) } : {}) },
  );
  same('stored', stored.rows, byId(expected.rows));
}

const byId = (rows: readonly Row[]) => [...rows].sort((a, b) => Number(a.id) - Number(b.id));

/** Rows that are handed back, in the order of their keys. */
function sorted(answer: unknown): unknown {
  const { returning } = (answer ?? {}) as { readonly returning?: readonly Row[] };
  return returning === undefined ? answer : { ...(answer as object), returning: byId(returning) };
}

function randomWrite(dice: Dice, writer: RandomWriter, before: readonly Row[], schema: GraphQLSchema): Asked {
  const row = `{ ${writer.columns.join(' ')} }`;
  const form = dice.chance(75) ? 'rows' : 'count';
  const many = form === 'rows' ? `{ affected_rows returning ${row} }` : '{ affected_rows }';
  const where = dice.chance(20) ? {} : randomRule(dice, writer.columns);
  const id = 1 + dice.whole(8);
  const byKey = { id: { _eq: id } };
  const ask = (field: string, expected: Outcome, answer: Asked['answer'] = form): Asked => ({
    query: `mutation { it: ${field} }`,
    expected,
    answer,
  });
  const settable = writer.update.columns.filter((name) => !Object.hasOwn(writer.update.set, name));
  const kind = dice.whole(settable.length === 0 ? 4 : 9);
  const upsert = upsertOf(schema);
  if (kind === 0) {
    const objects = Array.from({ length: 1 + dice.whole(3) }, () => given(dice, writer));
    return ask(
      `insert_${table}(objects: [${objects.map(literal).join(', ')}]) ${many}`,
      inserted(writer, before, objects),
    );
  }
  if (kind === 1) {
    const object = given(dice, writer);
    return ask(
      `insert_${table}_one(object: ${literal(object)}) ${row}`,
      inserted(writer, before, [object]),
      'row',
    );
  }
  if (kind === 2)
    return ask(`delete_${table}(where: ${literal(where)}) ${many}`, removed(writer, before, where));
  if (kind === 3)
    return ask(`delete_${table}_by_pk(id: ${id}) ${row}`, removed(writer, before, byKey), 'row');
  if (kind > 5 && upsert !== null) {
    const objects = distinct(Array.from({ length: 1 + dice.whole(3) }, () => given(dice, writer, 60)));
    const conflict = {
      update: dice.some(upsert.columns, 0, 3),
      where: upsert.where && dice.chance(50) ? where : {},
    };
    const clause = `on_conflict: {constraint: ${table}_pkey, update_columns: [${conflict.update.join(', ')}]${
      Object.keys(conflict.where).length === 0 ? '' : `, where: ${literal(conflict.where)}`
    }}`;
    if (objects.length === 1)
      return ask(
        `insert_${table}_one(object: ${literal(objects[0])}, ${clause}) ${row}`,
        upserted(writer, before, objects, conflict),
        'row',
      );
    return ask(
      `insert_${table}(objects: [${objects.map(literal).join(', ')}], ${clause}) ${many}`,
      upserted(writer, before, objects, conflict),
    );
  }
  const values = randomValues(dice);
  const set = Object.fromEntries(settable.map((name) => [name, values[name]!]));
  if (kind === 4)
    return ask(
      `update_${table}(where: ${literal(where)}, _set: ${literal(set)}) ${many}`,
      updated(writer, before, where, set),
    );
  return ask(
    `update_${table}_by_pk(pk_columns: {id: ${id}}, _set: ${literal(set)}) ${row}`,
    updated(writer, before, byKey, set),
    'row',
  );
}

/** The upsert that the graph allows: columns to change, and whether it has a condition; `null`: none. */
function upsertOf(
  schema: GraphQLSchema,
): { readonly columns: readonly string[]; readonly where: boolean } | null {
  const clause = schema.getType(`${table}_on_conflict`) as GraphQLInputObjectType | undefined;
  const columns = schema.getType(`${table}_update_column`) as GraphQLEnumType | undefined;
  if (clause === undefined || columns === undefined) return null;
  return {
    columns: columns.getValues().flatMap(({ name }) => (name === '_PLACEHOLDER' ? [] : name)),
    where: 'where' in clause.getFields(),
  };
}

/** Rows with distinct keys, since one statement must not change a row twice. */
function distinct(rows: readonly Row[]): Row[] {
  return [...new Map(rows.map((row) => [row.id, row])).values()];
}

/** A new row of the columns that the role may insert, sometimes with an existing key. */
function given(dice: Dice, { insert }: RandomWriter, known = 15): Row {
  const values = randomValues(dice);
  const own = insert.columns.filter((name) => !Object.hasOwn(insert.set, name) && name !== 'id');
  const id = dice.chance(known) ? 1 + dice.whole(6) : 100 + dice.whole(1_000);
  return { id, ...Object.fromEntries(own.map((name) => [name, values[name]!])) };
}

/** As GraphQL spells it. */
function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([name, part]) => `${name}: ${literal(part)}`)
    .join(', ')}}`;
}
