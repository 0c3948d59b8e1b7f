import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import {
  keyRing,
  maskSecrets,
  prepareNewKey,
  rotateSecrets,
  Secrets,
  SecretValue,
} from '../../../src/store/secrets/index.ts';
import { MasterKey, parseMasterKey } from '../../../src/store/secrets/master-key.ts';
import { seal, unseal } from '../../../src/store/secrets/seal.ts';
import { openStore, type Store } from '../../../src/store/store.ts';
import { type StorePlace, storePlace } from '../place.ts';

const newKey = () => new MasterKey(randomBytes(32));
const ringOf = (current: MasterKey, ...older: MasterKey[]) =>
  ({ current, older, origin: 'environment' }) as const;

test('a secret value shows itself nowhere', () => {
  const value = new SecretValue('geheim');
  const shown = [
    String(value),
    `${value}`,
    JSON.stringify({ value }),
    inspect({ deep: { value } }, { showHidden: true, depth: 9 }),
    Object.keys(value).join(),
    JSON.stringify(structuredClone(maskSecrets({ value }))),
    // biome-ignore lint/style/useTemplate: concatenation is what is tested
    'x' + value,
  ];
  expect(shown.join()).not.toMatch(/geheim/);
  expect(value.reveal()).toBe('geheim');
});

test('a master key shows its id only, and says no more about itself than that', () => {
  const bytes = randomBytes(32);
  const key = new MasterKey(bytes);
  const shown = [inspect(key, { showHidden: true }), JSON.stringify(key), key.id].join();
  expect(shown).not.toContain(bytes.toString('base64').slice(0, 20));
  expect(shown).not.toContain(bytes.toString('hex').slice(0, 16));
  expect(key.derive('a')).toHaveLength(32);
  expect(key.derive('a').equals(key.derive('b'))).toBe(false);
  expect(new MasterKey(bytes).id).toBe(key.id);
});

test.each([
  ['base64', (bytes: Buffer) => bytes.toString('base64')],
  ['base64url', (bytes: Buffer) => bytes.toString('base64url')],
  ['hex', (bytes: Buffer) => bytes.toString('hex')],
  ['with a line end', (bytes: Buffer) => `${bytes.toString('base64')}\n`],
])('a master key is read in %s', (_, encode) => {
  const bytes = randomBytes(32);
  expect(parseMasterKey(encode(bytes), 'x').id).toBe(new MasterKey(bytes).id);
});

test.each([
  '',
  'short',
  'a'.repeat(64).replace('a', 'g'),
  randomBytes(31).toString('base64'),
  randomBytes(33).toString('hex'),
])('what is no master key is refused and not repeated: %s', (text) => {
  const refused = () => parseMasterKey(text, 'FOZ_MASTER_KEY');
  expect(refused).toThrow(/FOZ_MASTER_KEY is no master key/);
  if (text !== '')
    try {
      refused();
    } catch (error) {
      expect((error as Error).message).not.toContain(text);
    }
});

test('what is sealed opens for its record and key only, unchanged only', () => {
  const key = newKey();
  const text = 'pässword 😀 \0';
  const sealed = seal(text, 'source/shop/url', key);
  expect(unseal(sealed, 'source/shop/url', key)).toBe(text);
  expect(seal(text, 'source/shop/url', key)).not.toBe(sealed);
  expect(unseal(seal('', 'x', key), 'x', key)).toBe('');
  const refused = /cannot be decrypted/;
  expect(() => unseal(sealed, 'source/shop/urls', key)).toThrow(refused);
  expect(() => unseal(sealed, 'source/shop/url', newKey())).toThrow(refused);
  const bytes = Buffer.from(sealed.slice(3), 'base64url');
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at] = changed[at]! ^ 1;
    expect(() => unseal(`v1.${changed.toString('base64url')}`, 'source/shop/url', key)).toThrow(refused);
  }
  for (const other of ['', 'v1.', 'v2.abc', sealed.slice(0, -4), 'v1'])
    expect(() => unseal(other, 'x', key)).toThrow(refused);
});

test('nonces do not come twice', () => {
  const key = newKey();
  const nonces = Array.from({ length: 2_000 }, () => seal('x', 'x', key).slice(3, 19));
  expect(new Set(nonces).size).toBe(nonces.length);
});

test.each([
  ['postgres://ann@corp:geheim@host/db', 'postgres://ann@corp:***@host/db'],
  ['postgres://ann:ge heim geheim@host/db', 'postgres://ann:***@host/db'],
  ['postgres://ann:ge\theim@host/db', 'postgres://ann:***@host/db'],
  ['postgres://ann:12/geheim@host/db', 'postgres://ann:***@host/db'],
  ['postgres://host/db?user=a&password=ge heim;geheim&x=1', 'postgres://host/db?user=a&password=***&x=1'],
  ['postgres://host/db?pass%77ord=geheim', 'postgres://host/db?pass%77ord=***'],
  ['postgres://host:5432/db?user=a@b', 'postgres://host:5432/db?user=a@b'],
  ['https://host:8443/keys/@ann', 'https://host:8443/keys/@ann'],
  ['https://ann@corp:geheim@host/keys/@ann', 'https://ann@corp:***@host/keys/@ann'],
  ['cannot reach mysql://ann@corp:geheim@host/db now', 'cannot reach mysql://ann@corp:***@host/db now'],
])('a password within a URL is masked however it is written: %s', (url, shown) => {
  expect(maskSecrets({ url, list: [url] })).toEqual({ url: shown, list: [shown] });
});

test('masking finds secrets by name, class and within URLs', () => {
  const masked = maskSecrets({
    admin_secrets: ['geheim', { name: 'a', secret: 'geheim' }],
    clientSecret: 'geheim',
    url: 'mysql://root:ge@heim@host:1/db?password=geheim&x=1',
    list: ['https://user:geheim@host/'],
    jwt: { key: 'geheim', jwks_url: 'https://host/keys' },
    view: { key: ['id', 'line'] },
    authorization: 'Bearer geheim',
    empty: { password: null },
  });
  expect(JSON.stringify(masked)).not.toMatch(/geheim|heim@/);
  expect(masked).toMatchObject({
    url: 'mysql://root:***@host:1/db?password=***&x=1',
    jwt: { jwks_url: 'https://host/keys' },
    view: { key: ['id', 'line'] },
    empty: { password: null },
  });
});

describe('keys of a state folder', () => {
  let place: StorePlace;
  beforeEach(async () => {
    place = await storePlace('pglite');
  });
  afterEach(() => place.drop());
  const recorder = () => {
    const messages: string[] = [];
    return {
      messages,
      log: { warn: (_: object, message: string) => void messages.push(message), error() {} },
    };
  };

  test('one is made at the first start, for its owner only, with a warning, and stays', () => {
    const { messages, log } = recorder();
    const ring = keyRing(place.folder, {}, log);
    const file = join(place.folder, 'master.key');
    expect(ring.origin).toBe('generated');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(messages).toEqual([expect.stringMatching(/A master key .* was made/)]);
    expect(keyRing(place.folder, {}, log).current.id).toBe(ring.current.id);
    expect(messages).toHaveLength(1);
    chmodSync(file, 0o644);
    keyRing(place.folder, {}, log);
    expect(messages[1]).toMatch(/Others than its owner/);
  });

  test('the environment goes first, and leaves no file', () => {
    const [text, old] = [randomBytes(32).toString('hex'), randomBytes(32).toString('base64')];
    const ring = keyRing(place.folder, { FOZ_MASTER_KEY: text, FOZ_MASTER_KEY_OLD: old });
    expect(ring.current.id).toBe(parseMasterKey(text, '').id);
    expect(ring.older.map(({ id }) => id)).toEqual([parseMasterKey(old, '').id]);
    const file = join(place.folder, 'given.key');
    writeFileSync(file, `${old}\n`, { mode: 0o600 });
    expect(keyRing(place.folder, { FOZ_MASTER_KEY_FILE: file })).toMatchObject({
      origin: 'file',
      current: { id: parseMasterKey(old, '').id },
    });
    expect(existsSync(join(place.folder, 'master.key'))).toBe(false);
    expect(() => keyRing(place.folder, { FOZ_MASTER_KEY_FILE: `${file}.none` })).toThrow(/cannot be read/);
    expect(() => keyRing(join(file, 'no-folder'), {})).toThrow(/No master key can be made/);
  });

  test('a new key beside the old one: both are known until it takes its place, and after', () => {
    const first = keyRing(place.folder, {}).current.id;
    const { key, activate: keep } = prepareNewKey(place.folder);
    expect(keyRing(place.folder, {})).toMatchObject({ current: { id: first }, older: [{ id: key.id }] });
    keep();
    expect(keyRing(place.folder, {})).toMatchObject({ current: { id: key.id }, older: [{ id: first }] });
    expect(statSync(join(place.folder, 'master.key')).mode & 0o777).toBe(0o600);
  });
});

describe('secrets of a store', () => {
  let place: StorePlace;
  let store: Store;
  const key = newKey();
  let secrets: Secrets;
  beforeAll(async () => {
    place = await storePlace('pglite');
    store = openStore({ url: place.url, folder: place.folder });
    await store.open();
  }, 60_000);
  beforeEach(async () => {
    await store.write((db) => db.raw('delete from foz.secrets; delete from foz.master_key'));
    secrets = new Secrets(store, ringOf(key));
  });
  afterAll(async () => {
    await store.close();
    await place.drop();
  });
  const rows = () => store.read((db) => db('foz.secrets').orderBy('id'));

  test('are written, changed, removed, and stand in no file as they are', async () => {
    expect(await secrets.get('a')).toBeUndefined();
    await secrets.put('a', 'geheim-1');
    await secrets.put('a', 'geheim-2');
    await secrets.put('b', 'geheim-3');
    expect((await secrets.get('a'))?.reveal()).toBe('geheim-2');
    expect(await secrets.list()).toEqual(['a', 'b']);
    expect(JSON.stringify(await rows())).not.toMatch(/geheim/);
    await secrets.remove('a');
    await secrets.remove('a');
    expect(await secrets.list()).toEqual(['b']);
  });

  test('are part of a transaction, with its fate', async () => {
    await expect(
      store.write(async (db) => {
        await secrets.put('a', 'x', db);
        expect((await secrets.get('a', db))?.reveal()).toBe('x');
        throw new Error('no');
      }),
    ).rejects.toThrow();
    expect(await secrets.list()).toEqual([]);
  });

  test('one that is made when missing is made once', async () => {
    const values = await Promise.all(
      Array.from({ length: 5 }, () => secrets.getOrMake('made', () => randomBytes(8).toString('hex'))),
    );
    expect(new Set(values.map((value) => value.reveal())).size).toBe(1);
  });

  test('records that were swapped or changed do not open', async () => {
    await secrets.put('a', '1');
    await secrets.put('b', '2');
    const [a] = await rows();
    await store.write((db) => db('foz.secrets').where({ id: 'b' }).update({ sealed: a.sealed }));
    await expect(secrets.get('b')).rejects.toMatchObject({
      code: 'data-exception',
      message: expect.stringMatching(/secret b cannot be decrypted/),
    });
  });

  test('a wrong key is reported with the ids of both keys, when reading, writing and starting', async () => {
    await secrets.put('a', '1');
    const other = newKey();
    const wrong = new Secrets(store, ringOf(other));
    const named = {
      code: 'access-denied',
      message: expect.stringMatching(
        new RegExp(`needs the master key ${key.id}, this process has ${other.id}`),
      ),
    };
    await expect(wrong.get('a')).rejects.toMatchObject(named);
    await expect(wrong.put('b', '2')).rejects.toMatchObject(named);
    await expect(wrong.checkKey()).rejects.toMatchObject(named);
    await secrets.checkKey();
    expect(await secrets.list()).toEqual(['a']);
  });

  test('rotation writes all anew, and the old key is of no use any more', async () => {
    for (let index = 0; index < 20; index++) await secrets.put(`s${index}`, `value ${index}`);
    const before = await rows();
    const next = newKey();
    const changes: unknown[] = [];
    const { started, stop } = store.onChange((change) => changes.push(change));
    await started;
    expect(await rotateSecrets(store, ringOf(next, key))).toEqual({ rotated: 20, total: 20, keyId: next.id });
    const after = await rows();
    // One more secret: the pepper of the former key, for hashes that cannot be computed again.
    expect(after.map(({ key_id }) => key_id)).toEqual(Array.from({ length: 21 }, () => next.id));
    expect(new Set([...before, ...after].map(({ sealed }) => sealed)).size).toBe(41);
    const fresh = new Secrets(store, ringOf(next));
    for (let index = 0; index < 20; index++)
      expect((await fresh.get(`s${index}`))?.reveal()).toBe(`value ${index}`);
    await expect(secrets.get('s1')).rejects.toMatchObject({ code: 'access-denied' });
    await expect(secrets.put('s1', 'x')).rejects.toMatchObject({ code: 'access-denied' });
    // Repeating it does nothing.
    expect(await rotateSecrets(store, ringOf(next))).toEqual({ rotated: 0, total: 21, keyId: next.id });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(changes).toMatchObject([{ topic: 'secret', key: '*' }]);
    stop();
  });

  test('a rotation that cannot open one of them changes none', async () => {
    await secrets.put('a', '1');
    await secrets.put('b', '2');
    const before = await rows();
    await expect(rotateSecrets(store, ringOf(newKey()))).rejects.toMatchObject({ code: 'access-denied' });
    await store.write((db) => db('foz.secrets').where({ id: 'b' }).update({ sealed: before[0].sealed }));
    await expect(rotateSecrets(store, ringOf(newKey(), key))).rejects.toMatchObject({
      code: 'data-exception',
    });
    expect((await rows())[0]).toEqual(before[0]);
    expect((await secrets.get('a'))?.reveal()).toBe('1');
  });
});
