import type { Session } from '../../src/access/index.ts';
import { createAuth, DeclaredKeys, type SessionEnd } from '../../src/auth/index.ts';
import { SessionEnds } from '../../src/auth/session-end.ts';
import { keysOf, pepper, SilentStore, stored } from './keys.ts';
import { request } from './support.ts';

/** Watches the session of a key, and records why it ended. */
async function running(repository: DeclaredKeys, key: string) {
  const session = await keysOf([], { repository }).identify(request({ 'x-api-key': key }));
  const ends = new SessionEnds(repository, () => null, 50);
  const reasons: SessionEnd[] = [];
  let notify = () => {};
  const ended = new Promise<void>((resolve) => {
    notify = resolve;
  });
  const stop = ends.watch(session, (reason) => {
    reasons.push(reason);
    notify();
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(reasons).toEqual([]);
  return { ends, reasons, ended, stop };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('a revoked key ends its sessions at once when it is told', async () => {
  const { key, record } = stored();
  const repository = new DeclaredKeys([record]);
  const { ends, reasons } = await running(repository, key);
  repository.replace([]);
  await pause(5);
  expect(reasons).toEqual(['revoked']);
  ends.close();
});

test('a revoked key ends its sessions soon when nobody tells', async () => {
  const { key, record } = stored();
  const repository = new SilentStore([record]);
  const { ends, reasons, ended } = await running(repository, key);
  repository.replace([]);
  await ended;
  expect(reasons).toEqual(['revoked']);
  const { asked } = repository;
  await pause(120);
  expect(repository.asked).toBe(asked);
  ends.close();
});

test('a key that gained or lost something ends its sessions as changed', async () => {
  const { key, record } = stored();
  const repository = new SilentStore([record]);
  const { ends, reasons, ended } = await running(repository, key);
  repository.replace([{ ...record, roles: ['other'], revision: '2' }]);
  await ended;
  expect(reasons).toEqual(['changed']);
  ends.close();
});

test('a key that changed between the question who is asking and the first look ends its session', async () => {
  const { key, record } = stored();
  const repository = new SilentStore([record]);
  const session = await keysOf([], { repository }).identify(request({ 'x-api-key': key }));
  repository.replace([{ ...record, scopes: { operations: ['read'] }, revision: '2' }]);
  const ends = new SessionEnds(repository, () => null, 50);
  const reasons: SessionEnd[] = [];
  ends.watch(session, (reason) => reasons.push(reason));
  await pause(20);
  expect(reasons).toEqual(['changed']);
  ends.close();
});

test('what is gone between the question who is asking and the watch ends its session', async () => {
  const secret = 'a secret of some length';
  const other = { name: 'other', secret: 'another secret of length' };
  const config = { admin_secrets: [{ name: 'ops', secret }], anonymous_role: 'visitor' };
  const { identify, watch, use, close } = createAuth({ config });
  const ask = (headers: Record<string, string>) => identify(request(headers)) as Session;
  const sessions = {
    ops: ask({ 'x-foz-admin-secret': secret }),
    'ops as user': ask({ 'x-foz-admin-secret': secret, 'x-foz-role': 'user' }),
    visitor: ask({}),
  };
  const seen: string[] = [];
  const watchAll = () => {
    for (const [name, session] of Object.entries(sessions))
      watch(session, (reason) => seen.push(`${name} ${reason}`));
  };
  watchAll();
  use({ anonymous_role: 'visitor', adminSecrets: [other, { name: 'ops', secret }] });
  await pause(5);
  expect(seen).toEqual([]);
  use({ anonymous_role: 'guest', adminSecrets: [other] });
  const all = ['ops changed', 'ops as user changed', 'visitor changed'];
  expect(seen).toEqual(all);
  watchAll();
  await pause(5);
  expect(seen).toEqual([...all, ...all]);
  await close();
});

test('a store that is down ends nothing; watching can be stopped', async () => {
  const { key, record } = stored();
  const repository = new SilentStore([record]);
  const { ends, reasons, stop } = await running(repository, key);
  repository.down = true;
  await pause(120);
  expect(reasons).toEqual([]);
  stop();
  repository.down = false;
  repository.replace([]);
  await pause(120);
  expect(reasons).toEqual([]);
  ends.close();
});

test('sessions end when they expire, once, also when that is long ago or far away', async () => {
  const { watch, close } = createAuth({ config: {}, peppers: [pepper] });
  const session = (expiresAt: number) =>
    ({ role: 'user', variables: new Map(), expiresAt }) as unknown as Session;
  const seen: string[] = [];
  watch(session(Date.now() + 60), (reason) => seen.push(`soon ${reason}`));
  watch(session(1000), (reason) => seen.push(`past ${reason}`));
  const stop = watch(session(Date.now() + 60), () => seen.push('stopped'));
  watch(session(Date.now() + 2 ** 40), () => seen.push('far'))();
  watch({ role: 'user', variables: new Map() } as unknown as Session, () => seen.push('never'));
  stop();
  await pause(30);
  expect(seen).toEqual(['past expired']);
  await pause(80);
  expect(seen).toEqual(['past expired', 'soon expired']);
  await close();
});
