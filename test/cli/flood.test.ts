import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as open, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../src/attach.ts';
import { until } from '../support/wait.ts';
import { Serving } from './serving.ts';

/** A heap too small for any of the following if it is kept without a bound. */
const heapMb = 96;
const mb = 2 ** 20;
const secret = 'a shared secret of thirty-two bytes or more';
const admin = { 'x-foz-admin-secret': 'admin-secret-for-tests' };
const folder = mkdtempSync(join(tmpdir(), 'foz-flood-'));
let foz: Serving;
const sockets: Socket[] = [];

const config = {
  state: 'state',
  server: {
    limits: { rate: { requests: 1_000_000, seconds: 3_600 }, answer_bytes: 4 * mb, cost: null },
    answers: { held_bytes: 16 * mb, held_bytes_per_caller: 12 * mb, write_ms: 600_000 },
  },
  auth: {
    admin_secrets: ['admin-secret-for-tests'],
    anonymous_role: 'visitor',
    jwt: [{ issuer: 'flood', audience: null, secret, algorithms: ['HS256'] }],
  },
  allow_list: [{ role: 'listed', mode: 'report', operations: ['{ notes { id } }'] }],
  sources: [{ name: 'shop', kind: 'sqlite', path: 'shop.db' }],
  metadata: {
    tables: [
      {
        source: 'shop',
        table: 'notes',
        select_permissions: ['visitor', 'shopper', 'listed'].map((role) => ({
          role,
          permission: { columns: '*', filter: {} },
        })),
      },
    ],
  },
};

beforeAll(async () => {
  const shop = await connect(
    { name: 'shop', kind: 'sqlite', path: join(folder, 'shop.db') },
    { create: true },
  );
  const context = { signal: new AbortController().signal, timeoutMs: null };
  for (const text of [
    'create table notes (id integer primary key, body text)',
    `insert into notes with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000)
       select i, hex(zeroblob(1000)) from n`,
  ])
    await shop.run({ text, slots: [] }, [], context);
  await shop.close();
  writeFileSync(join(folder, 'foz.yaml'), JSON.stringify(config));
  foz = await Serving.start(folder, { node: [`--max-old-space-size=${heapMb}`] });
}, 400_000);
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  foz?.kill();
  rmSync(folder, { recursive: true });
});

/** Sends all of these requests, a few at a time. */
async function flood(
  count: number,
  ask: (at: number) => Promise<{ status: number; text: string }>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let at = next++; at < count; at = next++) await ask(at);
  };
  await Promise.all(Array.from({ length: 6 }, worker));
}

const ask = (query: string, variables: object = {}, headers = {}) =>
  foz.post('graphql', headers, { query, variables });

function aliases(mark: string, count: number): string {
  return `{notes(limit: 1) {${Array.from({ length: count }, (_, at) => `a${mark}_${at}: id`).join(' ')}}}`;
}

function token(sub: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = {
    'x-hasura-allowed-roles': ['shopper'],
    'x-hasura-default-role': 'shopper',
    'x-hasura-note': sub.padEnd(3_000, '.'),
  };
  const exp = Math.floor(Date.now() / 1000) + 7_200;
  const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ iss: 'flood', sub, exp, 'https://hasura.io/jwt/claims': claims })}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

/** Expects a cache to have evicted entries (`isFull`) and to hold no more than its part of the heap. */
async function expectBounded(cache: string, part: number, isFull = true): Promise<void> {
  const [bytes, most, evictions] = await Promise.all(
    ['bytes', 'max_bytes', 'evictions_total'].map((what) =>
      foz.metric(`foz_cache_${what}{cache="${cache}"}`),
    ),
  );
  expect(bytes).toBeGreaterThan(0);
  expect(bytes).toBeLessThanOrEqual(most!);
  // V8's heap limit is a little larger than the old generation, which the option sets.
  expect(most).toBeLessThanOrEqual(heapMb * mb * 1.5 * part);
  if (isFull) expect({ cache, evicted: evictions! > 0 }).toEqual({ cache, evicted: true });
}

test('documents with very many aliases', async () => {
  await flood(12, async (at) => {
    const answer = await ask(aliases(`large${at}`, 4_900));
    expect(answer.text.slice(0, 20)).toBe('{"data":{"notes":[{"');
    return answer;
  });
  await flood(400, (at) => ask(aliases(`small${at}`, 300)));
  await expectBounded('plans', 1 / 8);
}, 180_000);

test('variables of ever new shapes', async () => {
  const query = 'query ($where: notes_bool_exp!) { notes(where: $where, limit: 1) { id } }';
  await flood(300, async (at) => {
    const where = {
      _and: Array.from({ length: at % 40 }, (_, n) =>
        n & at ? { id: { _gt: n } } : { body: { _neq: 'b' } },
      ),
    };
    const answer = await ask(query, { where });
    expect(answer.text).toContain('"data"');
    return answer;
  });
  await expectBounded('plans', 1 / 8);
}, 180_000);

test('tokens of very many users, each counted within a rate', async () => {
  await flood(1_200, async (at) => {
    // Long names fill the caches with few requests.
    const sub = `user ${at}`.padEnd(2_500, '.');
    const answer = await ask('{ __typename }', {}, { authorization: `Bearer ${token(sub)}` });
    expect(answer.status).toBe(200);
    return answer;
  });
  for (const cache of ['tokens', 'sign_ins']) await expectBounded(cache, 1 / 64);
  // Rates have short keys: `serve/rates-memory` fills them.
  await expectBounded('rates', 1 / 64, false);
}, 600_000);

test('operations that are on no list', async () => {
  const as = { ...admin, 'x-foz-role': 'listed' };
  await flood(120, async (at) => {
    const answer = await ask(aliases(`unlisted${at}`, 900), {}, as);
    expect(answer.text.slice(0, 20)).toBe('{"data":{"notes":[{"');
    return answer;
  });
  await expectBounded('unlisted_operations', 1 / 64);
}, 180_000);

test('introspection that nobody has asked for before', async () => {
  await flood(150, async (at) => {
    const answer = await ask(
      `{__schema {types {name a${at}: description fields {name args {name type {name ofType {name}}} type {name ofType {name}}} inputFields {name}}}}`,
    );
    expect(answer.text).toContain('"data"');
    return answer;
  });
  await expectBounded('introspection', 1 / 16, false);
}, 180_000);

test('answers that are too large, and answers that nobody reads', async () => {
  await flood(30, async () => {
    const answer = await ask('{ notes { id body } }');
    expect(answer.text).toContain('"limit-exceeded"');
    return answer;
  });
  const body = JSON.stringify({ query: '{ notes(limit: 1500) { id body } }' });
  for (let at = 0; at < 12; at++) {
    const socket = open({ host: '127.0.0.1', port: Number(new URL(foz.url).port) }).on('error', () => {});
    sockets.push(socket);
    await once(socket, 'connect');
    socket.pause();
    const head = `POST /graphql HTTP/1.1\r\nhost: foz\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
    socket.write(`${head}${body}`.repeat(4));
  }
  await until(async () => (await foz.metric('foz_answer_bytes_held')) > 4 * mb, 120_000);
  // A caller at its limit is refused while other callers are served.
  await until(
    async () => (await ask('{ notes(limit: 1500) { id body } }')).text.includes('"limit-exceeded"'),
    120_000,
  );
  expect(await foz.metric('foz_answer_bytes_held')).toBeLessThanOrEqual(16 * mb);
  const other = await ask('{ notes(limit: 1) { id } }', {}, admin);
  expect(other.text).toBe('{"data":{"notes":[{"id":1}]}}');
  for (const socket of sockets.splice(0)) socket.destroy();
  await until(async () => (await foz.metric('foz_answer_bytes_held')) === 0, 120_000);
}, 300_000);

test('after all of that it serves, and ends when it is told to', async () => {
  expect((await ask('{ notes(limit: 1) { id } }')).text).toBe('{"data":{"notes":[{"id":1}]}}');
  expect(foz.log).not.toContain('uncaught');
  expect(await foz.stop()).toBe(0);
}, 60_000);
