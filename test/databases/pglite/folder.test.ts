import { cpSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
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

test('a folder that is removed while it is open takes no write, and is never made anew; one that is moved back is used again', async () => {
  const moved = join(root, 'moved');
  const away = join(root, 'away');
  const copied = join(root, 'copied');
  const connector = connectPglite({ folder: moved });
  const run = (text: string) => connector.run({ text, slots: [] }, [], context);
  const gone = { code: 'unavailable', message: 'The folder of the database is gone.' };
  await run('create table t (id int)');
  renameSync(moved, away);
  await expect(run('insert into t values (1)')).rejects.toMatchObject(gone);
  await expect(connector.ping(context.signal)).rejects.toMatchObject(gone);
  await expect(
    connector.transaction('write', context, (runner) =>
      runner.run({ text: 'insert into t values (1)', slots: [] }, [], context),
    ),
  ).rejects.toMatchObject(gone);
  renameSync(away, moved);
  await run('insert into t values (2)');
  expect((await run('select id from t')).rows).toEqual([['2']]);
  // Lost in the middle of a transaction.
  await expect(
    connector.transaction('write', context, async (runner) => {
      await runner.run({ text: 'insert into t values (3)', slots: [] }, [], context);
      renameSync(moved, away);
    }),
  ).rejects.toMatchObject({ code: 'unavailable' });
  await expect(run('select id from t')).rejects.toMatchObject(gone);
  expect(existsSync(moved)).toBe(false);
  cpSync(away, copied, { recursive: true });
  // A copy is another folder, also one that takes the place of a removed folder.
  cpSync(away, moved, { recursive: true });
  await expect(run('insert into t values (4)')).rejects.toMatchObject(gone);
  rmSync(moved, { recursive: true });
  rmSync(away, { recursive: true });
  await expect(run('insert into t values (5)')).rejects.toMatchObject(gone);
  cpSync(copied, moved, { recursive: true });
  await expect(run('insert into t values (6)')).rejects.toMatchObject(gone);
  await connector.close();
  const copy = connectPglite({ folder: moved });
  expect((await copy.run({ text: 'select id from t', slots: [] }, [], context)).rows).toEqual([['2']]);
  await copy.close();
}, 60_000);
