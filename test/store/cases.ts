import { randomUUID } from 'node:crypto';
import { mintKey } from '../../src/auth/index.ts';
import {
  findKeys,
  insertKey,
  listKeys,
  revokeKey,
  rotateKey,
  touchKeys,
  updateKey,
} from '../../src/store/repositories/api-keys.ts';
import { metadataHistory, metadataVersion } from '../../src/store/repositories/metadata.ts';
import { storedIssuers, storedSources } from '../../src/store/repositories/named.ts';
import { allowOperation, listOperations, removeOperation } from '../../src/store/repositories/operations.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { StoredKeys } from '../../src/store/stored-keys.ts';
import { type StorePlace, storePlace, until } from './place.ts';

const actor = { kind: 'command', id: 'test', role: 'admin' } as const;
const pepper = Buffer.alloc(32, 7);

/** The behaviour of a store of either kind. */
export function storeCases(kind: 'pglite' | 'postgres'): void {
  let place: StorePlace;
  let store: Store;
  beforeAll(async () => {
    place = await storePlace(kind);
    store = openStore({ url: place.url, folder: place.folder, keepVersions: 3 });
    await store.open();
  }, 60_000);
  afterAll(async () => {
    await store.close();
    await place.drop();
  });

  const newKey = async (name: string = randomUUID()) => {
    const id = randomUUID();
    const minted = mintKey(pepper);
    const { prefix, hash } = minted;
    await store.write((db) => insertKey(db, { id, name, prefix, hash, roles: ['user'] }));
    return { id, name, ...minted };
  };

  test('an error is recognised by its code, whatever text a value has, and contains no value', async () => {
    const row = { name: 'a timeout', config: '"Connection ended"', revision: 1 };
    const error = await store.write((db) => db('foz.settings').insert([row, row])).catch((caught) => caught);
    expect(error).toMatchObject({ code: 'conflict', internal: expect.stringContaining('foz') });
    expect(JSON.stringify([error.internal, error.cause.message])).not.toMatch(/a timeout|Connection ended/);
  });

  test('metadata: versions, conflicts, a bounded history, keys in their order', async () => {
    expect(await store.readMetadata()).toEqual({ version: 0, metadata: null });
    for (let version = 0; version < 5; version++)
      expect(await store.writeMetadata(version, { b: version, a: ['x?'] }, actor, `change ${version}`)).toBe(
        version + 1,
      );
    const { version, metadata } = await store.readMetadata();
    expect([version, JSON.stringify(metadata)]).toEqual([5, '{"b":4,"a":["x?"]}']);
    await expect(store.writeMetadata(3, {}, actor)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/version 5, not at 3/),
      details: { expected: 3, current: 5 },
    });
    const history = await store.read((db) => metadataHistory(db));
    expect(history.map((one) => [one.version, one.comment, one.actor])).toEqual([
      [5, 'change 4', actor],
      [4, 'change 3', actor],
      [3, 'change 2', actor],
    ]);
    expect((await store.read((db) => metadataVersion(db, 4))).metadata).toEqual({ b: 3, a: ['x?'] });
    await expect(store.read((db) => metadataVersion(db, 1))).rejects.toMatchObject({ code: 'not-found' });
  });

  test('of writers that saw the same version one wins', async () => {
    const { version } = await store.readMetadata();
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => store.writeMetadata(version, { index }, actor)),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'conflict' });
  });

  test('listeners get changes in order, also when one of them throws; a failed transaction publishes nothing', async () => {
    const seen: string[] = [];
    const bad = store.onChange(() => {
      throw new Error('listener');
    });
    const good = store.onChange((change) => void seen.push(`${change?.topic} ${change?.key}`));
    await good.started;
    await store.write((db) => storedSources.put(db, 'first', { kind: 'sqlite' }, 0));
    await expect(
      store.write(async (db) => {
        await storedSources.put(db, 'never', {}, 0);
        throw new Error('no');
      }),
    ).rejects.toMatchObject({ code: 'unexpected' });
    await store.write(async (db) => {
      await storedIssuers.put(db, 'okta', { issuer: 'https://x' }, 0);
      await storedSources.remove(db, 'first');
    });
    await until(() => seen.length >= 3);
    expect(seen).toEqual(['source first', 'issuer okta', 'source first']);
    bad.stop();
    good.stop();
    expect(await store.read((db) => storedSources.list(db))).toEqual([]);
    expect(
      (await store.read((db) => storedIssuers.list(db))).map(({ name, config }) => [name, config]),
    ).toEqual([['okta', { issuer: 'https://x' }]]);
  });

  test('issuers come and go', async () => {
    await store.write((db) => storedIssuers.put(db, 'entra', { audience: 'api' }, 0));
    expect(await store.read((db) => storedIssuers.read(db, 'entra'))).toMatchObject({
      config: { audience: 'api' },
      revision: 1,
    });
    await store.write((db) => storedIssuers.remove(db, 'entra'));
    await expect(store.read((db) => storedIssuers.read(db, 'entra'))).rejects.toMatchObject({
      code: 'not-found',
    });
  });

  test('sources: revisions, conflicts, unknown names', async () => {
    await store.write((db) => storedSources.put(db, 'shop', { url: 'x' }, 0));
    expect(await store.write((db) => storedSources.put(db, 'shop', { url: 'y' }, 1))).toBe(2);
    await expect(store.write((db) => storedSources.put(db, 'shop', {}, 0))).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/revision 2, not at 0/),
    });
    expect(await store.read((db) => storedSources.read(db, 'shop'))).toMatchObject({
      config: { url: 'y' },
      revision: 2,
    });
    await store.write((db) => storedSources.remove(db, 'shop'));
    await expect(store.read((db) => storedSources.read(db, 'shop'))).rejects.toMatchObject({
      code: 'not-found',
    });
    await expect(store.write((db) => storedSources.remove(db, 'shop'))).rejects.toMatchObject({
      code: 'not-found',
    });
  });

  test('allowed operations are kept per role', async () => {
    const hash = await store.write((db) =>
      allowOperation(db, { role: 'user', name: 'a', document: '{ a }' }),
    );
    await store.write((db) => allowOperation(db, { role: 'user', name: 'b', document: '{ a }' }));
    await store.write((db) => allowOperation(db, { role: 'guest', name: null, document: '{ a }' }));
    expect(await store.read((db) => listOperations(db, 'user'))).toEqual([
      { role: 'user', hash, name: 'b', document: '{ a }' },
    ]);
    expect(await store.read((db) => listOperations(db))).toHaveLength(2);
    expect(await store.write((db) => removeOperation(db, 'user', hash))).toBe(true);
    expect(await store.write((db) => removeOperation(db, 'user', hash))).toBe(false);
  });

  test('API keys: found by prefix with all their settings', async () => {
    const minted = mintKey(pepper);
    const id = randomUUID();
    const expiresAt = new Date('2030-01-02T03:04:05.678Z');
    const settings = {
      name: 'all',
      owner: 'ann',
      roles: ['a', 'b'],
      defaultRole: 'b',
      variables: { 'user-id': '7' },
      scopes: { operations: ['read'] as const },
      networks: ['10.0.0.0/8', '::1'],
      rateLimit: { requests: 5, seconds: 1 },
      backend: true,
    };
    await store.write((db) =>
      insertKey(db, { id, prefix: minted.prefix, hash: minted.hash, ...settings, expiresAt }),
    );
    expect(await store.read((db) => findKeys(db, [minted.prefix, 'none']))).toEqual([
      {
        id,
        ...settings,
        expiresAt: expiresAt.getTime(),
        revision: '1',
        secrets: [{ prefix: minted.prefix, hash: minted.hash, validUntil: null }],
      },
    ]);
    await expect(newKey('all')).rejects.toMatchObject({ code: 'conflict' });
    await store.write((db) => updateKey(db, id, { roles: ['c'], networks: null }));
    const [found] = await store.read((db) => findKeys(db, [minted.prefix]));
    expect(found).toMatchObject({ roles: ['c'], defaultRole: 'b', networks: undefined, revision: '2' });
  });

  test('API keys: rotation overlaps, revocation ends all secrets, other processes are notified', async () => {
    const key = await newKey();
    const changed: string[] = [];
    const stop = new StoredKeys(store).onChanged((id) => changed.push(id));
    const until1 = new Date(Date.now() + 60_000);
    const [second, third] = [mintKey(pepper), mintKey(pepper)];
    await store.write((db) => rotateKey(db, key.id, { prefix: second.prefix, hash: second.hash }, until1));
    const find = (prefix: string) => store.read((db) => findKeys(db, [prefix]));
    const [found] = await find(key.prefix);
    expect(found!.secrets).toEqual([
      { prefix: second.prefix, hash: second.hash, validUntil: null },
      { prefix: key.prefix, hash: key.hash, validUntil: until1.getTime() },
    ]);
    await store.write((db) => rotateKey(db, key.id, { prefix: third.prefix, hash: third.hash }, null));
    expect([await find(key.prefix), await find(second.prefix)]).toEqual([[], []]);
    await store.write((db) => revokeKey(db, key.id));
    expect(await find(third.prefix)).toEqual([]);
    await expect(store.write((db) => revokeKey(db, key.id))).rejects.toMatchObject({ code: 'not-found' });
    await until(() => changed.filter((id) => id === key.id).length >= 3);
    stop();
    const listed = await store.read((db) => listKeys(db, { id: key.id, revoked: true }));
    expect(listed).toMatchObject([{ name: key.name, prefixes: [] }]);
    expect(listed[0]?.revokedAt?.getTime()).toBeGreaterThan(0);
    expect(await store.read((db) => listKeys(db, { id: key.id }))).toEqual([]);
    // The name is free again.
    expect((await newKey(key.name)).name).toBe(key.name);
  });

  test('API keys: last uses are written in groups, and never go back', async () => {
    const [a, b] = [await newKey(), await newKey()];
    const touch = (uses: Parameters<typeof touchKeys>[1]) => store.read((db) => touchKeys(db, uses));
    await touch([
      { keyId: a.id, at: 2_000, address: '10.0.0.2' },
      { keyId: a.id, at: 1_000, address: '10.0.0.1' },
      { keyId: b.id, at: 5_000, address: null },
      { keyId: 'gone', at: 1, address: null },
    ]);
    await touch([{ keyId: a.id, at: 1_500, address: '10.0.0.3' }]);
    await touch([]);
    const used = async (id: string) => (await store.read((db) => listKeys(db, { id })))[0]!;
    expect(await used(a.id)).toMatchObject({ lastUsedAt: new Date(2_000), lastUsedAddress: '10.0.0.2' });
    expect(await used(b.id)).toMatchObject({ lastUsedAt: new Date(5_000), lastUsedAddress: null });
  });
}
