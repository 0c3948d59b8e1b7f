import { KeyRepositories } from '../../src/auth/api-keys/declared-keys.ts';
import { DeclaredKeys, mintKey } from '../../src/auth/index.ts';
import { until } from '../support/wait.ts';
import { keysOf, pepper, refusal, SilentStore, stored } from './keys.ts';
import { refused, request } from './support.ts';

test('a revocation that is told of counts with the next request', async () => {
  const { key, record } = stored();
  const { identify, repository } = keysOf([record]);
  await identify(request({ 'x-api-key': key }), 1000);
  repository.replace([]);
  expect(await refused(() => identify(request({ 'x-api-key': key }), 1000))).toMatchObject({
    message: refusal,
  });
});

test('a change that is told of counts with the next request', async () => {
  const { key, record } = stored({ roles: ['reader', 'writer'], defaultRole: 'reader' });
  const { identify, repository } = keysOf([record]);
  expect(await identify(request({ 'x-api-key': key, 'x-foz-role': 'writer' }), 1)).toMatchObject({
    role: 'writer',
  });
  repository.replace([{ ...record, roles: ['reader'], revision: '2' }]);
  expect(
    await refused(() => identify(request({ 'x-api-key': key, 'x-foz-role': 'writer' }), 1)),
  ).toMatchObject({ status: 403 });
});

test('a revocation that nobody tells of counts within two seconds', async () => {
  const { key, record } = stored();
  const repository = new SilentStore([record]);
  const { identify } = keysOf([], { repository });
  await identify(request({ 'x-api-key': key }), 10_000);
  repository.replace([]);
  expect(identify(request({ 'x-api-key': key }), 10_800)).toMatchObject({ role: 'reader' });
  expect(await refused(() => identify(request({ 'x-api-key': key }), 11_801))).toMatchObject({
    message: refusal,
  });
});

test('a key in use is read again in the background, once at a time, and its session stays the same', async () => {
  const { key, record } = stored();
  const repository = new SilentStore([record]);
  const { identify } = keysOf([], { repository });
  const session = await identify(request({ 'x-api-key': key }), 0);
  for (let now = 100; now <= 10_000; now += 100) {
    expect(identify(request({ 'x-api-key': key }), now)).toBe(session);
    await new Promise(setImmediate);
  }
  expect(repository.asked).toBeGreaterThanOrEqual(10);
  expect(repository.asked).toBeLessThan(15);
  repository.replace([]);
  identify(request({ 'x-api-key': key }), 11_000);
  await new Promise(setImmediate);
  expect(await refused(() => identify(request({ 'x-api-key': key }), 11_001))).toMatchObject({
    message: refusal,
  });
});

test('a store that is down is unavailable, never access; with grace only for keys known before', async () => {
  const { key, record } = stored();
  for (const graceMs of [0, 60_000]) {
    const repository = new SilentStore([record]);
    const { identify } = keysOf([], { repository, graceMs });
    await identify(request({ 'x-api-key': key }), 0);
    repository.down = true;
    expect(await refused(() => identify(request({ 'x-api-key': mintKey(pepper).key }), 1))).toMatchObject({
      code: 'unavailable',
    });
    const later = () => identify(request({ 'x-api-key': key }), 30_000);
    if (graceMs === 0) expect(await refused(later)).toMatchObject({ code: 'unavailable' });
    else expect(await later()).toMatchObject({ role: 'reader' });
    expect(await refused(() => identify(request({ 'x-api-key': key }), 100_000))).toMatchObject({
      code: 'unavailable',
    });
  }
});

test('a revocation while the key is being read is not lost', async () => {
  const { key, record } = stored();
  const repository = new DeclaredKeys([record]);
  const { find } = repository;
  repository.find = async (prefixes) => {
    const found = await find.call(repository, prefixes);
    if (found.length > 0) repository.replace([]);
    return found;
  };
  const { identify } = keysOf([], { repository });
  expect(await refused(() => identify(request({ 'x-api-key': key }), 1))).toMatchObject({ message: refusal });
});

test('many unknown keys ask the store one question at a time', async () => {
  const repository = new SilentStore([]);
  const { identify } = keysOf([], { repository });
  const all = Array.from({ length: 1000 }, () =>
    refused(() => identify(request({ 'x-api-key': mintKey(pepper).key }), 1)),
  );
  expect((await Promise.all(all)).every(({ message }) => message === refusal)).toBe(true);
  expect(repository.asked).toBeLessThanOrEqual(4);
});

test('the cache is bounded', async () => {
  const all = Array.from({ length: 20 }, () => stored());
  const repository = new SilentStore(all.map(({ record }) => record));
  const { identify } = keysOf([], { repository, cacheSize: 5 });
  for (let round = 0; round < 2; round++)
    for (const { key } of all) await identify(request({ 'x-api-key': key }), 1);
  expect(repository.asked).toBe(40);
});

test('last uses are written in one go, and kept while the store is down', async () => {
  const one = stored();
  const two = stored();
  const repository = new DeclaredKeys([one.record, two.record]);
  const written: number[] = [];
  const { touch } = repository;
  repository.touch = (uses) => {
    written.push(uses.length);
    return written.length === 1 ? Promise.reject(new Error('down')) : touch.call(repository, uses);
  };
  const { identify, keys } = keysOf([], { repository, useEveryMs: 20 });
  for (const { key } of [one, two, one]) await identify(request({ 'x-api-key': key }), 5000);
  await until(() => written.length === 2);
  expect(written).toEqual([2, 2]);
  const lastUse = (id: string) => repository.list().find((key) => key.id === id)?.lastUse;
  expect(lastUse(one.record.id)).toEqual({ keyId: one.record.id, at: 5000, address: '192.0.2.7' });
  await identify(request({ 'x-api-key': two.key }, { address: '::ffff:198.51.100.1' }), 5500);
  await keys.close();
  expect(lastUse(two.record.id)).toMatchObject({ at: 5500, address: '198.51.100.1' });
});

test('keys of the file and of the store stand side by side; a store that is down stops only its own', async () => {
  const inFile = stored();
  const inStore = stored();
  const store = new SilentStore([inStore.record]);
  const { identify } = keysOf([], {
    repository: new KeyRepositories([new DeclaredKeys([inFile.record]), store]),
  });
  expect(await identify(request({ 'x-api-key': inStore.key }), 1)).toMatchObject({ role: 'reader' });
  store.down = true;
  expect(await identify(request({ 'x-api-key': inFile.key }), 10_000)).toMatchObject({ role: 'reader' });
  expect(await refused(() => identify(request({ 'x-api-key': inStore.key }), 10_000))).toMatchObject({
    code: 'unavailable',
  });
});

test('an error of the store reaches the caller without what it said', async () => {
  const repository = new SilentStore([]);
  repository.down = true;
  const { message, why } = await refused(() =>
    keysOf([], { repository }).identify(request({ 'x-api-key': mintKey(pepper).key }), 1),
  );
  expect([message, why]).toEqual([
    'API keys cannot be checked now: the control store does not answer.',
    'connection refused',
  ]);
});
