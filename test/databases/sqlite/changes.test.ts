import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { connectSqlite } from '../../../src/databases/sqlite/index.ts';
import type { Connector, RunContext } from '../../../src/plan/index.ts';

const never = new AbortController().signal;
const patient: RunContext = { signal: never, timeoutMs: null };

describe('changes of a SQLite file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'foz-changes-'));
  const file = join(folder, 'shop.db');
  let beside: InstanceType<typeof DatabaseSync>;
  let connector: Connector;

  beforeAll(() => {
    beside = new DatabaseSync(file);
    beside.exec('create table items (id integer primary key)');
    connector = connectSqlite({ file });
  });
  afterAll(async () => {
    await connector.close();
    beside.close();
    rmSync(folder, { recursive: true });
  });

  test('commits of Foz and of others are noticed, nothing else is', async () => {
    const [outbox, offer] = await connector.changes!.offers([{ namespace: null, name: 'items' }], never);
    expect(outbox).toMatchObject({
      method: 'triggers',
      obstacles: [expect.stringContaining('There is no outbox')],
    });
    expect(offer).toEqual({
      method: 'version',
      grain: 'database',
      obstacles: [],
      setup: [],
      gaps: [],
      unseen: [],
      warnings: [],
    });
    const stream = await connector.changes!.follow({ method: 'version', keptAs: null });
    const insert = (id: number) => ({ text: `insert into items values (${id})`, slots: [] });
    await connector.run(insert(1), [], patient);
    expect(await stream.next(never)).toEqual([{ kind: 'touched' }]);
    beside.exec('insert into items values (2)');
    expect(await stream.next(never)).toEqual([{ kind: 'touched' }]);
    beside.exec('begin; insert into items values (3); rollback');
    await connector.run({ text: 'select count(*) from items', slots: [] }, [], patient);
    const ends = new AbortController();
    const waiting = stream.next(ends.signal);
    setTimeout(() => ends.abort(), 300);
    await expect(waiting).rejects.toMatchObject({ code: 'timeout' });
    await stream.close();
    await expect(stream.next(never)).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('a stream cannot begin in the past, and ends when the file is replaced', async () => {
    const kept = connector.changes!.follow({ method: 'version', keptAs: 'foz' });
    await expect(kept).rejects.toMatchObject({ code: 'not-supported' });
    const stream = await connector.changes!.follow({ method: 'version', keptAs: null });
    renameSync(file, `${file}.old`);
    new DatabaseSync(file).close();
    await expect(stream.next(never)).rejects.toMatchObject({ code: 'unavailable' });
    await stream.close();
  });
});
