import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { openControlPlane } from '../../src/control/index.ts';
import { appendRecords } from '../../src/store/audit/append.ts';
import { type Running, running, secret } from '../control/sources/runtime.ts';
import { command } from './command.ts';
import { inProcess } from './in-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-cli-taken-'));
const state = join(folder, 'state');
const day = 86_400_000;
let foz: Running;

const env = { FOZ_ADMIN_SECRET: secret };
/** In a process of its own, which finds the store open in another. */
const here = (...args: readonly string[]) => command(folder, args, env);
const there = (...args: readonly string[]) =>
  inProcess(folder, [...args, '--endpoint', foz.server.url], { env });

/** Writes four audit records with times in the past. */
async function writePast(): Promise<void> {
  const config = { sources: [], auth: {}, state };
  const plane = (await openControlPlane(config, {}, pino({ level: 'silent' })))!;
  const event = { kind: 'sign-in', actor: { kind: 'token', id: 'ann', role: null } } as const;
  const events = [400, 300, 200, 100].map((days) => ({
    event: { ...event, outcome: 'success' as const },
    at: Date.now() - days * day,
  }));
  const key = await plane.audit!.key();
  await plane.store.write((db) => appendRecords(db, events, { key, lastHead: null }));
  await plane.close();
}

beforeAll(async () => {
  writeFileSync(join(folder, 'foz.yaml'), `state: ${state}\nauth: {}\nsources: []\n`);
  await writePast();
  foz = await running({ state });
}, 300_000);
afterAll(async () => {
  await foz.server.close(100);
  rmSync(folder, { recursive: true });
});

test('who finds the store open elsewhere is told the way out', async () => {
  for (const args of [
    ['store', 'status'],
    ['audit', 'verify'],
    ['audit', 'export'],
    ['audit', 'prune', '--days', '1'],
    ['metadata', 'export', 'files'],
    ['names', 'list'],
  ])
    expect([args, await here(...args)]).toEqual([
      args,
      {
        code: 1,
        out: '',
        err: expect.stringMatching(
          /is open in another process: .* Add --endpoint URL to ask that one, or stop it\.\n$/,
        ),
      },
    ]);
  // This command has no --endpoint.
  expect((await here('changes', 'status')).err).toMatch(
    /^What the store says is left out\. .* is open in another process: .*\d+Z\. Stop that one to have what its store says\.\n/,
  );
  expect((await here('check')).err).toMatch(
    /is open in another process: .* Add --endpoint URL to check the configuration that the running server has, not this file, or stop it\.\n/,
  );
  expect((await here('store', 'migrate')).err).toMatch(
    /open in another process: .*when it started: "foz store status --endpoint URL"/,
  );
  expect((await here('secrets', 'rotate')).err).toMatch(
    /open in another process: .*stop it, rotate, and start it again with the new key\.\n$/,
  );
}, 300_000);

test('the audit log is shortened while Foz runs, and says by whom', async () => {
  const pruned = await there('audit', 'prune', '--days', '250');
  expect([pruned.err, pruned.out]).toEqual([
    '',
    expect.stringMatching(
      /^2 records from before [\d-]+T[\d:.]+Z are removed\. The log now begins after record 2\.\n$/,
    ),
  ]);
  const { data } = await foz.control(
    '{ verifyAudit { ok first } audit(filter: { kinds: control }) { entries { operation actorKind after } } }',
  );
  expect(data).toMatchObject({
    verifyAudit: { ok: true, first: 3 },
    audit: { entries: [{ operation: 'audit.retention', actorKind: 'admin-secret' }] },
  });
  expect(JSON.parse(data.audit.entries[0].after)).toMatchObject({ removed: 2, through: 2 });
  for (const days of ['0', '1.5', 'x', '', '-3', '999999'])
    expect([days, (await there('audit', 'prune', '--days', days)).err]).toEqual([
      days,
      expect.stringMatching(/whole number/),
    ]);
  expect((await foz.control('mutation { pruneAudit(days: 0) { removed } }')).errors?.[0]?.message).toMatch(
    /whole number, at least 1/,
  );
}, 300_000);

test('the store is told of alike, whether its server is asked or it is opened', async () => {
  const asked = [await there('store', 'status'), await there('store', 'status', '--json')];
  expect(asked[0]).toEqual({
    code: 0,
    out: expect.stringMatching(/^Embedded store in \S+\/state\/store\n {2}done {2}\S+\n/),
    err: '',
  });
  await foz.server.close(100);
  expect([await here('store', 'status'), await here('store', 'status', '--json')]).toEqual(asked);
}, 300_000);

test('what the file says of retention cannot be undercut over the network', async () => {
  const prune = async (audit: boolean | { readonly retention_days: number | null }, days: number) => {
    foz = await running({ state, audit });
    const { data, errors } = await foz.control(
      'mutation ($days: Int!) { pruneAudit(days: $days) { removed } }',
      {
        days,
      },
    );
    await foz.server.close(100);
    return (
      errors?.map(({ message, extensions }) => `${extensions.code}: ${message}`) ?? data.pruneAudit.removed
    );
  };
  expect(await prune({ retention_days: null }, 150)).toEqual([
    expect.stringMatching(/^not-supported: .* every record of the audit log is kept/),
  ]);
  expect(await prune({ retention_days: 365 }, 150)).toEqual([
    expect.stringMatching(/^not-supported: .* kept for 365 days/),
  ]);
  expect(await prune({ retention_days: 365 }, 365)).toBe(0);
  expect(await prune(false, 150)).toEqual([expect.stringMatching(/^not-supported: There is no audit log/)]);
  expect(await prune(true, 150)).toBe(1);
}, 300_000);
