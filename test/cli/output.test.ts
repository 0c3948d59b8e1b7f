import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const program = join(import.meta.dirname, '../../bin/foz.js');
const folder = mkdtempSync(join(tmpdir(), 'foz-output-'));
let child: ChildProcess | undefined;

beforeAll(() => writeFileSync(join(folder, 'foz.yaml'), 'sources: []\n'));
afterEach(() => child?.kill('SIGKILL'));
afterAll(() => rmSync(folder, { recursive: true }));

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts `foz serve` with this standard output. */
async function serve(stdio: StdioOptions): Promise<string> {
  const port = await freePort();
  const { FOZ_STORE_URL: _, FOZ_LOG_LEVEL: _level, ...env } = process.env;
  child = spawn(process.execPath, [program, 'serve', '--port', String(port)], {
    cwd: folder,
    env: { ...env, NODE_OPTIONS: '' },
    stdio,
  });
  const url = `http://127.0.0.1:${port}/`;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`Foz ended with ${child.exitCode}`);
    const up = await fetch(`${url}readyz`).then(
      () => true,
      () => false,
    );
    if (up) return url;
    await sleep(100);
  }
}

async function ask(url: string, name: string): Promise<unknown> {
  const response = await fetch(`${url}graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    // The log has the name that a request gives, not the one in its document.
    body: JSON.stringify({ query: `query ${name} { __typename }`, operationName: name }),
  });
  return response.json();
}

async function dropped(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}metrics`)).text();
  return Number(/^foz_output_dropped_total (\d+)$/m.exec(metrics)?.[1]);
}

/** Sends many requests. Expects all to be answered, dropped log lines to be counted, and the server to stop on a signal. */
async function expectServed(url: string, name = 'Some'): Promise<void> {
  do {
    for (let at = 0; at < 20; at++)
      expect(await ask(url, name)).toEqual({ data: { __typename: 'query_root' } });
  } while ((await dropped(url)) === 0);
  const ended = new Promise<number | null>((resolve) => child!.once('exit', resolve));
  child!.kill('SIGTERM');
  expect(await ended).toBe(0);
}

test('a full disk under the log and the messages stops nothing', async () => {
  const full = openSync('/dev/full', 'w');
  try {
    await expectServed(await serve(['ignore', full, full]));
  } finally {
    closeSync(full);
  }
}, 240_000);

test('whoever read the log has gone', async () => {
  const url = await serve(['ignore', 'pipe', 'pipe']);
  child!.stdout!.destroy();
  child!.stderr!.destroy();
  await expectServed(url);
}, 240_000);

test('whoever should read the log does not', async () => {
  const url = await serve(['ignore', 'pipe', 'pipe']);
  // Nothing reads from the pipe, so its buffer soon fills.
  await expectServed(url, `Long${'x'.repeat(200_000)}`);
}, 240_000);

test('what could not be printed is told of once there is room again', async () => {
  const url = await serve(['ignore', 'pipe', 'pipe']);
  const name = `Long${'x'.repeat(200_000)}`;
  do {
    for (let at = 0; at < 20; at++) await ask(url, name);
  } while ((await dropped(url)) === 0);
  let text = '';
  child!.stdout!.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  while (!text.includes('before this one could not be written')) {
    await ask(url, 'Short');
    await sleep(20);
  }
  const line = text.split('\n').find((one) => one.includes('"dropped"'))!;
  expect(JSON.parse(line).dropped).toBeGreaterThan(0);
}, 240_000);
