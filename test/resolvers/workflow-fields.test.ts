import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../src/attach.ts';
import { roleSdl } from '../../src/control/index.ts';
import { type Reply, type Running, running, secret } from '../control/sources/runtime.ts';
import { until } from '../store/place.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-workflow-fields-'));
const shop = { name: 'shop', kind: 'sqlite', path: join(folder, 'shop.db') } as const;

const placed = `
  type Mutation {
    "Places an order."
    place_order(product: String!, count: bigint = 1, notes: [NoteInput!], paid: Paid, more: jsonb): PlacedOrder!
  }
  input NoteInput { text: String!, weight: numeric = "1.50" }
  enum Paid { card cash }
  type PlacedOrder { product: String!, count: bigint!, notes: [Note!]!, paid: Paid, more: jsonb, seen: [Int!]!, by: String }
  type Note { text: String!, weight: numeric! }`;

const placeOrder = {
  name: 'place_order',
  role: 'admin',
  mutation: {
    definition: placed,
    input: {
      asked: '{% arguments %}',
      by: '{% session.role & " " & session.variables.`x-foz-user-id` %}',
    },
  },
  permissions: [{ role: 'customer' }],
  steps: [
    { id: 'read', kind: 'graphql', document: '{ orders(order_by: {id: asc}) { id } }' },
    { id: 'answer', kind: 'transform', value: 'x' },
  ],
  output: {
    product: '{% input.asked.product %}',
    count: '{% input.asked.count %}',
    notes: '{% input.asked.notes ? input.asked.notes : [] %}',
    paid: '{% input.asked.paid %}',
    more: '{% input.asked.more %}',
    seen: '{% steps.read.orders.id[] %}',
    by: '{% input.by %}',
  },
};

const simple = (name: string, field: string, steps: readonly object[], more: object = {}) => ({
  name,
  mutation: { definition: `type Mutation { ${field} }`, ...more },
  permissions: [{ role: 'customer' }],
  steps,
});

const workflows = [
  placeOrder,
  simple('sold_out', 'sold_out: Boolean', [
    { id: 'no', kind: 'fail', code: 'sold-out', message: 'Nothing is left.', details: { left: 0 } },
  ]),
  simple('broken', 'broken: Boolean', [
    { id: 'no', kind: 'http', url: 'http://127.0.0.1:1/secret-path', method: 'GET' },
  ]),
  simple('wrong', 'wrong: Int!', [{ id: 'no', kind: 'transform', value: 'a secret text' }]),
  simple('refusing', 'refusing: Boolean', [
    { id: 'no', kind: 'respond', status: 409, body: { message: 'Taken.', code: 'taken' } },
  ]),
  simple('slow', 'slow: Boolean', [{ id: 'wait', kind: 'delay', ms: 600_000 }], { timeoutMs: 100 }),
  simple('later', 'later(n: Int!): Int', [{ id: 'n', kind: 'transform', value: '{% input.n %}' }], {
    kind: 'asynchronous',
  }),
  {
    ...simple('again', 'again(n: Int!): Int', [
      { id: 'next', kind: 'graphql', document: '{ __typename }' },
      {
        id: 'more',
        kind: 'graphql',
        document: 'mutation ($n: Int!) { again(n: $n) }',
        variables: { n: '{% input.n + 1 %}' },
      },
    ]),
    role: 'customer',
  },
  {
    ...simple(
      'noted',
      'noted(n: Int!): Noted! } type Noted { n: Int!',
      [
        {
          ...{ id: 'small', kind: 'condition', if: '{% input.n < 0 %}' },
          // biome-ignore lint/suspicious/noThenProperty: a setting of the step
          then: [{ id: 'no', kind: 'fail', code: 'small', message: 'Too small.', details: { least: 0 } }],
        },
      ],
      { kind: 'asynchronous' },
    ),
    output: { n: '{% input.n %}' },
    permissions: [
      { role: 'customer', see: 'own' },
      { role: 'auditor', start: false, see: 'all' },
      { role: 'clerk' },
    ],
  },
  { ...simple('closed', 'closed: Boolean', [{ id: 'a', kind: 'stop' }]), permissions: [{ role: 'clerk' }] },
];

let foz: Running;
beforeAll(async () => {
  const connector = await connect(shop, { create: true });
  const context = { signal: new AbortController().signal, timeoutMs: 10_000 };
  for (const text of ['create table orders (id integer primary key, product text not null unique)'])
    await connector.run({ text, slots: [] }, [], context);
  await connector.close();
  foz = await running({
    state: join(folder, 'state'),
    sources: [shop],
  });
  const { errors } = await foz.control(
    'mutation ($document: JSON!) { replaceMetadata(document: $document) { applied } }',
    {
      document: {
        tables: [
          {
            source: 'shop',
            table: 'orders',
            select_permissions: [{ role: 'customer', permission: { columns: '*', filter: {} } }],
            insert_permissions: [{ role: 'customer', permission: { columns: '*', check: {} } }],
          },
        ],
        inherited_roles: [{ role_name: 'regular', role_set: ['customer'] }],
        workflows,
      },
    },
  );
  expect(errors).toBeUndefined();
}, 120_000);
afterAll(async () => {
  await foz.server.close(100);
  rmSync(folder, { recursive: true });
});

async function as(role: string, query: string, variables: object = {}, user = '7'): Promise<Reply> {
  const response = await fetch(`${foz.server.url}graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-foz-admin-secret': secret,
      'x-foz-role': role,
      'x-foz-user-id': user,
    },
    body: JSON.stringify({ query, variables }),
  });
  const text = await response.text();
  return { ...JSON.parse(text), text };
}
const errorOf = async (query: string) => {
  const { data, errors } = await as('customer', query);
  expect(data ?? null).toBeNull();
  return errors![0]!;
};

test('the field is in the graph of the roles that may start the workflow, with its types', async () => {
  const sdl = (role: string) => roleSdl(foz.server.attached.graphs, role);
  for (const role of ['customer', 'regular', 'admin']) {
    expect(sdl(role)).toContain('"""Places an order."""\n  place_order(count: bigint = "1", more: jsonb,');
    expect(sdl(role)).toContain('type PlacedOrder {');
    expect(sdl(role)).toContain('input NoteInput {\n  text: String!\n  weight: numeric = "1.50"');
    expect(sdl(role)).toContain('later(n: Int!): ID!');
  }
  expect(sdl('clerk')).toContain('type mutation_root {\n  closed: Boolean\n  noted(n: Int!): ID!\n}');
  expect(sdl('clerk')).not.toContain('PlacedOrder');
  const { data } = await as(
    'customer',
    '{ __type(name: "NoteInput") { inputFields { name defaultValue } } }',
  );
  expect(data.__type.inputFields).toEqual([
    { name: 'text', defaultValue: null },
    { name: 'weight', defaultValue: '"1.50"' },
  ]);
  expect(
    (await as('other', 'mutation { place_order(product: "tea") { by } }')).errors![0]!.extensions.code,
  ).toBe('validation-failed');
});

test('arguments arrive as canonical values, and the answer has the selected fields', async () => {
  const query = `mutation ($count: bigint, $notes: [NoteInput!], $more: jsonb) {
    place_order(product: "tea", count: $count, notes: $notes, paid: card, more: $more) {
      what: product __typename count notes { ...N } paid more by
    }
  } fragment N on Note { weight text }`;
  const { data, errors } = await as('customer', query, {
    count: 9007199254740993n.toString(),
    notes: [{ text: 'a' }, { text: 'b', weight: 2.5 }],
    more: { a: [1] },
  });
  expect(errors).toBeUndefined();
  expect(data.place_order).toEqual({
    what: 'tea',
    __typename: 'PlacedOrder',
    count: '9007199254740993',
    notes: [
      { weight: '1.50', text: 'a' },
      { weight: '2.5', text: 'b' },
    ],
    paid: 'card',
    more: { a: [1] },
    by: 'customer 7',
  });
  const literal = await as(
    'customer',
    'mutation { place_order(product: "tea", notes: [{text: "c", weight: 3}]) { count notes { text weight } } }',
  );
  expect(literal.data.place_order).toEqual({ count: '1', notes: [{ text: 'c', weight: '3' }] });
  const wrong = await errorOf('mutation { place_order(product: "tea", paid: gold) { by } }');
  expect(wrong.extensions).toMatchObject({
    code: 'validation-failed',
    path: '$.selectionSet.place_order.args.paid',
  });
});

test('it runs after the commits of earlier fields and before later ones', async () => {
  const { data, errors } = await as(
    'customer',
    `mutation {
      first: insert_orders_one(object: { id: 1, product: "a" }) { id }
      second: place_order(product: "x") { seen }
      third: insert_orders_one(object: { id: 2, product: "b" }) { id }
      fourth: place_order(product: "y") { seen }
    }`,
  );
  expect(errors).toBeUndefined();
  expect(data).toEqual({
    first: { id: 1 },
    second: { seen: [1] },
    third: { id: 2 },
    fourth: { seen: [1, 2] },
  });
  const error = await errorOf(`mutation {
    place_order(product: "x") { seen }
    insert_orders_one(object: { id: 3, product: "a" }) { id }
  }`);
  expect(error.extensions).toMatchObject({ code: 'constraint-violation', called: ['place_order'] });
  expect(error.message).toContain('What place_order did before is not undone.');
  const before = await errorOf(
    'mutation { insert_orders_one(object: { id: 4, product: "d" }) { id } sold_out }',
  );
  expect(before.extensions).toMatchObject({ code: 'workflow-failed', committed: ['shop'] });
});

test('errors of a run tell what the workflow says, and nothing else', async () => {
  expect((await errorOf('mutation { sold_out }')).extensions).toMatchObject({
    path: '$.selectionSet.sold_out',
    code: 'workflow-failed',
    reason: 'sold-out',
    details: { left: 0 },
    run: expect.any(String),
  });
  expect(await errorOf('mutation { refusing }')).toMatchObject({
    message: 'Taken.',
    extensions: { code: 'workflow-failed', reason: 'taken', status: 409 },
  });
  const broken = await as('customer', 'mutation { broken }');
  expect(broken.errors![0]).toMatchObject({
    message: expect.stringMatching(/^The run .* has failed\.$/),
    extensions: { code: 'workflow-failed' },
  });
  expect(broken.text).not.toMatch(/secret-path|127\.0\.0\.1/);
  const wrong = await as('customer', 'mutation { wrong }');
  expect(wrong.errors![0]!.extensions.code).toBe('unexpected');
  expect(wrong.text).not.toContain('a secret text');
});

test('one that does not answer in time goes on; an asynchronous one answers the id of its run', async () => {
  const slow = await errorOf('mutation { slow }');
  expect(slow.extensions).toMatchObject({ code: 'timeout', run: expect.any(String) });
  const { data } = await as('customer', 'mutation { later(n: 5) }');
  const run = async () =>
    (await foz.control('query ($id: String!) { run(id: $id) { state origin output } }', { id: data.later }))
      .data.run;
  await until(async () => (await run()).state === 'done');
  expect(await run()).toEqual({ state: 'done', origin: 'mutation', output: 5 });
});

test('roles see the runs that they may see', async () => {
  const field = (more: string) =>
    `{ noted_run${more} { id state output { n } error { message reason details } } }`;
  const start = async (role: string, n: number, user = '7') =>
    (await as(role, 'mutation ($n: Int!) { noted(n: $n) }', { n }, user)).data.noted as string;
  const mine = await start('customer', 1);
  const others = await start('customer', 2, '8');
  const failing = await start('customer', -1);
  const seen = async (role: string, id: string, user = '7') =>
    (await as(role, `query ($id: ID!) ${field('(id: $id)')}`, { id }, user)).data.noted_run;
  await until(async () => (await seen('auditor', failing))?.state === 'failed');
  await until(async () => (await seen('auditor', others))?.state === 'done');
  await until(async () => (await seen('customer', mine))?.state === 'done');
  expect(await seen('customer', mine)).toEqual({ id: mine, state: 'done', output: { n: 1 }, error: null });
  expect(await seen('customer', others)).toBeNull();
  expect(await seen('customer', others, '8')).toMatchObject({ output: { n: 2 } });
  expect(await seen('customer', failing)).toEqual({
    ...{ id: failing, state: 'failed', output: null },
    error: { message: 'Too small.', reason: 'small', details: { least: 0 } },
  });
  const list = async (role: string, args: string) =>
    (await as(role, `{ noted_runs${args} { id ended_at } }`)).data.noted_runs.map(
      ({ id }: { id: string }) => id,
    );
  expect(await list('customer', '')).toEqual([failing, mine]);
  expect(await list('auditor', '')).toEqual([failing, others, mine]);
  expect(await list('auditor', '(limit: 1)')).toEqual([failing]);
  expect(await list('auditor', `(before: "${failing}", states: [done])`)).toEqual([others, mine]);
  // One that may only see, and one that may only start.
  expect((await as('auditor', 'mutation { noted(n: 1) }')).errors![0]!.extensions.code).toBe(
    'validation-failed',
  );
  expect((await as('clerk', field('(id: "x")'))).errors![0]!.extensions.code).toBe('validation-failed');
  expect((await as('customer', '{ noted_runs(limit: 101) { id } }')).errors![0]!.extensions.code).toBe(
    'validation-failed',
  );
});

test('a workflow that starts itself by its field ends', async () => {
  expect((await errorOf('mutation { again(n: 1) }')).extensions).toMatchObject({ code: 'workflow-failed' });
  const { data } = await foz.control(
    '{ runs(filter: { workflow: "again" }, limit: 100) { entries { id error } } }',
  );
  expect(data.runs.entries).toHaveLength(21);
  expect(JSON.stringify(data)).toContain('does a workflow call itself without end?');
});

test('the graph follows the metadata; names that are taken are faults', async () => {
  const put = (definition: object) =>
    foz.control(
      'mutation ($definition: JSON!) { putWorkflow(definition: $definition) { applied causes { where reason } } }',
      {
        definition,
      },
    );
  const taken = await put(simple('taken', 'a: Int b: Int', [{ id: 'a', kind: 'stop' }]));
  expect(taken.text).toContain('must have one');
  const clash = simple('taken', 'insert_orders(a: Int): Boolean', [{ id: 'a', kind: 'stop' }]);
  expect((await put(clash)).text).toContain('the root field \\"insert_orders\\" is that of a table');
  const type = {
    ...clash,
    mutation: { definition: 'type Mutation { mine: orders } type orders { id: Int }' },
  };
  expect((await put(type)).text).toContain('the type \\"orders\\" is one of the graph already');
  expect(
    (await put(simple('hello', 'hello: String', [{ id: 'a', kind: 'stop', output: 'you' }]))).errors,
  ).toBeUndefined();
  expect((await as('customer', 'mutation { hello }')).data).toEqual({ hello: 'you' });
  await put(simple('hello', 'hello: String', [{ id: 'a', kind: 'stop', output: 'all' }]));
  expect((await as('customer', 'mutation { hello }')).data).toEqual({ hello: 'all' });
  await foz.control('mutation { dropWorkflow(name: "hello") { applied } }');
  expect((await as('customer', 'mutation { hello }')).errors![0]!.extensions.code).toBe('validation-failed');
});
