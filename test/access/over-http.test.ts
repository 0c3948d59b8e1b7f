import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getIntrospectionQuery } from 'graphql';
import { pino } from 'pino';
import { type Started, start } from '../../src/main.ts';
import { Dice } from '../conformance/dice.ts';
import { roleMetadata, sessionOf, withPermissions } from '../support/cases/roles.ts';
import { casesIn, type TabledCase, topics } from '../support/cases/tabled.ts';
import { sharedDatabase, type TestDatabase } from '../support/databases.ts';
import { untilRead } from '../support/ready.ts';

const secret = 'a secret of sixteen or more';
const seed = Number(process.env.FOZ_SEED ?? Math.floor(Math.random() * 2 ** 31));

let server: Started;
let databases: TestDatabase[];
beforeAll(async () => {
  databases = [await sharedDatabase('sqlite', 'shop'), await sharedDatabase('sqlite', 'support')];
  const sources = databases.map(({ location, catalog }) => ({
    name: catalog,
    kind: 'sqlite' as const,
    path: location,
    readonly: true,
  }));
  server = await start(
    {
      state: mkdtempSync(join(tmpdir(), 'foz-access-')),
      server: { port: 0, graphiql: false },
      auth: { admin_secrets: [secret] },
      metadata: withPermissions(roleMetadata.tables, roleMetadata.inherited_roles),
      sources,
    },
    { logger: pino({ level: 'silent' }) },
  );
  await untilRead(server);
}, 60_000);
afterAll(async () => {
  await server?.close(100);
  for (const database of databases ?? []) await database.drop();
});

interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions: { readonly code: string; readonly path: string };
  }[];
}

/** Sends a request with the admin secret for the given role and session variables. */
async function ask(as: string, query: string, variables: unknown = {}): Promise<Answer> {
  const session = sessionOf(as);
  const own = [...session.variables].map(([name, value]) => [`x-foz-${name}`, value]);
  const response = await fetch(`${server.url}graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-foz-admin-secret': secret,
      'x-foz-role': session.role,
      ...(session.backend ? { 'x-foz-use-backend-only-permissions': 'true' } : {}),
      ...Object.fromEntries(own),
    },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as Answer;
}

const reads = ({ tables, except, operators }: TabledCase) =>
  tables === undefined && except?.sqlite === undefined && operators === undefined;
/** Whether the session fits into HTTP headers, which this test sends as ASCII. */
const plainly = ({ as }: TabledCase) => !/[^ -~]/.test(as);

test('what roles may read is the same over HTTP', async () => {
  const cases = topics('allowed').flatMap(casesIn).filter(reads).filter(plainly);
  for (const one of cases)
    expect([one.name, await ask(one.as, one.ask, one.variables)]).toEqual([one.name, one.answer]);
  expect(cases.length).toBeGreaterThan(150);
}, 60_000);

test('what they may not name is refused over HTTP with the same words, in the same place', async () => {
  const cases = topics('denied').flatMap(casesIn).filter(reads).filter(plainly);
  for (const one of cases.filter(({ name }) => name !== 'subscriptions too')) {
    const { errors } = await ask(one.as, one.ask, one.variables);
    // Over HTTP the reason why the graph has no such type follows.
    const words = (message: string) => message.replace(/^(This graph has no \w+ type)[.:].*$/s, '$1');
    const told = (all: Answer['errors']) =>
      all?.map(({ message, extensions }) => [words(message), extensions.path]);
    expect([one.name, told(errors)]).toEqual([one.name, told((one.answer as Answer).errors)]);
  }
  expect(cases.length).toBeGreaterThan(150);
}, 60_000);

/** The session, the request, and the rows that only this session may see. */
const customers = [1, 2, 3, 5, 6, 8, 10, 11, 13];
const documents = [
  '{ customers { id } orders(order_by: {id: asc}) { customer_id } }',
  '{ orders_aggregate { aggregate { count sum { total } } } }',
  '{ tickets(order_by: {id: asc}) { id customer { id } } }',
  'query Own { orders { id } }',
  '{ __type(name: "customers") { fields { name } } }',
];

test(`sessions that ask at the same time get what each gets alone (FOZ_SEED=${seed})`, async () => {
  const people = [
    ...customers.map((id) => `customer user-id=${id}`),
    ...[3, 4, 12].map((id) => `clerk employee-id=${id}`),
    'manager employee-id=1 trusted-ids=[1]',
    'manager employee-id=2 trusted-ids=[2]',
    'double user-id=5 employee-id=2 trusted-ids=[2]',
    'desk',
    'guest',
    'nobody',
  ];
  const requests = people.flatMap((as) => documents.map((query) => ({ as, query })));
  const alone: Answer[] = [];
  for (const { as, query } of requests) alone.push(await ask(as, query));
  expect(new Set(alone.map((answer) => JSON.stringify(answer))).size).toBeGreaterThan(40);
  const dice = new Dice(seed);
  const order = Array.from({ length: 400 }, () => dice.whole(requests.length));
  const lanes = Array.from({ length: 24 }, async () => {
    for (let at = order.pop(); at !== undefined; at = order.pop()) {
      const { as, query } = requests[at]!;
      expect([as, query, await ask(as, query)]).toEqual([as, query, alone[at]]);
    }
  });
  await Promise.all(lanes);
}, 60_000);

test('introspection of several roles at the same time returns each its own graph', async () => {
  const people = [
    'customer user-id=1',
    'clerk employee-id=3',
    'guest',
    'nobody',
    'till',
    'till backend',
    'intake',
  ];
  const query = getIntrospectionQuery();
  const texts = async () => Promise.all(people.map(async (as) => JSON.stringify(await ask(as, query))));
  const [first, second] = [await texts(), await texts()];
  expect(second).toEqual(first);
  expect(new Set(first).size).toBe(people.length);
  const names = (as: string) => first[people.indexOf(as)]!;
  expect(names('guest')).not.toContain('"salary"');
  expect(names('till')).not.toContain('insert_payments');
  expect(names('till backend')).toContain('insert_payments');
  expect(names('nobody')).not.toContain('customers');
}, 60_000);
