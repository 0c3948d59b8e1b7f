import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { openControlPlane } from '../../../src/control/index.ts';
import { type AuditEvent, queryAudit, startRetention, verifyAudit } from '../../../src/store/audit/index.ts';
import { Refusals } from '../../../src/store/audit/refusals.ts';

const refusal = (address: string, reason = 'wrong-key'): AuditEvent => ({
  kind: 'refusal',
  actor: { kind: 'anonymous', id: null, role: null },
  address,
  reason,
  requestId: 'request',
  outcome: 'refused',
});

function refusals(windowMs?: number) {
  const appended: AuditEvent[] = [];
  const append = async (event: AuditEvent) => void appended.push(event);
  return { appended, counted: new Refusals(append, windowMs) };
}

test('after ten of an address for a reason the rest of the window is one record', async () => {
  const { appended, counted } = refusals();
  for (let count = 0; count < 25; count++) await counted.add(refusal('192.0.2.1'));
  for (let count = 0; count < 3; count++) await counted.add(refusal('192.0.2.1', 'expired'));
  for (let count = 0; count < 4; count++) await counted.add(refusal('192.0.2.2'));
  expect(appended).toHaveLength(17);
  await counted.flush();
  expect(appended).toHaveLength(18);
  const last = appended.at(-1)!;
  expect(last).toMatchObject({
    kind: 'refusal',
    address: '192.0.2.1',
    reason: 'wrong-key',
    after: { refusals: 15 },
  });
  expect(last.requestId).toBeUndefined();
  await counted.add(refusal('192.0.2.1'));
  expect(appended).toHaveLength(19);
});

test('very many addresses are counted together, and nothing is lost', async () => {
  const { appended, counted } = refusals();
  for (let at = 0; at < 5_000; at++) await counted.add(refusal(`2001:db8::${at.toString(16)}`));
  await counted.flush();
  const counts = appended.map(({ after }) => (after as { refusals?: number } | undefined)?.refusals ?? 1);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(5_000);
  expect(appended).toHaveLength(1_001);
  expect(appended.at(-1)).toMatchObject({ address: null, after: { refusals: 4_000 } });
});

test('reasons that a client makes up are counted together, too, and take no room', async () => {
  const { appended, counted } = refusals();
  for (let at = 0; at < 20_000; at++) await counted.add(refusal('192.0.2.1', `role "${at}" not granted`));
  await counted.flush();
  const counts = appended.map(({ after }) => (after as { refusals?: number } | undefined)?.refusals ?? 1);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(20_000);
  expect(appended.length).toBeLessThan(2_100);
  expect(appended.at(-1)).toMatchObject({ reason: 'other reasons', after: { refusals: 18_000 } });
});

test('long reasons are counted together once they take much room', async () => {
  const { appended, counted } = refusals();
  const long = 'x'.repeat(16_000);
  for (let at = 0; at < 500; at++) {
    await counted.add(refusal('192.0.2.1', `role "${at} ${long}" not granted`));
    expect(counted.cache.bytes).toBeLessThan(4.1 * 2 ** 20);
  }
  expect(counted.cache.entries).toBeLessThan(100);
  await counted.flush();
  const counts = appended.map(({ after }) => (after as { refusals?: number } | undefined)?.refusals ?? 1);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(500);
  expect(counted.cache).toMatchObject({ bytes: 0, entries: 0 });
});

test('a window ends by itself', async () => {
  const { appended, counted } = refusals(20);
  for (let count = 0; count < 11; count++) await counted.add(refusal('192.0.2.1'));
  for (let tries = 0; tries < 500 && appended.length < 11; tries++)
    await new Promise((resolve) => setTimeout(resolve, 20));
  expect(appended.at(-1)).toMatchObject({ after: { refusals: 1 } });
});

test('retention removes what is old, says so, and leaves a chain that holds', async () => {
  const state = mkdtempSync(join(tmpdir(), 'foz-retention-'));
  const log = pino({ level: 'silent' });
  const plane = (await openControlPlane({ sources: [], audit: true, state }, {}, log))!;
  const { store, audit } = plane;
  await store.open();
  for (let at = 0; at < 5; at++) await audit!.append(refusal(`192.0.2.${at}`));
  // Makes all records older than zero days.
  await new Promise((resolve) => setTimeout(resolve, 5));
  const stop = startRetention({ store, audit: audit!, days: 0, log });
  const records = async () => (await queryAudit(store)).records;
  for (let tries = 0; tries < 500 && (await records())[0]!.kind === 'refusal'; tries++)
    await new Promise((resolve) => setTimeout(resolve, 20));
  expect(await records()).toMatchObject([
    { kind: 'control', operation: 'audit.retention', actor: { kind: 'system', id: 'retention' } },
    { kind: 'refusal', address: '192.0.2.4' },
  ]);
  const report = await verifyAudit({
    store,
    key: await audit!.key(),
    checkpointFile: audit!.checkpoint.file,
  });
  expect(report.problems).toEqual([]);
  stop();
  await plane.close();
}, 60_000);
