import { rmSync } from 'node:fs';
import {
  type AuditEvent,
  AuditLog,
  queryAudit,
  removeOldRecords,
  verifyAudit,
} from '../../../src/store/audit/index.ts';
import { keyRing, Secrets } from '../../../src/store/secrets/index.ts';
import { openStore } from '../../../src/store/store.ts';
import { availability } from '../../support/engines.ts';
import { until } from '../../support/wait.ts';
import { onServer, type StorePlace, storePlace } from '../place.ts';
import { buildChild, startChild } from '../processes.ts';
import { auditCases } from './cases.ts';

const found = availability('postgres');
const describeShared = 'reason' in found ? describe.skip : describe;
const event: AuditEvent = {
  kind: 'mutation',
  actor: { kind: 'api-key', id: 'ann', role: 'user' },
  operation: 'buy',
  source: 'shop',
  table: 'orders',
  affectedRows: 1,
  outcome: 'success',
};

describeShared('PostgreSQL', () => auditCases('postgres'));

describeShared('an audit log that processes share', () => {
  let place: StorePlace;
  beforeEach(async () => {
    place = await storePlace('postgres');
  });
  afterEach(() => place.drop());
  const open = (options = {}) => {
    const store = openStore({ url: place.url, folder: place.folder });
    const log = new AuditLog({
      store,
      secrets: new Secrets(store, keyRing(place.folder, {})),
      folder: place.folder,
      ...options,
    });
    const close = async () => {
      await log.close();
      await store.close();
    };
    return { store, log, close };
  };
  const noConnections = (allowed: boolean) => {
    const { pathname } = new URL(place.url!);
    const other = new URL('/postgres', place.url);
    return onServer(
      other.href,
      `alter database ${pathname.slice(1)} allow_connections ${allowed};
       select pg_terminate_backend(pid) from pg_stat_activity where datname = '${pathname.slice(1)}'`,
    );
  };

  test('appends of several processes at once keep one chain', async () => {
    const program = await buildChild();
    const children = Array.from({ length: 3 }, () =>
      startChild(program, ['audit', place.url!, place.folder, '400']),
    );
    for (const { ended } of children) expect(await ended).toEqual({ code: 0, errors: '' });
    rmSync(program);
    const { store, log, close } = open();
    expect(
      await verifyAudit({ store, key: await log.key(), checkpointFile: log.checkpoint.file }),
    ).toMatchObject({
      ok: true,
      records: 1_200,
    });
    const actors = await store.read((db) => db('foz.audit').distinct('actor_id').pluck('actor_id'));
    expect(actors).toHaveLength(3);
    await close();
  }, 60_000);

  test('while the store is down a log that fails closed refuses, and goes on once it is back', async () => {
    const errors: string[] = [];
    const { store, log, close } = open({
      log: { warn() {}, error: (_: object, message: string) => errors.push(message) },
    });
    await log.append(event);
    await log.ready();
    await noConnections(false);
    await expect(log.append(event)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/nothing is done without it/),
    });
    expect([log.failing, log.lost, errors.length]).toEqual([true, 0, 1]);
    await expect(log.ready()).rejects.toMatchObject({ code: 'unavailable' });
    // The write succeeded although its client got an error, so its record is stored later. A refused event is not.
    await expect(log.append({ ...event, kind: 'sign-in', operation: 'late' })).rejects.toMatchObject({
      code: 'unavailable',
    });
    await noConnections(true);
    await log.ready();
    await log.append({ ...event, operation: 'sell' });
    expect(log.failing).toBe(false);
    expect((await queryAudit(store)).records.map(({ operation }) => operation)).toEqual([
      'sell',
      'audit.resumed',
      'buy',
      'buy',
    ]);
    expect(await verifyAudit({ store, key: await log.key() })).toMatchObject({ ok: true, records: 4 });
    await close();
  }, 30_000);

  test('records of writes that were done while the store was down follow by themselves, also at the end', async () => {
    const warnings: object[] = [];
    const recorder = { warn: (fields: object) => warnings.push(fields), error() {} };
    const { store, log, close } = open({ log: recorder, retryMs: 100 });
    await log.append(event);
    const count = async () => (await queryAudit(store)).records.length;
    for (const wait of [true, false]) {
      const before = await count();
      await noConnections(false);
      const events = Array.from({ length: 30 }, () => ({ ...event, after: { total: 5 } }));
      const settled = await Promise.allSettled(events.map((one) => log.append(one)));
      expect(settled.every(({ status }) => status === 'rejected')).toBe(true);
      await new Promise((resolve) => setTimeout(resolve, 300));
      await noConnections(true);
      if (wait) await until(async () => (await count()) === before + 30);
      else await log.close();
      expect(await count()).toBe(before + 30);
    }
    expect(warnings).toHaveLength(60);
    expect(JSON.stringify(warnings)).not.toMatch(/total/);
    expect([log.lost, await verifyAudit({ store, key: await log.key() })]).toMatchObject([0, { ok: true }]);
    await close();
  }, 30_000);

  test('a log that fails open counts lost events and logs them as errors', async () => {
    const errors: unknown[] = [];
    const log1 = {
      warn() {},
      error: (fields: object, message: string) => errors.push({ ...fields, message }),
    };
    const { store, log, close } = open({ whenDown: 'open', log: log1 });
    await log.append(event);
    await noConnections(false);
    await log.ready();
    await log.append({ ...event, after: { total: 5 } });
    await log.append(event);
    expect(log.lost).toBe(2);
    expect(errors).toMatchObject([
      { message: 'The audit log cannot be written.' },
      { lost: 1, event: { operation: 'buy' }, message: expect.stringMatching(/IS MISSING IN THE AUDIT LOG/) },
      { lost: 2 },
    ]);
    // Contents of rows must not get into the process's own log.
    expect(JSON.stringify(errors)).not.toMatch(/total/);
    await noConnections(true);
    await log.append(event);
    expect((await queryAudit(store)).records).toHaveLength(2);
    await close();
  }, 30_000);

  test('retention goes in parts, while others write', async () => {
    const { store, log, close } = open();
    await Promise.all(Array.from({ length: 20_000 }, () => log.append(event)));
    await log.append(event);
    const before = Date.now() + 60_000;
    const writing = Promise.all(Array.from({ length: 200 }, () => log.append(event)));
    const { removed, through } = await removeOldRecords(store, log, before, event.actor);
    await writing;
    expect(removed).toBe(through);
    expect(removed).toBeGreaterThanOrEqual(20_000);
    const report = await verifyAudit({ store, key: await log.key(), checkpointFile: log.checkpoint.file });
    expect(report).toMatchObject({ ok: true, first: through! + 1 });
    await close();
  }, 60_000);

  test('more than 2,000 events a second are stored', async () => {
    const { store, log, close } = open();
    await log.append(event);
    const count = 6_000;
    const start = performance.now();
    let next = 0;
    // 64 clients, each of which waits for its response before the next request.
    const client = async () => {
      while (next++ < count) await log.append(event);
    };
    await Promise.all(Array.from({ length: 64 }, client));
    const perSecond = count / ((performance.now() - start) / 1000);
    expect((await store.read((db) => db('foz.audit').count('* as n')))[0]).toEqual({ n: String(count + 1) });
    await close();
    process.stderr.write(`audit on PostgreSQL: ${Math.round(perSecond)} events/s from 64 clients\n`);
    expect(perSecond).toBeGreaterThan(2_000);
  }, 60_000);
});
