import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { onServer, type StorePlace, storePlace } from '../store/place.ts';
import { describeEngines } from '../support/engines.ts';
import { until } from '../support/wait.ts';
import { freePort, programsIn } from './programs.ts';

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
  let path: string;
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
    path = programsIn(folder);
  }, 300_000);
  afterAll(async () => {
    serving?.kill('SIGKILL');
    await database?.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('the page does what it says, from its first line to its last', async () => {
    const port = await freePort();
    const env = {
      ...process.env,
      NODE_OPTIONS: '',
      FOZ_STORE_URL: '',
      SHOP_URL: database.url!,
      PATH: path,
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
          600_000,
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
  }, 900_000);
});
