import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { largest, longPast } from '../control/large.ts';
import { type Running, running, secret } from '../control/sources/runtime.ts';

const foz = join(import.meta.dirname, '../../bin/foz.js');
const folder = mkdtempSync(join(tmpdir(), 'foz-cli-large-'));
let server: Running;

/** Runs the built command. Resolves with its output; rejects if it fails. */
function command(...args: readonly string[]): Promise<string> {
  const env = { ...process.env, NODE_OPTIONS: '', FOZ_ADMIN_SECRET: secret };
  const all = [foz, ...args, '--endpoint', server.server.url];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, all, { cwd: folder, env }, (error, out) =>
      error === null ? resolve(out) : reject(error),
    );
  });
}

beforeAll(async () => {
  await longPast(join(folder, 'state'));
  server = await running({ state: join(folder, 'state') });
}, 120_000);
afterAll(async () => {
  await server.server.close(100);
  rmSync(folder, { recursive: true });
});

test('commands read and write versions and records beyond 32 bits', async () => {
  const document = { tables: [], inherited_roles: [{ role_name: 'both', role_set: ['a', 'b'] }] };
  await server.control('mutation ($document: JSON!) { replaceMetadata(document: $document) { applied } }', {
    document,
  });
  expect(await command('metadata', 'export', 'files')).toContain(`version ${largest + 1}`);
  await server.control(`mutation { revertMetadata(toVersion: ${largest}) { applied } }`);
  expect(JSON.parse(await command('metadata', 'apply', 'files', '--json'))).toMatchObject({
    applied: true,
    version: largest + 3,
  });
  const lines = (await command('audit', 'export')).trim().split('\n');
  const last = JSON.parse(lines.at(-1)!).seq;
  expect(last).toBeGreaterThan(largest);
  expect(await command('audit', 'verify')).toContain(
    `${lines.length} records (${largest - 1} to ${last}), all as they were written.`,
  );
}, 120_000);
