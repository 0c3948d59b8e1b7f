import { createHash } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { requestAuditOf } from '../../../src/app/request-audit.ts';
import { connect } from '../../../src/attach.ts';
import { mintKey } from '../../../src/auth/index.ts';
import type { FozConfig } from '../../../src/control/index.ts';
import { FozError, parseSourceName } from '../../../src/core/index.ts';
import { answerErrors } from '../../../src/execute/answer.ts';
import { type Started, start } from '../../../src/main.ts';
import { type AuditFilter, type AuditRecord, queryAudit } from '../../../src/store/audit/index.ts';
import { open } from '../../serve/socket/client.ts';
import { untilRead } from '../../support/ready.ts';
import { until } from '../../support/wait.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-kept-'));
const secret = 'a secret of some length';
const key = mintKey(new Uint8Array(32)).key;
const asKey = { 'x-api-key': key };
const asAdmin = { 'x-foz-admin-secret': secret };
const till = { kind: 'api-key', id: 'till', role: 'clerk' };
let foz: Started;

beforeAll(async () => {
  const source = { name: 'shop', kind: 'sqlite', path: join(folder, 'shop.db') } as const;
  const connector = await connect(source, { create: true });
  const context = { signal: new AbortController().signal, timeoutMs: 10_000 };
  for (const table of ['orders', 'items'])
    await connector.run(
      { text: `create table ${table} (id integer primary key, note text)`, slots: [] },
      [],
      context,
    );
  await connector.close();
  const roles = ['clerk', 'listed', 'slow'];
  const permission = { columns: '*', filter: {}, check: {} } as const;
  const granted = roles.map((role) => ({ role, permission }));
  const config: FozConfig = {
    state: join(folder, 'state'),
    server: {
      port: 0,
      graphiql: false,
      limits: { batch: 2, roles: { slow: { rate: { requests: 1, seconds: 600 } } } },
    },
    auth: {
      admin_secrets: [{ name: 'ops', secret }],
      api_keys: [{ name: 'till', key, roles, default_role: 'clerk' }],
      trusted_proxies: ['127.0.0.1', '::1'],
    },
    allow_list: [{ role: 'listed', operations: ['{ orders { id } }'] }],
    sources: [source],
    metadata: {
      tables: ['orders', 'items'].map((table) => ({
        source: 'shop',
        table,
        select_permissions: roles.map((role) => ({ role, permission: { columns: '*', filter: {} } })),
        insert_permissions: granted,
      })),
    },
  };
  foz = await start(config, { logger: pino({ level: 'silent' }) });
  await untilRead(foz);
}, 60_000);
afterAll(() => foz?.close(0));

async function post(body: unknown, headers: Readonly<Record<string, string>>, path = 'graphql') {
  const response = await fetch(`${foz.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, text: await response.text() };
}
const found = async (filter: AuditFilter) => (await queryAudit(foz.plane!.store, filter)).records;

/** The newest record of a kind that did not exist before `act`. */
async function next(kind: AuditRecord['kind'], act: () => Promise<unknown>): Promise<AuditRecord> {
  const before = (await found({ kinds: [kind] }))[0]?.seq ?? 0;
  await act();
  let record: AuditRecord | undefined;
  await until(async () => {
    [record] = await found({ kinds: [kind] });
    return record !== undefined && record.seq > before;
  });
  return record!;
}

test('a mutation is recorded under its operation name, the first time and from the plan cache, in a batch and over WebSocket', async () => {
  const buy = (id: number) => ({
    query: 'mutation Buy($id: Int) { insert_orders_one(object: {id: $id}) { id } }',
    variables: { id },
  });
  const expected = {
    operation: 'Buy',
    table: 'shop.orders',
    affectedRows: 1,
    outcome: 'success',
    actor: till,
  };
  for (let id = 1; id < 3; id++)
    expect(await next('mutation', () => post(buy(id), asKey))).toMatchObject(expected);
  const many = await next('mutation', () => post([buy(3), buy(4)], { ...asKey, 'x-request-id': 'both' }));
  expect(many).toMatchObject({ ...expected, requestId: 'both' });
  expect(await found({ requestId: 'both' })).toHaveLength(2);
  const client = await open(foz.url, { headers: asKey });
  await client.init();
  const { query, variables } = buy(5);
  expect(await next('mutation', () => client.ask('1', query, { variables }))).toMatchObject(expected);
  client.socket.close();
});

test('a credential signs in again where it comes from another address', async () => {
  const from = (address: string) => () =>
    post({ query: '{ orders { id } }' }, { ...asKey, 'x-forwarded-for': address });
  for (const address of ['192.0.2.7', '192.0.2.8']) {
    expect(await next('sign-in', from(address))).toMatchObject({ actor: till, address });
    await from(address)();
  }
  await from('192.0.2.7')();
  expect(await found({ kinds: ['sign-in'], address: '192.0.2.7' })).toHaveLength(1);
});

test('a failed mutation is recorded with each table that it would have written', async () => {
  const query =
    'mutation Twice { insert_items_one(object: {id: 1}) { id } insert_orders(objects: [{id: 1}]) { affected_rows } }';
  await next('mutation', () => post({ query }, { ...asKey, 'x-request-id': 'twice' }));
  const failed = { outcome: 'failure', reason: 'constraint-violation', operation: 'Twice', source: 'shop' };
  expect(await found({ requestId: 'twice' })).toMatchObject([
    { ...failed, table: 'shop.orders', after: { action: 'insert' }, affectedRows: null },
    { ...failed, table: 'shop.items' },
  ]);
  expect(JSON.parse((await post({ query: '{ items { id } }' }, asKey)).text)).toEqual({
    data: { items: [] },
  });
});

test('a write that may or may not be stored is recorded as unknown', async () => {
  const source = parseSourceName('shop')!;
  const error = new FozError('unavailable', 'The connection was lost during the commit.');
  const unwritten = [{ source, table: 'shop.orders', kind: 'insert', isUnknown: true }] as const;
  const answer = { ...answerErrors([error], 'data', false), written: [], unwritten };
  const request = { requestId: 'lost', address: null, operationName: 'Buy' };
  const session = await foz.authentication.identify({
    headers: asKey,
    socket: {},
    url: '/',
  } as unknown as Parameters<typeof foz.authentication.identify>[0]);
  await requestAuditOf(foz.plane!.audit!).ran(session, request, answer);
  expect(await found({ requestId: 'lost' })).toMatchObject([
    { kind: 'mutation', outcome: 'unknown', reason: 'unavailable', table: 'shop.orders' },
  ]);
});

test('refused and accepted sign-ins at the control API are recorded', async () => {
  const query = { query: '{ health { status } }' };
  const at = { operation: 'control API', address: '127.0.0.1', outcome: 'refused' };
  const wrong = { 'x-foz-admin-secret': 'a wrong secret of some length' };
  const nobody = { kind: 'anonymous', id: null, role: null };
  expect(await next('refusal', () => post(query, wrong, 'control/graphql'))).toMatchObject({
    ...at,
    actor: nobody,
  });
  expect(await next('refusal', () => post(query, {}, 'control/audit.jsonl'))).toMatchObject({
    ...at,
    actor: nobody,
  });
  expect(await next('refusal', () => post(query, asKey, 'control/graphql'))).toMatchObject({
    ...at,
    actor: till,
    keyId: 'file:till',
    reason: 'control API: not an admin',
  });
  expect(await next('sign-in', () => post(query, asAdmin, 'control/graphql'))).toMatchObject({
    operation: 'control API',
    outcome: 'success',
    actor: { kind: 'admin-secret', id: 'ops', role: 'admin' },
  });
  expect(JSON.stringify(await found({}))).not.toContain('wrong secret');
});

test('operations that are on no list (one that is may be asked for by its hash) and requests that come too often are refusals, over both transports', async () => {
  const client = await open(foz.url, { headers: { ...asKey, 'x-foz-role': 'listed' } });
  await client.init();
  const listed = { actor: { ...till, role: 'listed' }, keyId: 'file:till', outcome: 'refused' };
  const other = { query: '{ items { id } }' };
  expect(await next('refusal', () => post(other, { ...asKey, 'x-foz-role': 'listed' }))).toMatchObject({
    ...listed,
    reason: 'operation that is on no list',
  });
  expect(await next('refusal', () => client.ask('1', other.query))).toMatchObject(listed);
  client.socket.close();
  const hash = createHash('sha256').update('{ orders { id } }').digest('hex');
  const byHash = { extensions: { persistedQuery: { version: 1, sha256Hash: hash } } };
  const asked = (role: string) => post(byHash, { ...asKey, 'x-foz-role': role });
  expect((await asked('listed')).text).toContain('{"data":{"orders":[');
  expect((await asked('clerk')).text).toContain('PERSISTED_QUERY_NOT_FOUND');
  const slow = { ...asKey, 'x-foz-role': 'slow' };
  expect((await post(other, slow)).status).toBe(200);
  const late = { actor: { ...till, role: 'slow' }, reason: 'too many requests', outcome: 'refused' };
  expect(await next('refusal', () => post(other, slow))).toMatchObject(late);
});

test('records are found by all that they say, over the control API', async () => {
  const ask = async (filter: object) => {
    const query = 'query ($filter: AuditFilterInput) { audit(filter: $filter) { entries { seq } } }';
    const { text } = await post({ query, variables: { filter } }, asAdmin, 'control/graphql');
    return JSON.parse(text).data.audit.entries.map(({ seq }: { seq: number }) => seq);
  };
  const all = await found({});
  const all100 = all.slice(0, 100);
  const [one] = await found({ operation: 'Twice' });
  const seqs = (fits: (record: AuditRecord) => boolean) => all100.filter(fits).map(({ seq }) => seq);
  const at = new Date(one!.at);
  const cases: readonly [object, (record: AuditRecord) => boolean][] = [
    [{ kinds: ['sign_in', 'refusal'] }, ({ kind }) => kind === 'sign-in' || kind === 'refusal'],
    [{ actorKind: 'anonymous' }, ({ actor }) => actor.kind === 'anonymous'],
    [{ role: 'clerk' }, ({ actor }) => actor.role === 'clerk'],
    [{ address: '127.0.0.1' }, ({ address }) => address === '127.0.0.1'],
    [{ operation: 'Twice' }, ({ operation }) => operation === 'Twice'],
    [{ outcome: 'unknown' }, ({ outcome }) => outcome === 'unknown'],
    [{ since: at }, (record) => record.at >= one!.at],
    [{ until: at }, (record) => record.at < one!.at],
  ];
  for (const [filter, fits] of cases) {
    expect(seqs(fits).length).toBeGreaterThan(0);
    expect([filter, await ask(filter)]).toEqual([filter, seqs(fits)]);
  }
});
