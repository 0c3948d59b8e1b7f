import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectPglite } from '../../../src/databases/pglite/index.ts';
import { ask, type Fixture, inProcess, patient } from '../postgres/support.ts';

describe('in memory', () => {
  let fixture: Fixture;
  const connector = () => fixture.connector;

  beforeAll(async () => {
    fixture = await inProcess();
    await fixture.script(`create table items (id int primary key, name text not null)`);
  });
  beforeEach(() => fixture.script(`truncate items; insert into items values (1, 'one'), (2, 'two')`));
  afterAll(() => fixture.drop());

  test('statements asked for at once run one after the other', async () => {
    const rows = await Promise.all(
      Array.from({ length: 50 }, (_, n) => ask(connector(), 'select $1::int4', [String(n)])),
    );
    expect(rows).toEqual(Array.from({ length: 50 }, (_, n) => [[String(n)]]));
    expect(connector().pool()).toEqual({ size: 1, idle: 1, waiting: 0 });
  });

  test('nobody else gets into a transaction', async () => {
    const first = connector().transaction('write', patient, async (runner) => {
      await ask(runner, `insert into items values (3, 'three')`);
      await new Promise((resolve) => setTimeout(resolve, 50));
      throw new Error('mine');
    });
    const second = ask(connector(), 'select count(*) from items');
    await expect(first).rejects.toThrow('mine');
    expect(await second).toEqual([['2']]);
    const kept = connector().transaction('write', patient, async (runner) => {
      await ask(runner, `insert into items values (3, 'three')`);
      return ask(runner, 'select count(*) from items');
    });
    expect(await kept).toEqual([['3']]);
    expect(await ask(connector(), 'select count(*) from items')).toEqual([['3']]);
  });

  test('who waits is given up when the time is up or the request ends', async () => {
    const gone = new AbortController();
    const holding = connector().transaction('write', patient, async (runner) => {
      await ask(runner, 'select 1');
      await new Promise((resolve) => setTimeout(resolve, 300));
    });
    const outcomes = Promise.allSettled([
      ask(connector(), 'select 1', [], { ...patient, timeoutMs: 50 }),
      ask(connector(), 'select 1', [], { signal: gone.signal, timeoutMs: null }),
    ]);
    gone.abort();
    expect(await outcomes).toMatchObject([{ reason: { code: 'timeout' } }, { reason: { code: 'timeout' } }]);
    await holding;
  });

  test('a read that took too long is rejected; in a transaction it takes the writes with it', async () => {
    const brief = { ...patient, timeoutMs: 20 };
    await expect(ask(connector(), 'select pg_sleep(0.1)', [], brief)).rejects.toMatchObject({
      code: 'timeout',
    });
    const work = connector().transaction('write', patient, async (runner) => {
      await ask(runner, 'delete from items');
      await ask(runner, 'update items set name = name || pg_sleep(0.1)::text', [], brief);
      await ask(runner, 'select pg_sleep(0.1)', [], brief);
    });
    await expect(work).rejects.toMatchObject({ code: 'timeout' });
    expect(await ask(connector(), 'select count(*) from items')).toEqual([['2']]);
  });

  test('a write that is stored by the time it is late is answered', async () => {
    const late = connector().run(
      { text: `insert into items select 9, pg_sleep(0.1)::text returning id`, slots: [] },
      [],
      { ...patient, timeoutMs: 20 },
    );
    expect((await late).rows).toEqual([['9']]);
  });

  test('errors are told by code and leave the connection usable', async () => {
    await expect(ask(connector(), `insert into items values (1, 'x')`)).rejects.toMatchObject({
      code: 'constraint-violation',
      details: { constraint: 'items_pkey', table: 'items' },
    });
    await expect(ask(connector(), 'select $1::int4', ['x'])).rejects.toMatchObject({
      code: 'data-exception',
    });
    await expect(ask(connector(), 'select * from nothing')).rejects.toMatchObject({ code: 'not-found' });
    expect(await ask(connector(), 'select count(*) from items')).toEqual([['2']]);
  });

  test('a table that changes under a prepared statement', async () => {
    expect(await ask(connector(), 'select * from items where id = 1')).toEqual([['1', 'one']]);
    await fixture.script(`alter table items add column extra int`);
    expect(await ask(connector(), 'select * from items where id = 1')).toEqual([['1', 'one', null]]);
    await fixture.script(`alter table items drop column extra`);
  });
});

test('a folder keeps its data; setUp comes first', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'foz-pglite-'));
  try {
    const open = (setUp: string) =>
      connectPglite({ folder: join(folder, 'deep', 'data'), setUp: (execute) => execute(setUp) });
    const first = open('create table kept (n int); insert into kept values (7)');
    expect(await ask(first, 'select n from kept')).toEqual([['7']]);
    await first.close();
    await expect(ask(first, 'select 1')).rejects.toMatchObject({ code: 'unavailable' });
    const second = open('');
    expect(await ask(second, 'select n from kept')).toEqual([['7']]);
    await second.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a database that cannot be opened is unavailable', async () => {
  const broken = connectPglite({ setUp: (execute) => execute('selec nonsense') });
  await expect(broken.ping(patient.signal)).rejects.toMatchObject({ name: 'FozError' });
  await broken.close();
});
