import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { connect } from '../../src/attach.ts';
import { Serving } from './serving.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-clock-'));
const clock = join(folder, 'clock');
const admin = { 'x-foz-admin-secret': 'admin-secret-for-tests' };
const day = 86_400_000;
let foz: Serving;

/**
 * Shifts the wall clock of a process and of its threads by the milliseconds in a file. Timers and `performance` are not affected.
 */
const moved = `
import { readFileSync } from 'node:fs';
const Wall = globalThis.Date;
const wall = Wall.now;
const now = () => wall() + Number(readFileSync(${JSON.stringify(clock)}, 'utf8'));
Wall.now = now;
globalThis.Date = new Proxy(Wall, {
  construct: (target, given, asked) => Reflect.construct(target, given.length === 0 ? [now()] : given, asked),
});
`;

beforeAll(async () => {
  const shop = await connect(
    { name: 'shop', kind: 'sqlite', path: join(folder, 'shop.db') },
    { create: true },
  );
  const context = { signal: new AbortController().signal, timeoutMs: null };
  await shop.run({ text: 'create table notes (id integer primary key, body text)', slots: [] }, [], context);
  await shop.close();
  const config = {
    state: 'state',
    audit: true,
    server: { limits: { roles: { clerk: { rate: { requests: 2, seconds: 40 * 86_400 } } } } },
    auth: { admin_secrets: ['admin-secret-for-tests'] },
    sources: [
      { name: 'shop', kind: 'sqlite', path: 'shop.db' },
      { name: 'own', kind: 'pglite', path: 'own' },
    ],
    metadata: {
      tables: [
        {
          source: 'shop',
          table: 'notes',
          select_permissions: [{ role: 'clerk', permission: { columns: '*', filter: {} } }],
        },
      ],
    },
  };
  writeFileSync(join(folder, 'foz.yaml'), JSON.stringify(config));
  writeFileSync(clock, '0');
  const preload = join(folder, 'moved.mjs');
  writeFileSync(preload, moved);
  foz = await Serving.start(folder, { env: { NODE_OPTIONS: `--import=${pathToFileURL(preload)}` } });
}, 600_000);
afterAll(() => {
  foz?.kill();
  rmSync(folder, { recursive: true });
});

const asClerk = () =>
  foz.post('graphql', { ...admin, 'x-foz-role': 'clerk' }, { query: '{ notes(limit: 1) { id } }' });

test('the wall clock may be set back and forwards: sources, the store, the audit log and rates go on', async () => {
  expect([(await asClerk()).status, (await asClerk()).status, (await asClerk()).status]).toEqual([
    200, 200, 429,
  ]);
  let id = 0;
  let keys = 0;
  for (const by of [-25 * day, 25 * day, -400 * day, 0]) {
    writeFileSync(clock, String(by));
    id++;
    const write = `mutation { insert_notes_one(object: {id: ${id}, body: "b"}) { id } }`;
    expect((await foz.post('graphql', admin, { query: write })).text).toBe(
      `{"data":{"insert_notes_one":{"id":${id}}}}`,
    );
    expect(
      (await foz.post('graphql', admin, { query: '{ notes_aggregate { aggregate { count } } }' })).text,
    ).toBe(`{"data":{"notes_aggregate":{"aggregate":{"count":${id}}}}}`);
    const key = `mutation { createKey(input: {name: "key ${++keys}", roles: ["clerk"]}) { text } }`;
    expect((await foz.post('control/graphql', admin, { query: key })).text).toContain('"data":{"createKey"');
    const listed = JSON.parse(
      (await foz.post('control/graphql', admin, { query: '{ keys { name } }' })).text,
    );
    expect(listed.data.keys).toHaveLength(keys);
    // The caller had used up its rate before the clock was changed, and the window has not ended.
    expect((await asClerk()).status).toBe(429);
  }
  const query = '{ audit(filter: {kinds: [mutation]}) { entries { seq } } }';
  const { data } = JSON.parse((await foz.post('control/graphql', admin, { query })).text);
  expect(data.audit.entries).toHaveLength(id);
  expect(await foz.stop()).toBe(0);
}, 600_000);
