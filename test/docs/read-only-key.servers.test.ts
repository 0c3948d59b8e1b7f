import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { parse } from 'yaml';
import { onServer, type StorePlace, storePlace } from '../store/place.ts';
import { describeEngines } from '../support/engines.ts';
import { until } from '../support/wait.ts';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/read-only-key.md'), 'utf8');
/** The code blocks of the page in order, with their info strings: `sh`, `sh background`, `yaml foz.yaml`, ... */
const blocks = [...page.matchAll(/^```(\S.*)\n([\s\S]*?)^```$/gm)].map(([, kind, text]) => ({
  kind: kind!,
  text: text!,
}));

describeEngines(['postgres'], () => {
  let database: StorePlace;
  let folder: string;
  let serving: ChildProcess | null = null;
  beforeAll(async () => {
    database = await storePlace('postgres');
    await onServer(
      database.url!,
      `create table customers (id integer primary key);
       create table orders (id integer primary key, total numeric(8,2), internal_note text);
       insert into orders values (1, 9.5, 'secret')`,
    );
    folder = mkdtempSync(join(tmpdir(), 'foz-page-'));
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    // The command that npx finds in an installed checkout.
    writeFileSync(
      join(bin, 'npx'),
      `#!/bin/sh\nshift\nexec "${process.execPath}" "${join(root, 'bin/foz.js')}" "$@"\n`,
    );
    chmodSync(join(bin, 'npx'), 0o755);
    if (spawnSync('curl', ['--version']).status !== 0)
      writeFileSync(join(bin, 'curl'), curl(), { mode: 0o755 });
  }, 60_000);
  afterAll(async () => {
    serving?.kill('SIGKILL');
    await database?.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A replacement for curl with the options that the page uses, for machines without it. */
  function curl(): string {
    const program = `const [, , url, ...rest] = process.argv.slice(1); const headers = {}; let body;
for (let at = 0; at < rest.length; at += 2) rest[at] === '-H' ? Object.assign(headers, { [rest[at + 1].split(': ')[0]]: rest[at + 1].split(': ')[1] }) : (body = rest[at + 1]);
fetch(url, { method: 'POST', headers, body }).then((r) => r.text()).then((t) => process.stdout.write(t));`;
    writeFileSync(join(folder, 'bin/curl.cjs'), program);
    return `#!/bin/sh\nexec "${process.execPath}" "${join(folder, 'bin/curl.cjs')}" "$@"\n`;
  }

  test('the page does what it says, from its first line to its last', async () => {
    const port = await freePort();
    const env = {
      ...process.env,
      NODE_OPTIONS: '',
      FOZ_STORE_URL: '',
      SHOP_URL: database.url!,
      PATH: `${join(folder, 'bin')}${delimiter}${process.env.PATH}`,
    };
    const run = (text: string) => {
      const script = text.replaceAll('8123', String(port));
      const { status, stdout, stderr } = spawnSync('sh', ['-e', '-c', script], {
        cwd: folder,
        env,
        encoding: 'utf8',
      });
      expect([script, stderr, status]).toEqual([script, '', 0]);
      return stdout;
    };
    let last = '';
    for (const { kind, text } of blocks) {
      if (kind === 'yaml foz.yaml') writeFileSync(join(folder, 'foz.yaml'), text);
      else if (kind === 'sh') last = run(text);
      else if (kind === 'text') expect(last).toBe(text);
      else if (kind === 'json') expect(JSON.parse(last)).toEqual(JSON.parse(text));
      else if (kind === 'sh background') {
        const script = `exec ${text.trim().replaceAll('8123', String(port))}`;
        serving = spawn('sh', ['-c', script], { cwd: folder, env, stdio: 'ignore' });
        await until(
          async () => (await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null))?.ok ?? false,
          60_000,
        );
      } else if (kind === 'sh refused') {
        const lines = text.trim().split('\n');
        expect(lines).toHaveLength(4);
        for (const line of lines)
          expect([line, JSON.parse(run(line))]).toEqual([
            line,
            {
              errors: [
                expect.objectContaining({
                  extensions: expect.objectContaining({ code: expect.any(String) }),
                }),
              ],
            },
          ]);
      } else expect(kind).toBe('sh install');
    }
    expect(parse(readFileSync(join(folder, 'foz.yaml'), 'utf8')).auth.api_keys[0].name).toBe('report');
    expect(await onServer(database.url!, 'select count(*)::int as n from orders')).toEqual([{ n: 1 }]);
  }, 120_000);
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
