import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectPglite } from '../../../src/databases/pglite/index.ts';

const context = { signal: new AbortController().signal, timeoutMs: null };
const root = mkdtempSync(join(tmpdir(), 'foz-pglite-folder-'));
const folder = join(root, 'data');
afterAll(() => rmSync(root, { recursive: true }));

test('a folder has one process, or one connector of a process, at a time; the next has it afterwards', async () => {
  const run = (connector: ReturnType<typeof connectPglite>, text: string) =>
    connector.run({ text, slots: [] }, [], context);
  const first = connectPglite({ folder });
  await run(first, 'create table t (id int)');
  const second = connectPglite({ folder });
  await expect(run(second, 'insert into t values (1)')).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(
      new RegExp(
        `The database in ${folder} is open in another process: process ${process.pid} on .*, since 20.* \\(this one\\)`,
      ),
    ),
  });
  await run(first, 'insert into t values (2)');
  await first.close();
  expect((await run(second, 'select id from t')).rows).toEqual([['2']]);
  await second.close();
}, 60_000);
