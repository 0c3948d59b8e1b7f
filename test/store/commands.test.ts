import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasHash } from '../../src/auth/api-keys/format.ts';
import { mintKey } from '../../src/auth/index.ts';
import { verifyAuditLog } from '../../src/cli/audit.ts';
import { migrate, rotateSecrets, showStore } from '../../src/cli/store.ts';
import { migrateStore, rotateStoreSecrets, storeStatus, verifyStoredAudit } from '../../src/control/index.ts';
import { AuditLog } from '../../src/store/audit/index.ts';
import { addFormerPeppers, keyRing, peppersOf, Secrets } from '../../src/store/secrets/index.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { type StorePlace, storePlace } from './place.ts';

const print = [console.log, console.error] as const;
let place: StorePlace;
beforeEach(async () => {
  place = await storePlace('pglite');
});
afterEach(async () => {
  process.exitCode = undefined;
  [console.log, console.error] = print;
  await place.drop();
});

/** Opens the store as a server does, and closes it afterwards. */
async function using<T>(body: (store: Store, secrets: Secrets) => Promise<T>, environment = {}): Promise<T> {
  const store = openStore({ folder: place.folder });
  try {
    return await body(store, new Secrets(store, keyRing(place.folder, environment)));
  } finally {
    await store.close();
  }
}

const append = (count: number) =>
  using(async (store, secrets) => {
    const log = new AuditLog({ store, secrets, folder: place.folder });
    for (let index = 0; index < count; index++)
      await log.append({
        kind: 'sign-in',
        actor: { kind: 'token', id: 'ann', role: null },
        outcome: 'success',
      });
    await log.close();
  });

test('status changes nothing, migrate does', async () => {
  const at = { state: place.folder };
  const before = await storeStatus(at, {});
  expect(before).toMatchObject({ kind: 'pglite', done: [], unknown: [] });
  expect(await storeStatus(at, {})).toEqual(before);
  expect(await migrateStore(at, {})).toEqual(before.pending);
  expect(await migrateStore(at, {})).toEqual([]);
  expect(await storeStatus(at, {})).toMatchObject({ done: before.pending, pending: [] });
  expect(existsSync(join(place.folder, 'master.key'))).toBe(false);
}, 60_000);

test('the audit log is verified with the checkpoint of the state folder; without a key nothing is right', async () => {
  const at = { state: place.folder };
  expect(await verifyStoredAudit(at, {})).toMatchObject({ ok: true, records: 0 });
  await append(3);
  expect(await verifyStoredAudit(at, {})).toMatchObject({ ok: true, records: 3 });
  const checkpoint = join(place.folder, 'audit-checkpoint.json');
  const first = readFileSync(checkpoint, 'utf8');
  await append(1);
  expect(await verifyStoredAudit(at, {}, checkpoint)).toMatchObject({ ok: true, records: 4 });
  writeFileSync(checkpoint, first.replace('"seq":3', '"seq":9'));
  expect(await verifyStoredAudit(at, {})).toMatchObject({ ok: false, problems: [{ kind: 'checkpoint' }] });
  writeFileSync(checkpoint, first);
  await using((store) => store.write((db) => db('foz.secrets').delete()));
  expect(await verifyStoredAudit(at, {})).toMatchObject({ ok: false });
  await expect(
    verifyStoredAudit(at, { FOZ_MASTER_KEY: Buffer.alloc(32, 1).toString('hex') }),
  ).rejects.toMatchObject({
    code: 'access-denied',
  });
}, 60_000);

test('rotation of the key in the state folder: secrets, audit and API keys go on', async () => {
  const at = { state: place.folder };
  await append(2);
  const first = keyRing(place.folder, {});
  const minted = mintKey(peppersOf(first)[0]!);
  await using((_, secrets) => secrets.put('source/shop/url', 'geheim'));
  const done = await rotateStoreSecrets(at, {});
  expect(done).toMatchObject({ rotated: 2, total: 2 });
  const second = keyRing(place.folder, {});
  expect([second.current.id, second.older[0]?.id]).toEqual([done.keyId, first.current.id]);
  await rotateStoreSecrets(at, {});
  await rotateStoreSecrets(at, {});
  const last = keyRing(place.folder, {});
  expect([last.current, ...last.older].map(({ id }) => id)).not.toContain(first.current.id);
  await using(async (_, secrets) => {
    expect((await secrets.get('source/shop/url'))?.reveal()).toBe('geheim');
    // The pepper of the first key is still known.
    const peppers = peppersOf(last);
    expect(hasHash(minted.key, minted.hash, peppers)).toBe(false);
    await addFormerPeppers(secrets, peppers);
    expect(hasHash(minted.key, minted.hash, peppers)).toBe(true);
  });
  await append(1);
  expect(await verifyStoredAudit(at, {})).toMatchObject({ ok: true, records: 3 });
}, 60_000);

test('a rotation that was cut off before its end loses nothing', async () => {
  const at = { state: place.folder };
  await using((_, secrets) => secrets.put('a', 'geheim'));
  const file = join(place.folder, 'master.key');
  const old = readFileSync(file);
  await rotateStoreSecrets(at, {});
  // The state before the new key replaces the old one.
  writeFileSync(`${file}.new`, readFileSync(file), { mode: 0o600 });
  writeFileSync(file, old);
  await using(async (_, secrets) => expect((await secrets.get('a'))?.reveal()).toBe('geheim'));
  await rotateStoreSecrets(at, {});
  await using(async (_, secrets) => {
    await secrets.put('b', 'new');
    expect((await secrets.get('a'))?.reveal()).toBe('geheim');
  });
}, 60_000);

test('rotation by the environment needs the key before, and says which', async () => {
  const [one, two] = [Buffer.alloc(32, 1).toString('hex'), Buffer.alloc(32, 2).toString('base64')];
  await using((_, secrets) => secrets.put('a', 'geheim'), { FOZ_MASTER_KEY: one });
  const at = { state: place.folder };
  await expect(rotateStoreSecrets(at, { FOZ_MASTER_KEY: two })).rejects.toMatchObject({
    message: expect.stringMatching(/needs the master key [0-9a-f]{16}, this process has [0-9a-f]{16}/),
  });
  await rotateStoreSecrets(at, { FOZ_MASTER_KEY: two, FOZ_MASTER_KEY_OLD: one });
  await using(async (_, secrets) => expect((await secrets.get('a'))?.reveal()).toBe('geheim'), {
    FOZ_MASTER_KEY: two,
  });
}, 60_000);

test('the commands speak plainly, and end with code 1 when something is wrong', async () => {
  const lines: string[] = [];
  console.log = (line: string) => void lines.push(line);
  console.error = console.log;
  const config = join(place.folder, 'foz.yaml');
  writeFileSync(config, 'sources: []\n');
  const state = join(place.folder, '.foz');
  await showStore({ config });
  expect(process.exitCode).toBe(1);
  process.exitCode = undefined;
  await migrate({ config });
  await showStore({ config });
  await verifyAuditLog({ config });
  await rotateSecrets({ config });
  expect(process.exitCode).toBeUndefined();
  expect(lines.join('\n')).toMatch(
    /Embedded store in .*\.foz\/store\n {2}pending {2}0001-metadata[\s\S]*done {2}0004-audit[\s\S]*0 records, all as they were written[\s\S]*secrets are written anew/,
  );
  const store = openStore({ folder: state });
  await store.write((db) =>
    db('foz.audit_state').insert({ name: 'head', seq: 5, hash: 'x', at: 0, mac: 'x' }),
  );
  await store.close();
  await verifyAuditLog({ config, json: true });
  expect(process.exitCode).toBe(1);
  expect(JSON.parse(lines.at(-1)!)).toMatchObject({ ok: false });
}, 60_000);
