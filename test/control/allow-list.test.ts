import { createHash } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../src/attach.ts';
import { type ConfigError, loadConfig } from '../../src/control/index.ts';
import { adminRole, parseRoleName, parseSourceName } from '../../src/core/index.ts';
import type { AllowListConfig, SourceConfig } from '../../src/views/index.ts';
import { Graphs, SourceRegistry, type UnlistedRequest } from '../../src/views/index.ts';
import { checkAllowLists } from '../../src/views/operations/allow-list.ts';
import { ask } from '../support/cases/run.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-allow-'));
const context = { signal: new AbortController().signal, timeoutMs: 10_000 };
const clerk = parseRoleName('clerk')!;
let registry: SourceRegistry;

beforeAll(async () => {
  const source: SourceConfig = { name: 'shop', kind: 'sqlite', path: join(folder, 'shop.db') };
  const connector = await connect(source, { create: true });
  await connector.run(
    { text: 'create table orders (id integer primary key, note text)', slots: [] },
    [],
    context,
  );
  registry = new SourceRegistry([{ name: parseSourceName('shop')!, config: source, connector }], null);
  await registry.start();
});
afterAll(() => registry.close());

function graphs(...allow_list: readonly AllowListConfig[]): { own: Graphs; unlisted: UnlistedRequest[] } {
  const permission = { columns: '*', filter: {} } as const;
  const tables = [{ source: 'shop', table: 'orders', select_permissions: [{ role: 'clerk', permission }] }];
  const own = new Graphs({ allow_list, metadata: { tables } }, registry);
  const unlisted: UnlistedRequest[] = [];
  own.onUnlisted((found) => unlisted.push(found));
  return { own, unlisted };
}
const asClerk = (own: Graphs, query: string, operationName?: string) =>
  ask(own.engine({ role: clerk, variables: new Map() }), { query, variables: {}, operationName });
const refusal = (name: string) =>
  `{"errors":[{"message":"${name} is not among those that the role may ask for.","extensions":{"path":"$","code":"permission-error"}}]}`;

const operations = [
  'query Orders { orders { ...Order } } fragment Order on orders { id ...More } fragment More on orders { note }',
  '{ orders(limit: 1) { id } }',
];
const empty = '{"data":{"orders":[]}}';

test('a listed operation passes in any layout, with its fragments in any order', async () => {
  const { own, unlisted } = graphs({ role: 'clerk', operations });
  expect(await asClerk(own, operations[0]!)).toBe(empty);
  const other = `# a comment
    fragment More on orders {\n note }
    query Orders { orders { ...Order } }  fragment Order on orders { id, ...More }`;
  expect(await asClerk(own, other)).toBe(empty);
  expect(await asClerk(own, '{orders(limit:1){id}}')).toBe(empty);
  expect(unlisted).toEqual([]);
});

test('every other operation is refused, each time, also one that differs in a fragment only', async () => {
  const { own, unlisted } = graphs({ role: 'clerk', operations });
  const changed = operations[0]!.replace('{ note }', '{ note id }');
  for (let times = 0; times < 2; times++) {
    expect(await asClerk(own, changed)).toBe(refusal('The operation Orders'));
    expect(await asClerk(own, '{ orders(limit: 2) { id } }')).toBe(refusal('This operation'));
    expect(await asClerk(own, '{ __schema { queryType { name } } }')).toBe(refusal('This operation'));
  }
  expect(unlisted).toHaveLength(6);
  expect(unlisted[0]).toEqual({
    role: clerk,
    operationName: 'Orders',
    document: expect.stringMatching(/^query Orders \{[\s\S]*fragment More on orders \{\s*note\s*id\s*\}/),
    refused: true,
  });
});

test('of several operations in a document the one that is asked for counts', async () => {
  const { own } = graphs({ role: 'clerk', operations });
  const both =
    'query Orders { orders { ...Order } } query Other { orders { id } } fragment Order on orders { id ...More } fragment More on orders { note }';
  expect(await asClerk(own, both, 'Orders')).toBe(empty);
  expect(await asClerk(own, both, 'Other')).toBe(refusal('The operation Other'));
});

test('report tells and lets pass; other roles are free', async () => {
  const { own, unlisted } = graphs({ role: 'clerk', mode: 'report', operations });
  expect(await asClerk(own, '{ orders { note } }')).toBe(empty);
  const document = '{\n  orders {\n    note\n  }\n}';
  expect(unlisted).toEqual([{ role: clerk, operationName: null, document, refused: false }]);
  // Reported each time, although the plan is cached.
  expect(await asClerk(own, '{ orders { note } }')).toBe(empty);
  expect(unlisted).toHaveLength(2);
  const admin = own.engine({ role: adminRole, variables: new Map() });
  expect(await ask(admin, { query: '{ orders { note } }', variables: {} })).toBe(empty);
  expect(unlisted).toHaveLength(2);
});

test('a list that is no GraphQL is told with its place', () => {
  const file = join(folder, 'foz.yaml');
  writeFileSync(
    file,
    'sources: []\nallow_list:\n  - role: clerk\n    operations: ["{ orders { id }", "fragment a on orders { id }"]\n',
  );
  const problems = () => {
    try {
      loadConfig(file);
      return [];
    } catch (error) {
      return (error as ConfigError).problems.map(({ where, message }) => `${where}: ${message}`);
    }
  };
  expect(problems()).toEqual(
    expect.arrayContaining([
      'allow_list[0].operations[0]: Syntax Error: Expected Name, found <EOF>.',
      'allow_list[0].operations[1]: holds no operation',
    ]),
  );
});

describe('what clients do to an operation', () => {
  const listed = 'query Orders($n: Int) { orders(limit: $n) { ...Order } } fragment Order on orders { id }';
  test('a __typename that a cache adds is no difference; one that was asked for by another name is', async () => {
    const { own } = graphs({ role: 'clerk', operations: [listed] });
    const added =
      'fragment Order on orders { id __typename } query Orders($n: Int) { orders(limit: $n) { ...Order __typename } }';
    expect(await asClerk(own, added)).toBe(empty);
    expect(await asClerk(own, listed.replace('{ id }', '{ id kind: __typename }'))).toBe(
      refusal('The operation Orders'),
    );
    expect(await asClerk(own, listed.replace('{ id }', '{ __typename }'))).toBe(
      refusal('The operation Orders'),
    );
  });
  test('a listed __typename may be left out, and one that stands alone is kept', async () => {
    const { own } = graphs({
      role: 'clerk',
      operations: ['{ orders { id __typename } }', 'query Kinds { orders { __typename } }'],
    });
    expect(await asClerk(own, '{ orders { id } }')).toBe(empty);
    expect(await asClerk(own, 'query Kinds { orders { __typename } }')).toBe(empty);
    expect(await asClerk(own, 'query Kinds { orders { id } }')).toBe(refusal('The operation Kinds'));
  });
});

describe('ids of documents', () => {
  const text = 'query Orders { orders { id } }';
  const digest = (algorithm: string, of: string) => createHash(algorithm).update(of).digest('hex');
  const printed = 'query Orders {\n  orders {\n    id\n  }\n}';
  const withTypename = 'query Orders {\n  orders {\n    id\n    __typename\n  }\n}';

  test.each(['sha256', 'md5', 'sha1'])('%s of the text, however clients print it', (algorithm) => {
    const { own } = graphs({ role: 'clerk', operations: [text] });
    for (const spelling of [text, printed, withTypename])
      expect(own.registered(clerk, digest(algorithm, spelling))).toBe(spelling);
    expect(own.registered(adminRole, digest(algorithm, text))).toBeUndefined();
  });

  const manifest = {
    format: 'apollo-persisted-query-manifest',
    version: 1,
    operations: [{ id: 'orders-1', name: 'Orders', type: 'query', body: withTypename }],
  };
  test.each([
    ["Apollo's manifest", manifest, 'orders-1'],
    ['a list by id', { [digest('sha1', 'other')]: withTypename }, digest('sha1', 'other')],
    ['a list by prefixed id', { [`sha256:${digest('sha256', 'x')}`]: withTypename }, digest('sha256', 'x')],
  ])('%s gives its own', async (_, list, id) => {
    const { own } = graphs({ role: 'clerk', operations: [JSON.stringify(list)] });
    expect(own.registered(clerk, id)).toBe(withTypename);
    expect(own.registered(clerk, `sha256:${digest('sha256', withTypename)}`)).toBe(withTypename);
    expect(await asClerk(own, text)).toBe(empty);
    expect(await asClerk(own, 'query Orders { orders { note } }')).toBe(refusal('The operation Orders'));
  });

  test('a list that is none is told with its place', () => {
    const problemsOf = (list: unknown) =>
      checkAllowLists([{ role: 'clerk', operations: [text, JSON.stringify(list)] }]);
    const at = { path: ['allow_list', 0, 'operations', 1] };
    const unknown = { ...at, message: expect.stringContaining('apollo-persisted-query-manifest') };
    expect(problemsOf({ a: 5 })).toEqual([unknown]);
    expect(problemsOf({ ...manifest, operations: [{ id: 'a' }] })).toEqual([unknown]);
    expect(problemsOf({ ...manifest, operations: 'none' })).toEqual([unknown]);
    expect(problemsOf({ a: 'query {' })).toEqual([
      { ...at, message: expect.stringContaining('Syntax Error') },
    ]);
    expect(problemsOf({})).toEqual([{ ...at, message: 'holds no operation' }]);
  });
});
