import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../src/attach.ts';
import { until } from '../support/wait.ts';
import { Serving } from './serving.ts';

/**
 * The state folder is removed, or can no longer be written, while Foz runs. It holds the embedded store with the audit log, the stored
 * catalogs and the checkpoint. Reads go on, a write is stored or refused and says so, and nothing ends the process.
 */

const admin = { 'x-foz-admin-secret': 'admin-secret-for-tests' };
const folder = mkdtempSync(join(tmpdir(), 'foz-lost-'));
const state = join(folder, 'state');
let foz: Serving | undefined;
let isShut = false;

/** Makes the state folder read-only for files that are opened from now on; `false` where this machine does not let us. */
function shutState(): boolean {
  try {
    execFileSync('mount', ['--bind', state, state], { stdio: 'pipe' });
  } catch (error) {
    console.warn(`Skipped: nothing can be mounted here: ${(error as Error).message}`);
    return false;
  }
  isShut = true;
  execFileSync('mount', ['-o', 'remount,bind,ro', state]);
  return true;
}

function openState(): void {
  if (isShut) execFileSync('umount', ['-l', state]);
  isShut = false;
}

beforeAll(async () => {
  const shop = await connect(
    { name: 'shop', kind: 'sqlite', path: join(folder, 'shop.db') },
    { create: true },
  );
  const context = { signal: new AbortController().signal, timeoutMs: null };
  await shop.run({ text: 'create table notes (id integer primary key, body text)', slots: [] }, [], context);
  await shop.close();
});
afterEach(() => {
  foz?.kill();
  openState();
  rmSync(state, { recursive: true, force: true });
});
afterAll(() => rmSync(folder, { recursive: true }));

async function start(audit: object): Promise<Serving> {
  mkdirSync(state, { recursive: true });
  const config = {
    state,
    audit,
    auth: { admin_secrets: ['admin-secret-for-tests'] },
    sources: [{ name: 'shop', kind: 'sqlite', path: join(folder, 'shop.db'), schema_check_seconds: 1 }],
  };
  writeFileSync(join(folder, 'foz.yaml'), JSON.stringify(config));
  return Serving.start(folder);
}

interface Answer {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { message: string; extensions: Record<string, unknown> }[];
}

async function ask(path: string, query: string): Promise<Answer> {
  const { text } = await foz!.post(path, admin, { query });
  return JSON.parse(text) as Answer;
}

const losses: readonly (readonly [string, 'closed' | 'open', () => boolean])[] = [
  [
    'removed',
    'closed',
    () => {
      // Foz may write into it meanwhile.
      rmSync(state, { recursive: true, maxRetries: 10 });
      return true;
    },
  ],
  ['read-only', 'open', shutState],
];

for (const [what, when_down, lose] of losses)
  test(`${what}, audit ${when_down}`, async () => {
    foz = await start({ when_down });
    const insert = (id: number) =>
      ask('graphql', `mutation { insert_notes_one(object: {id: ${id}, body: "x"}) { id } }`);
    const list = async () => {
      const { data } = await ask('graphql', '{ notes(order_by: {id: asc}) { id } }');
      return (data!.notes as { id: number }[]).map(({ id }) => id);
    };
    const before = await list();
    const first = 1000 * (before.length + 1);
    expect((await insert(first)).errors).toBeUndefined();
    if (!lose()) return;
    const said: number[] = [];
    for (let id = first + 1; id <= first + 20; id++) {
      const { data, errors = [] } = await insert(id);
      for (const { extensions } of errors) expect(extensions.code).not.toBe('unexpected');
      if (data?.insert_notes_one != null || errors.some(({ extensions }) => 'committed' in extensions))
        said.push(id);
    }
    expect(await list()).toEqual([...before, first, ...said]);
    if (what === 'removed') await mustBeNoticed();
    // The control API answers, whatever it can still do.
    for (const query of [
      '{ sources { name } }',
      'mutation { createKey(input: {name: "k", roles: ["admin"]}) { text } }',
      'mutation { removeSource(name: "none") { name } }',
    ])
      expect(await ask('control/graphql', query)).toBeDefined();
    // A change of the schema is noticed, though its catalog cannot be stored.
    const table = `later_${what.slice(0, 4)}_${when_down}`;
    await createTable(table);
    for (let tries = 0; ; tries++) {
      const { errors } = await ask('graphql', `{ ${table} { id } }`);
      if (errors === undefined) break;
      expect(tries).toBeLessThan(300);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(await foz.isReady()).toBe(what !== 'removed');
    const warnings = foz.log.split('\n').filter((line) => line.includes('checkpoint of the audit log'));
    expect(warnings.length).toBeLessThan(2);
    expect(await foz.stop()).toBe(0);
    expect(foz.log).not.toMatch(/uncaught|unhandled/i);
    // A process whose folder was removed puts nothing in its place.
    if (what === 'removed') expect(existsSync(state)).toBe(false);
  }, 300_000);

/** All that tells the state of Foz says that the folder of the store was removed. */
async function mustBeNoticed(): Promise<void> {
  const reason = /^The store in .*store was removed while Foz runs: move the folder back, or restart Foz/;
  const ready = await fetch(`${foz!.url}readyz`);
  expect(ready.status).toBe(503);
  expect(await ready.json()).toMatchObject({ status: 'not ready', store: { ready: false } });
  expect((await ask('control/graphql', '{ health { ok store } }')).data).toEqual({
    health: { ok: false, store: expect.stringMatching(reason) },
  });
  for (const query of [
    '{ storeStatus { pending } }',
    'mutation { createKey(input: {name: "k", roles: ["admin"]}) { text } }',
  ])
    expect((await ask('control/graphql', query)).errors).toMatchObject([
      { message: expect.stringMatching(reason), extensions: { code: 'unavailable' } },
    ]);
  // Refused before anything is written.
  const { errors } = await ask('graphql', 'mutation { insert_notes_one(object: {body: "late"}) { id } }');
  expect(errors).toMatchObject([{ extensions: { code: 'unavailable' } }]);
  expect(errors![0]!.extensions).not.toHaveProperty('committed');
  const lines = foz!.log
    .split('\n')
    .filter((line) => /"msg":"The store in .*was removed while Foz runs/.test(line));
  expect(lines).toHaveLength(1);
}

test('without an embedded store, too, a change of the graph leaves a removed state folder removed', async () => {
  mkdirSync(state, { recursive: true });
  const source = { name: 'shop', kind: 'sqlite', path: join(folder, 'shop.db'), schema_check_seconds: 1 };
  writeFileSync(join(folder, 'foz.yaml'), JSON.stringify({ state, sources: [source] }));
  foz = await Serving.start(folder);
  await until(
    () => ['names.json', 'graph.json.gz', 'catalog'].every((name) => existsSync(join(state, name))),
    120_000,
  );
  expect(existsSync(join(state, 'store'))).toBe(false);
  rmSync(state, { recursive: true });
  await createTable('without_store');
  await until(async () => (await ask('graphql', '{ without_store { id } }')).errors === undefined, 120_000);
  expect((await ask('graphql', 'mutation { insert_without_store_one(object: {}) { id } }')).data).toEqual({
    insert_without_store_one: { id: 1 },
  });
  expect(await foz.stop()).toBe(0);
  expect(foz.log).not.toMatch(/uncaught|unhandled/i);
  expect(existsSync(state)).toBe(false);
}, 300_000);

/** Another program changes the schema of the source. */
async function createTable(name: string): Promise<void> {
  const shop = await connect(
    { name: 'shop', kind: 'sqlite', path: join(folder, 'shop.db') },
    { create: true },
  );
  const context = { signal: new AbortController().signal, timeoutMs: null };
  await shop.run({ text: `create table ${name} (id integer primary key)`, slots: [] }, [], context);
  await shop.close();
}

test('a state folder that is moved back is used again; one that took its place is not', async () => {
  foz = await start({ when_down: 'closed' });
  const insert = () => ask('graphql', 'mutation { insert_notes_one(object: {body: "x"}) { id } }');
  const untilReady = async (isReady: boolean) => {
    while ((await foz!.isReady()) !== isReady) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  expect((await insert()).errors).toBeUndefined();
  const away = join(folder, 'away');
  renameSync(state, away);
  await untilReady(false);
  expect((await insert()).errors).toBeDefined();
  renameSync(away, state);
  await untilReady(true);
  expect((await insert()).errors).toBeUndefined();
  // A restored copy is another folder: what Foz has open does not lead to it.
  renameSync(state, away);
  cpSync(away, state, { recursive: true });
  await untilReady(false);
  expect((await insert()).errors).toMatchObject([{ extensions: { code: 'unavailable' } }]);
  const before = readdirSync(state).map((name) => [name, statSync(join(state, name)).mtimeMs]);
  expect(await foz.stop()).toBe(0);
  expect(foz.log).toMatch(/was replaced while Foz runs: restart Foz/);
  expect(readdirSync(state).map((name) => [name, statSync(join(state, name)).mtimeMs])).toEqual(before);
  rmSync(away, { recursive: true });
  // The restart finds the copy whole, with what was written before it was made.
  foz = await start({ when_down: 'closed' });
  expect((await ask('control/graphql', '{ verifyAudit { ok problems { message } } }')).data).toMatchObject({
    verifyAudit: { ok: true },
  });
}, 300_000);
