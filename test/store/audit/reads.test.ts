import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { connect } from '../../../src/attach.ts';
import type { Metadata } from '../../../src/catalog/index.ts';
import type { FozConfig } from '../../../src/control/index.ts';
import { type Started, start } from '../../../src/main.ts';
import { type AuditFilter, queryAudit } from '../../../src/store/audit/index.ts';
import { untilRead } from '../../support/ready.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-audit-reads-'));
const context = { signal: new AbortController().signal, timeoutMs: 10_000 };
const secret = 'a secret of some length';
let foz: Started;

async function made(name: string, texts: readonly string[]) {
  const source = { name, kind: 'sqlite', path: join(folder, `${name}.db`) } as const;
  const connector = await connect(source, { create: true });
  for (const text of texts) await connector.run({ text, slots: [] }, [], context);
  await connector.close();
  return source;
}

beforeAll(async () => {
  const shop = await made('shop', [
    'create table patients (id integer primary key, name text)',
    'create table visits (id integer primary key, patient_id integer references patients, note text)',
    'create table rooms (id integer primary key, name text, patient_id integer)',
    `insert into patients values (1, 'Ada'), (2, 'Bob')`,
    `insert into visits values (1, 1, 'cough'), (2, 2, 'cold')`,
    `insert into rooms values (1, 'red', 1)`,
  ]);
  const lab = await made('lab', [
    'create table samples (id integer primary key, patient_id integer, result text)',
    `insert into samples values (1, 1, 'fine')`,
  ]);
  const remote = (
    name: string,
    source: string,
    table: string,
    type: 'object' | 'array',
    mapping: object,
  ) => ({
    name,
    definition: {
      to_source: { source, table, relationship_type: type, field_mapping: mapping as Record<string, string> },
    },
  });
  const config: FozConfig = {
    state: join(folder, 'state'),
    server: { port: 0, graphiql: false },
    auth: {
      admin_secrets: [
        { name: 'ops', secret },
        { name: 'night', secret: 'another secret of length' },
      ],
    },
    sources: [shop, lab],
  };
  foz = await start(config, { logger: pino({ level: 'silent' }) });
  await untilRead(foz);
  const document: Metadata = {
    tables: [
      { source: 'shop', table: 'patients', audit_reads: true },
      {
        source: 'shop',
        table: 'rooms',
        select_permissions: [
          {
            role: 'guard',
            permission: {
              columns: ['id'],
              filter: { _exists: { _table: 'patients', _where: { id: { _eq: 1 } } } },
            },
          },
        ],
      },
      {
        source: 'lab',
        table: 'samples',
        remote_relationships: [remote('patient', 'shop', 'patients', 'object', { patient_id: 'id' })],
      },
    ],
  };
  const { errors } = await ask(
    'mutation ($document: JSON!) { replaceMetadata(document: $document) { resourceVersion } }',
    {},
    'control/graphql',
    { document },
  );
  expect(errors).toBeUndefined();
}, 60_000);
afterAll(() => foz?.close(0));

async function ask(
  query: string,
  headers: Readonly<Record<string, string>> = {},
  path = 'graphql',
  variables: object = {},
) {
  const response = await fetch(`${foz.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-foz-admin-secret': secret, ...headers },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as {
    data: Record<string, unknown> | null;
    errors?: { extensions: { code: string } }[];
  };
}

const found = async (filter: AuditFilter) => (await queryAudit(foz.plane!.store, filter)).records;
let requests = 0;

/** The audited tables of one request, with the number of records for each. */
async function readBy(query: string, headers: Readonly<Record<string, string>> = {}) {
  const requestId = `request-${++requests}`;
  const answer = await ask(query, { 'x-request-id': requestId, ...headers });
  const records = await found({ requestId, kinds: ['read'] });
  return { answer, tables: records.map(({ table }) => table), records };
}

const reading: readonly string[] = [
  '{ patients { id } }',
  '{ patients_by_pk(id: 1) { name } }',
  '{ patients_aggregate { aggregate { count } } }',
  '{ patients_connection { edges { node { id } } } }',
  '{ visits { patient { name } } }',
  '{ visits(where: {patient: {name: {_eq: "Ada"}}}) { id } }',
  '{ visits(order_by: {patient: {name: asc}}) { id } }',
  '{ visits_aggregate(where: {patient: {name: {_eq: "Ada"}}}) { aggregate { count } } }',
  '{ samples { patient { name } } }',
  '{ samples(where: {patient: {name: {_eq: "Ada"}}}) { id } }',
  '{ samples(order_by: {patient: {name: asc}}) { id } }',
  '{ rooms { id } visits { id } patients { id } }',
  'mutation { insert_patients_one(object: {name: "Cyd"}) { name } }',
  'mutation { update_visits(where: {patient: {name: {_eq: "Nobody"}}}, _set: {note: "x"}) { affected_rows } }',
  'mutation { update_visits(where: {id: {_eq: 1}}, _set: {note: "y"}) { returning { patient { name } } } }',
];
test.each(reading)('%s is in the log, with each time that it is asked', async (query) => {
  for (let time = 0; time < 2; time++) {
    const { answer, tables, records } = await readBy(query);
    expect(answer.errors).toBeUndefined();
    expect(tables).toEqual(['shop.patients']);
    expect(records[0]).toMatchObject({
      source: 'shop',
      outcome: 'success',
      actor: { kind: 'admin-secret', id: 'ops', role: 'admin' },
      address: '127.0.0.1',
    });
  }
});

const others: readonly string[] = [
  '{ visits { id patient_id } }',
  '{ rooms { id } }',
  '{ __typename }',
  '{ __type(name: "patients") { name } }',
  'mutation { insert_patients(objects: [{name: "Dan"}]) { affected_rows } }',
  'mutation { delete_patients(where: {id: {_eq: 99}}) { affected_rows } }',
];
test.each(others)('%s reads nothing of it', async (query) => {
  const { answer, tables } = await readBy(query);
  expect(answer.errors).toBeUndefined();
  expect(tables).toEqual([]);
});

test('a permission that looks into the table counts', async () => {
  const { answer, tables } = await readBy('{ rooms { id } }', { 'x-foz-role': 'guard' });
  expect(answer).toEqual({ data: { rooms: [{ id: 1 }] } });
  expect(tables).toEqual(['shop.patients']);
});

test('which tables are audited is changed while Foz runs', async () => {
  const set = (reads: boolean) =>
    ask(
      `mutation { setTableAudit(source: "shop", table: "visits", reads: ${reads}) { resourceVersion } }`,
      {},
      'control/graphql',
    );
  expect((await set(true)).errors).toBeUndefined();
  expect((await readBy('{ visits { id } }')).tables).toEqual(['shop.visits']);
  expect((await ask('{ tables(search: "visits") { auditReads } }', {}, 'control/graphql')).data).toEqual({
    tables: [{ auditReads: true }],
  });
  await set(false);
  expect((await readBy('{ visits { id } }')).tables).toEqual([]);
});

test('the log leaves as JSON Lines for admins, and is verified', async () => {
  const get = (path: string, own = secret) =>
    fetch(`${foz.url}control/audit.jsonl${path}`, { headers: { 'x-foz-admin-secret': own } });
  const answer = await get('?kind=read&table=shop.patients&actor=ops');
  expect(answer.headers.get('content-type')).toContain('application/jsonl');
  const lines = (await answer.text()).trimEnd().split('\n');
  const stored = await found({ kinds: ['read'], table: 'shop.patients' });
  expect(lines.length).toBe(stored.length);
  expect(JSON.parse(lines[0]!)).toMatchObject({
    kind: 'read',
    table: 'shop.patients',
    seq: stored.at(-1)!.seq,
  });
  expect(await (await get('?kind=read&since=2999-01-01')).text()).toBe('');
  for (const wrong of ['?colour=red', '?kind=nothing', '?since=soon'])
    expect((await get(wrong)).status).toBe(400);
  expect((await get('', 'a wrong secret of length')).status).toBe(401);
  expect((await fetch(`${foz.url}control/audit.jsonl`, { method: 'POST' })).status).toBe(401);
  const { data } = await ask('{ verifyAudit { ok problems { message } } }', {}, 'control/graphql');
  expect(data).toEqual({ verifyAudit: { ok: true, problems: [] } });
});

test('without the store, audited data is not returned', async () => {
  await foz.plane!.store.close();
  const { data, errors } = await ask('{ patients { name } }');
  expect(data).toBeNull();
  expect(errors![0]!.extensions.code).toBe('unavailable');
  // An authenticated client may still read tables that are not audited. A new sign-in is refused.
  expect((await ask('{ visits { id } }')).errors).toBeUndefined();
  const stranger = await ask('{ visits { id } }', { 'x-foz-admin-secret': 'another secret of length' });
  expect(stranger.errors![0]!.extensions.code).toBe('unavailable');
});

test('a configuration that audits reads without an audit log is refused', async () => {
  const config: FozConfig = {
    sources: [],
    audit: false,
    state: join(folder, 'other'),
    metadata: { tables: [{ source: 'shop', table: 'patients', audit_reads: true }] },
  };
  await expect(start(config, { logger: pino({ level: 'silent' }) })).rejects.toThrow(
    /"patients".*"audit" is false/,
  );
});
