import { type GraphQLSchema, isEnumType, isInputObjectType, isObjectType, parse, validate } from 'graphql';
import type { Session } from '../../src/access/index.ts';
import type { Catalog, Table } from '../../src/catalog/index.ts';
import { parseRoleName } from '../../src/core/index.ts';
import type { RoleEngine } from '../../src/execute/index.ts';
import {
  attachment,
  catalogOf,
  type Instance,
  naiveConnectors,
  openInstance,
} from '../support/cases/instance.ts';
import { metadata } from '../support/cases/metadata.ts';
import { Roles } from '../support/cases/roles.ts';
import { ask, askHot } from '../support/cases/run.ts';
import { describeEngines, engines } from '../support/engines.ts';
import { alike } from './alike.ts';
import { Dice } from './dice.ts';
import { type Operation, operation } from './operations.ts';
import {
  allTables,
  mergedTables,
  type RandomRole,
  randomRole,
  sessionTexts,
  visibleRowsOf,
} from './random-roles.ts';
import { answerOf } from './reference.ts';
import { under } from './visible-rows.ts';

const seed = Number(process.env.FOZ_SEED ?? 1);
const count = Number(process.env.FOZ_RANDOM_ROLES ?? 20);
const each = Number(process.env.FOZ_RANDOM_OPERATIONS ?? 3);

/**
 * Random operations of random roles: the answers equal those of a reference that filters, masks and limits the rows in
 * memory, and the graph names only what is granted. `FOZ_SEED=7 FOZ_RANDOM_ROLES=500` for other ones.
 */
describeEngines(engines, (engine) => {
  let instance: Instance;
  let catalog: Catalog;
  beforeAll(async () => {
    instance = await openInstance(engine, false);
    catalog = await catalogOf(instance.connectors, attachment({ metadata }));
  }, 120_000);
  afterAll(() => instance?.close());

  const seeds = Array.from({ length: count }, (_, index) => seed + index);
  test.each(seeds)(
    'random role %i',
    async (number) => {
      const role = randomRole(catalog, number);
      const given = { tables: mergedTables(role.tables), inherited_roles: role.inherited };
      const session = sessionOfRole(role);
      const asked = Roles.on(catalog, given, instance.connectors).engine(session);
      const connectors = naiveConnectors(instance.connectors, engine);
      const naive = connectors === null ? null : Roles.on(catalog, given, connectors).engine(session);
      // Printing whole graphs is slow, and all engines name the same things, so one engine is enough.
      if (engine === 'pglite') namesNothingElse(asked.options.schema, role, catalog);
      if (!canRead(asked)) return;
      const visible = visibleRowsOf(role, catalog);
      for (let at = 0; at < each; at++) {
        const one = operation(asked.options.schema, number * 100 + at);
        await compareWith(asked, naive, one, session, (values) =>
          under(visible, () => answerOf(asked.options.schema, parse(one.query), values)),
        );
      }
    },
    30_000,
  );

  test('roles that ask at the same time get what each gets alone', async () => {
    const roles = seeds.slice(0, 8).map((number) => randomRole(catalog, number));
    await race(catalog, instance, roles);
  }, 60_000);
});

function sessionOfRole(role: RandomRole): Session {
  return { role: parseRoleName(role.name)!, variables: sessionTexts(role) };
}

const readable = (schema: GraphQLSchema) =>
  Object.keys(schema.getQueryType()!.getFields()).some(
    (name) => !name.startsWith('_') && name !== 'no_permission',
  );

/** A role whose tables are all reached through relationships has no root fields. */
function canRead(engine: RoleEngine): boolean {
  return readable(engine.options.schema);
}

type Values = Readonly<Record<string, unknown>>;

/** Runs the full path, the hot lane with other values, and one statement per level. */
async function compareWith(
  asked: RoleEngine,
  naive: RoleEngine | null,
  { query, variables, others }: Operation,
  { variables: session }: Session,
  reference: (values: Values) => Promise<unknown>,
): Promise<void> {
  expect(validate(asked.options.schema, parse(query))).toEqual([]);
  const compare = async (lane: string, given: string, values: Values) => {
    const expected = JSON.parse(JSON.stringify(await reference(values))) as unknown;
    const difference = alike(JSON.parse(given), expected);
    // SQLite reports an integer overflow if the sum of some of the stored rows exceeds 64 bits.
    if (difference === null || given.startsWith('{"errors":[{"message":"A number went beyond 64 bits."'))
      return;
    const context = [
      query,
      JSON.stringify(values),
      `given: ${given}`,
      `expected: ${JSON.stringify(expected)}`,
    ];
    throw new Error(`${lane}: ${difference}\n${context.join('\n')}`);
  };
  await compare('full path', await ask(asked, { query, variables, session }), variables);
  const hot = await askHot(asked, { query, variables: others, session });
  await compare('hot lane', hot ?? (await ask(asked, { query, variables: others, session })), others);
  if (naive === null) return;
  await compare(
    'rows by statement instead of nested',
    await ask(naive, { query, variables, session }),
    variables,
  );
}

/** Checks every position in the types of a table that may name a column against the granted columns. */
function namesNothingElse(schema: GraphQLSchema, role: RandomRole, catalog: Catalog): void {
  const tables = allTables(catalog);
  const named = tables
    // These names of the table `group` are also names of the grammar.
    .filter(({ name }) => /^[a-z_]+$/.test(name) && name !== 'group')
    .sort((a, b) => b.name.length - a.name.length);
  for (const type of Object.values(schema.getTypeMap())) {
    const table = named.find(({ name }) => type.name === name || type.name.startsWith(`${name}_`));
    if (table === undefined || isEnumOfDatabase(type.name, table)) continue;
    const allowed = allowedIn(type.name.slice(table.name.length), role, table);
    const names =
      isObjectType(type) || isInputObjectType(type)
        ? Object.keys(type.getFields())
        : isEnumType(type)
          ? type.getValues().map(({ name }) => name)
          : [];
    const wrong = names.filter((name) => table.column.has(name) && !allowed.has(name));
    expect([type.name, wrong]).toEqual([type.name, []]);
  }
}

const isEnumOfDatabase = (name: string, table: Table) =>
  table.columns.some(
    (column) => name === `${table.name}_${column.name}` || name.startsWith(`${table.name}_${column.name}_`),
  );

/** The columns that a type of the table may name, by the ending of the type's name (`_insert_input`): those the role may write, or may read. */
function allowedIn(position: string, { grants }: RandomRole, table: Table): Set<string> {
  const own = grants.flatMap((list) => list.filter((grant) => grant.table.id === table.id));
  // An inherited role has a write permission if exactly one of its roles has it.
  const written = (kind: 'insert' | 'update') => {
    const lists = own.flatMap((grant) => grant[kind] ?? []);
    return new Set(lists);
  };
  if (position === '_insert_input') return written('insert');
  if (/^_(?:set|inc|mul|append|prepend|delete_\w+)_input$/.test(position)) return written('update');
  if (position === '_update_column') return written('update');
  // A constraint is named if its columns may be read or written; some engines name it by its column.
  if (position === '_constraint')
    return new Set([...own.flatMap(({ select }) => select.columns), ...written('insert')]);
  return new Set(own.flatMap(({ select }) => select.columns));
}

/** One operation by one session. */
interface Request {
  readonly session: Session;
  readonly query: string;
  readonly variables: Values;
}

/**
 * Every role sends the documents that its graph allows: first in sequence, then all at once on a process with empty caches.
 */
async function race(catalog: Catalog, { connectors }: Instance, roles: readonly RandomRole[]): Promise<void> {
  const given = {
    tables: mergedTables(roles.flatMap(({ tables }) => tables)),
    inherited_roles: roles.flatMap(({ inherited }) => inherited),
  };
  const alone = Roles.on(catalog, given, connectors);
  const together = Roles.on(catalog, given, connectors);
  const requests = requestsOf(alone, roles);
  const expected: string[] = [];
  for (const { session, ...asked } of requests)
    expected.push(await ask(alone.engine(session), { ...asked, session: session.variables }));
  const dice = new Dice(seed);
  const order = [...requests.keys(), ...requests.keys()].sort(() => dice.whole(3) - 1);
  const differing: string[] = [];
  const run = async (at: number) => {
    const { session, ...asked } = requests[at]!;
    const one = { ...asked, session: session.variables };
    const engine = together.engine(session);
    const answer = (await askHot(engine, one)) ?? (await ask(engine, one));
    if (answer !== expected[at])
      differing.push(`${session.role}: ${asked.query}\n${answer}\n${expected[at]}`);
  };
  const lanes = Array.from({ length: 16 }, async () => {
    for (let at = order.pop(); at !== undefined; at = order.pop()) await run(at);
  });
  await Promise.all(lanes);
  expect(differing).toEqual([]);
  expect(new Set(requests.map(({ query }) => query)).size).toBeLessThan(requests.length);
}

function requestsOf(all: Roles, roles: readonly RandomRole[]): Request[] {
  const sessions = roles.map(sessionOfRole).filter((session) => canRead(all.engine(session)));
  const operations = sessions.flatMap((session, at) =>
    [0, 1].map((nth) => operation(all.engine(session).options.schema, at * 10 + nth)),
  );
  const lists = ['orders', 'customers', 'tickets', 'products'].map((table) => ({
    query: `{ ${table}(order_by: {id: asc}) { id } }`,
    variables: {},
  }));
  return [...operations, ...lists].flatMap(({ query, variables }) =>
    sessions
      .filter((session) => validate(all.engine(session).options.schema, parse(query)).length === 0)
      .map((session) => ({ session, query, variables })),
  );
}
