import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from '@photostructure/sqlite';
import { FozError } from '../../../src/core/index.ts';
import type { Connector, RunContext } from '../../../src/plan/index.ts';
import { pause as later } from '../../support/wait.ts';
import { cleanUp, freshFile, open, patient, say, script } from './support.ts';

afterEach(cleanUp);

/** Runs for minutes unless it is interrupted. */
const endless =
  'with recursive c(x) as (select 1 union all select x + 1 from c where x < 1e12) select count(*) from c';
const rows = async (connector: Connector, text: string) => (await say(connector, text)).rows;

function fresh(text: string, options: Partial<Parameters<typeof open>[0]> = {}): Connector {
  const file = freshFile();
  script(file, text);
  return open({ file, synchronous: 'off', readers: 2, ...options });
}

/** A context with a function that aborts its signal. */
function stoppable(timeoutMs: number | null = null): { context: RunContext; stop: () => void } {
  const controller = new AbortController();
  return { context: { signal: controller.signal, timeoutMs }, stop: () => controller.abort() };
}

/** Process ids of the living child processes of this process. */
function children(): readonly number[] {
  const list = `/proc/self/task/${process.pid}/children`;
  if (existsSync(list)) return readFileSync(list, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  const all = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  const pairs = all.map((line) => line.trim().split(/\s+/).map(Number));
  return pairs.filter(([, parent]) => parent === process.pid).map(([pid]) => pid!);
}

describe('a statement that does not end', () => {
  test('is stopped by the signal while other statements go on', async () => {
    const others = children();
    const connector = fresh('create table t (x); insert into t values (1)');
    const { context, stop } = stoppable();
    const running = say(connector, endless, [], context);
    while (connector.pool().size === 0) await later(5);
    const busy = children().find((pid) => !others.includes(pid));
    expect(busy).toBeDefined();
    let hasEnded = false;
    const ended = () => {
      hasEnded = true;
    };
    const stopped = expect(running.finally(ended)).rejects.toMatchObject({ code: 'timeout' });
    for (let round = 0; round < 20; round++) expect(await rows(connector, 'select x from t')).toEqual([[1]]);
    await say(connector, 'insert into t values (2)');
    expect(hasEnded).toBe(false);
    expect(connector.pool().size).toBe(3);
    stop();
    await stopped;
    for (let tries = 0; tries < 100 && children().includes(busy!); tries++) await later(50);
    expect(children()).not.toContain(busy);
    expect(connector.pool()).toMatchObject({ size: 2, idle: 2, waiting: 0 });
    expect(await rows(connector, 'select count(*) from t')).toEqual([[2]]);
  });

  test('is stopped by its time limit', async () => {
    const connector = fresh('create table t (x)');
    await expect(say(connector, endless, [], stoppable(100).context)).rejects.toMatchObject({
      code: 'timeout',
    });
    expect(await rows(connector, 'select 1')).toEqual([[1]]);
  });

  test('does not block the event loop', async () => {
    const connector = fresh('create table t (x)');
    await rows(connector, 'select 1');
    const { context, stop } = stoppable();
    const running = say(connector, endless, [], context).catch(() => {});
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    await later(200);
    clearInterval(timer);
    stop();
    await running;
    expect(ticks).toBeGreaterThan(10);
  });

  test('rolls back the transaction it stands in', async () => {
    const connector = fresh('create table t (x)');
    const { context, stop } = stoppable();
    const writing = connector.transaction('write', context, async (runner) => {
      await say(runner, 'insert into t values (1)');
      setTimeout(stop, 50);
      await say(runner, `insert into t ${endless}`, [], context);
    });
    await expect(writing).rejects.toMatchObject({ code: 'timeout' });
    expect(await rows(connector, 'select count(*) from t')).toEqual([[0]]);
    await say(connector, 'insert into t values (2)');
    expect(await rows(connector, 'select x from t')).toEqual([[2]]);
  });

  test('holds up only as many others as there are readers, and those can leave', async () => {
    const connector = fresh('create table t (x)', { readers: 1 });
    const first = stoppable();
    const running = say(connector, endless, [], first.context).catch((error: FozError) => error.code);
    while (connector.pool().size === 0) await later(5);
    const second = stoppable();
    const waiting = say(connector, 'select 1', [], second.context).catch((error: FozError) => error.code);
    const third = say(connector, 'select 3');
    await later(50);
    expect(connector.pool().waiting).toBe(2);
    second.stop();
    expect(await waiting).toBe('timeout');
    first.stop();
    expect(await running).toBe('timeout');
    expect((await third).rows).toEqual([[3]]);
  });

  test('is not even begun when the signal came before', async () => {
    const connector = fresh('create table t (x)');
    const { context, stop } = stoppable();
    stop();
    await expect(say(connector, 'insert into t values (1)', [], context)).rejects.toMatchObject({
      code: 'timeout',
    });
    expect(await rows(connector, 'select count(*) from t')).toEqual([[0]]);
  });
});

describe('transactions', () => {
  test('commit what they did, or nothing', async () => {
    const connector = fresh('create table t (x INTEGER PRIMARY KEY)');
    const result = await connector.transaction('write', patient, async (runner) => {
      await say(runner, 'insert into t values (1)');
      return (await say(runner, 'insert into t values (2) returning x')).rows;
    });
    expect(result).toEqual([[2]]);
    const failing = connector.transaction('write', patient, async (runner) => {
      await say(runner, 'insert into t values (3)');
      throw new FozError('conflict', 'no');
    });
    await expect(failing).rejects.toMatchObject({ code: 'conflict' });
    const colliding = connector.transaction('write', patient, async (runner) => {
      await say(runner, 'insert into t values (4)');
      await say(runner, 'insert into t values (1)');
    });
    await expect(colliding).rejects.toMatchObject({ code: 'constraint-violation' });
    expect(await rows(connector, 'select x from t')).toEqual([[1], [2]]);
  });

  test('that read see one moment', async () => {
    const connector = fresh('create table t (x); insert into t values (1)');
    await connector.transaction('read', patient, async (runner) => {
      expect((await say(runner, 'select count(*) from t')).rows).toEqual([[1]]);
      await say(connector, 'insert into t values (2)');
      expect((await say(runner, 'select count(*) from t')).rows).toEqual([[1]]);
      await expect(say(runner, 'insert into t values (3)')).rejects.toMatchObject({ code: 'not-supported' });
    });
    expect(await rows(connector, 'select count(*) from t')).toEqual([[2]]);
  });

  test('a foreign key that is checked at the end refuses the commit', async () => {
    const connector = fresh(
      'create table p (id INTEGER PRIMARY KEY); create table c (p INTEGER references p (id) deferrable initially deferred)',
    );
    const broken = connector.transaction('write', patient, (runner) =>
      say(runner, 'insert into c values (7)'),
    );
    await expect(broken).rejects.toMatchObject({ code: 'constraint-violation' });
    expect(await rows(connector, 'select count(*) from c')).toEqual([[0]]);
    await connector.transaction('write', patient, async (runner) => {
      await say(runner, 'insert into c values (7)');
      await say(runner, 'insert into p values (7)');
    });
    expect(await rows(connector, 'select count(*) from c')).toEqual([[1]]);
  });

  test('come one after the other; statements of one are not mixed with those of another', async () => {
    const connector = fresh('create table t (x)');
    const append = () =>
      connector.transaction('write', patient, async (runner) => {
        const [[count]] = (await say(runner, 'select count(*) from t')).rows as [[number]];
        await later(5);
        await say(runner, 'insert into t values (?)', [count]);
      });
    await Promise.all(Array.from({ length: 10 }, append));
    expect((await rows(connector, 'select x from t')).map(([x]) => x)).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
    ]);
  });

  test('run what was asked for at the same time in order, and nothing after their end', async () => {
    const connector = fresh('create table t (x)');
    let kept: Parameters<Parameters<Connector['transaction']>[2]>[0] | undefined;
    await connector.transaction('write', patient, async (runner) => {
      kept = runner;
      await Promise.all([1, 2, 3].map((x) => say(runner, 'insert into t values (?)', [x])));
    });
    await expect(say(kept!, 'insert into t values (4)')).rejects.toMatchObject({ code: 'unexpected' });
    expect(await rows(connector, 'select x from t')).toEqual([[1], [2], [3]]);
  });
});

describe('the file', () => {
  test('that is missing is an error, unless it may be made', async () => {
    const file = freshFile();
    await expect(rows(open({ file }), 'select 1')).rejects.toMatchObject({ code: 'unavailable' });
    expect(await rows(open({ file, create: true }), 'select 1')).toEqual([[1]]);
  });

  test('that is no database is an error, and the message does not tell its path', async () => {
    const file = freshFile();
    writeFileSync(file, 'plain text, long enough to be no header of a database. '.repeat(50));
    const error = await rows(open({ file }), 'select 1').catch((thrown: FozError) => thrown);
    expect(error).toMatchObject({ code: 'unavailable', message: 'The file is not a SQLite database.' });
    expect((error as FozError).internal).toContain(file);
  });

  test('can be opened for reading only', async () => {
    const connector = fresh('create table t (x); insert into t values (1)', { readonly: true });
    expect(await rows(connector, 'select x from t')).toEqual([[1]]);
    await expect(say(connector, 'delete from t')).rejects.toMatchObject({ code: 'not-supported' });
    await expect(connector.transaction('write', patient, async () => undefined)).rejects.toMatchObject({
      code: 'not-supported',
    });
  });

  test('that is locked by another process for too long is a conflict', async () => {
    const file = freshFile();
    script(file, 'create table t (x)');
    const connector = open({ file, busyTimeoutMs: 100 });
    expect(await rows(connector, 'select count(*) from t')).toEqual([[0]]);
    const other = new DatabaseSync(file);
    other.exec('begin immediate');
    await expect(say(connector, 'insert into t values (1)')).rejects.toMatchObject({ code: 'conflict' });
    expect(await rows(connector, 'select count(*) from t')).toEqual([[0]]);
    other.exec('commit');
    other.close();
    await say(connector, 'insert into t values (1)');
    expect(await rows(connector, 'select count(*) from t')).toEqual([[1]]);
  });

  test('that goes away makes the source unavailable until it is back', async () => {
    const file = freshFile();
    script(file, 'create table t (x); insert into t values (1)');
    const connector = open({ file, wal: false });
    await connector.ping(patient.signal);
    renameSync(file, `${file}.away`);
    await expect(connector.ping(patient.signal)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(rows(connector, 'select x from t')).rejects.toMatchObject({ code: 'unavailable' });
    script(file, 'create table t (x); insert into t values (2)');
    await connector.ping(patient.signal);
    expect(await rows(connector, 'select x from t')).toEqual([[2]]);
    rmSync(`${file}.away`);
  });

  test(':memory: is shared by all readers and the writer, and forgotten at the end', async () => {
    const connector = open({ file: ':memory:', readers: 2 });
    await say(connector, 'create table t (x)');
    await connector.transaction('write', patient, (runner) => say(runner, 'insert into t values (1)'));
    const both = await Promise.all([rows(connector, 'select x from t'), rows(connector, 'select x from t')]);
    expect(both).toEqual([[[1]], [[1]]]);
    const { context, stop } = stoppable();
    setTimeout(stop, 50);
    await expect(say(connector, endless, [], context)).rejects.toMatchObject({ code: 'timeout' });
    expect(await rows(connector, 'select x from t')).toEqual([[1]]);
    await connector.close();
    await expect(rows(connector, 'select 1')).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('whose processes are killed from outside is opened again', async () => {
    const connector = fresh('create table t (x); insert into t values (1)', { readers: 1 });
    const before = new Set(children());
    await rows(connector, 'select 1');
    const [reader] = children().filter((pid) => !before.has(pid));
    const running = say(connector, endless).catch((error: FozError) => error.code);
    await later(50);
    process.kill(reader!, 'SIGKILL');
    expect(await running).toBe('unavailable');
    expect(await rows(connector, 'select x from t')).toEqual([[1]]);
  });
});

describe('values', () => {
  test('go in and come back unchanged', async () => {
    const connector = fresh('create table t (v)');
    const values = [
      9007199254740993n,
      -9223372036854775808n,
      9223372036854775807n,
      3_000_000_000,
      -1,
      0.1,
      1.7976931348623157e308,
      Number.POSITIVE_INFINITY,
      'text with \u2028, 😀 and "quotes"',
      'long '.repeat(100_000),
      '',
      null,
    ];
    for (const value of values) {
      const { affected } = await say(connector, 'insert into t values (?)', [value]);
      expect(affected).toBe(1);
    }
    expect(await rows(connector, 'select v from t')).toEqual(values.map((value) => [value]));
    const blob = new Uint8Array([0, 255, 16]);
    await say(connector, 'delete from t');
    await say(connector, 'insert into t values (?)', [blob]);
    const [[bytes]] = (await rows(connector, 'select v from t')) as [[Uint8Array]];
    expect(bytes).toBeInstanceOf(Uint8Array);
    expect([...bytes]).toEqual([...blob]);
  });

  test('of a write that are returned keep all digits, and are written once', async () => {
    const connector = fresh('create table t (id INTEGER PRIMARY KEY, v BIGINT)');
    const { rows: returned, affected } = await say(
      connector,
      'insert into t (v) values (?), (?) returning id, v',
      [9007199254740993n, 1],
    );
    expect(returned).toEqual([
      [1, 9007199254740993n],
      [2, 1],
    ]);
    expect(affected).toBe(2);
    expect((await say(connector, 'update t set v = v')).affected).toBe(2);
    expect((await say(connector, 'delete from t where id = 7')).affected).toBe(0);
    expect(await rows(connector, 'select count(*) from t')).toEqual([[2]]);
  });

  test('survive more statements than a process keeps prepared', async () => {
    const connector = fresh('create table t (x); insert into t values (1)', { readers: 1 });
    for (let round = 0; round < 2; round++) {
      for (let index = 0; index < 620; index++) {
        expect((await say(connector, `select x + ${index} from t`)).rows).toEqual([[1 + index]]);
      }
    }
  });

  test('a statement that fails can be asked again', async () => {
    const connector = fresh('create table t (x)', { readers: 1 });
    for (let round = 0; round < 3; round++) {
      await expect(rows(connector, 'select y from t')).rejects.toMatchObject({ code: 'not-found' });
    }
    await say(connector, 'alter table t add column y');
    expect(await rows(connector, 'select y from t')).toEqual([]);
  });

  test('many at once are all answered', async () => {
    const connector = fresh('create table t (x); insert into t values (1)');
    const answers = await Promise.all(
      Array.from({ length: 300 }, (_, index) => say(connector, 'select x + ? from t', [index])),
    );
    expect(answers.map((answer) => answer.rows[0]![0])).toEqual(
      Array.from({ length: 300 }, (_, index) => index + 1),
    );
  });
});
