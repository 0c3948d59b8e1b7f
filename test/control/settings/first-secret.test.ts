import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { start } from '../../../src/main.ts';
import { untilRead } from '../../support/ready.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-first-secret-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const begin = (port: number) =>
  start(
    { state: folder, server: { port, graphiql: false }, auth: {}, sources: [] },
    { logger: pino({ level: 'silent' }) },
  );

async function status(url: string, secret: string): Promise<number> {
  const response = await fetch(`${url}graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-foz-admin-secret': secret },
    body: JSON.stringify({ query: '{ __typename }' }),
  });
  return response.status;
}

test('a start that fails does not use up the first secret; the store keeps it, also without its copy', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  await expect(begin((other.address() as AddressInfo).port)).rejects.toThrow('EADDRINUSE');
  other.close();

  const first = await begin(0);
  const secret = first.authentication.newAdminSecret!;
  await untilRead(first);
  expect(await status(first.url, secret)).toBe(200);
  await first.close(0);

  rmSync(join(folder, 'admin-secret.sha256'));
  const second = await begin(0);
  await untilRead(second);
  expect([second.authentication.newAdminSecret, await status(second.url, secret)]).toEqual([null, 200]);
  await second.close(0);
}, 120_000);
