import { FozError } from '../../src/core/index.ts';
import type { RunContext, Runner } from '../../src/plan/index.ts';
import { commitFailure, type Transaction, transact, transactionOf, Unanswered } from '../../src/sql/index.ts';

const statement = (text: string) => ({ text, slots: [] });
const context: RunContext = { signal: new AbortController().signal, timeoutMs: null };
const done = { rows: [], affected: 0 };

/** Records the statements of a transaction. */
function noting(commit: () => Promise<void> = async () => {}) {
  const notes: string[] = [];
  const transaction: Transaction = {
    async run({ text }) {
      notes.push(`${text} starts`);
      await new Promise((resolve) => setTimeout(resolve, 2));
      notes.push(`${text} ends`);
      if (text === 'wrong') throw new FozError('data-exception', 'wrong');
      return done;
    },
    async commit() {
      notes.push('commit');
      await commit();
    },
    async rollback() {
      notes.push('rollback');
    },
  };
  return { notes, transaction, release: () => notes.push('release') };
}

test('statements run one after the other, and what was not waited for is done before the commit', async () => {
  const { notes, transaction, release } = noting();
  const result = await transact(
    transaction,
    'write',
    context,
    async (runner) => {
      void runner.run(statement('a'), [], context);
      void runner.run(statement('b'), [], context);
      return 7;
    },
    release,
  );
  expect(result).toBe(7);
  expect(notes).toEqual(['a starts', 'a ends', 'b starts', 'b ends', 'commit', 'release']);
});

test('a body that fails is rolled back, after what it had left running', async () => {
  const { notes, transaction, release } = noting();
  const failing = transact(
    transaction,
    'write',
    context,
    async (runner) => {
      const wrong = runner.run(statement('wrong'), [], context);
      void runner.run(statement('late'), [], context);
      await wrong;
    },
    release,
  );
  await expect(failing).rejects.toMatchObject({ code: 'data-exception' });
  expect(notes).toEqual(['wrong starts', 'wrong ends', 'late starts', 'late ends', 'rollback', 'release']);
});

test('a request that has ended is rolled back, though its statements went well', async () => {
  const { notes, transaction, release } = noting();
  const controller = new AbortController();
  const leaving = { ...context, signal: controller.signal };
  const failing = transact(
    transaction,
    'write',
    leaving,
    async (runner) => {
      await runner.run(statement('a'), [], context);
      controller.abort();
    },
    release,
  );
  await expect(failing).rejects.toMatchObject({ code: 'timeout' });
  expect(notes.slice(2)).toEqual(['rollback', 'release']);
});

test('nothing runs on the connection once the transaction is over', async () => {
  const { notes, transaction, release } = noting();
  let kept: Runner | undefined;
  await transact(
    transaction,
    'write',
    context,
    async (runner) => {
      kept = runner;
    },
    release,
  );
  await expect(kept!.run(statement('a'), [], context)).rejects.toMatchObject({ code: 'unexpected' });
  expect(notes).toEqual(['commit', 'release']);
});

test('the connection comes back from a commit that fails; a read does not wait for its end', async () => {
  const failure = new FozError('constraint-violation', 'checked at the end');
  const write = noting(() => Promise.reject(failure));
  await expect(transact(write.transaction, 'write', context, async () => {}, write.release)).rejects.toBe(
    failure,
  );
  expect(write.notes).toEqual(['commit', 'release']);

  let finish = () => {};
  const slow = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const read = noting(() => slow);
  await transact(read.transaction, 'read', context, async () => {}, read.release);
  expect(read.notes).toEqual(['commit']);
  finish();
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(read.notes).toEqual(['commit', 'release']);
});

test('a commit without an answer says that the outcome is not known, a refused one says why', () => {
  for (const code of ['unavailable', 'timeout'] as const) {
    const failure = commitFailure(new FozError(code, 'gone', { internal: 'reset' }));
    expect(failure).toMatchObject({ code: 'unavailable', internal: 'reset' });
    expect(failure.message).toMatch(/may or may not be stored/);
  }
  const refused = new FozError('conflict', 'a deadlock');
  expect(commitFailure(refused)).toBe(refused);
});

describe('a transaction that begins with its first statement', () => {
  /** Records the statements sent to an engine; `fail`: the statements that it refuses. */
  function engine({ fail = {}, begin = true }: { fail?: Record<string, Error>; begin?: boolean }) {
    const notes: string[] = [];
    const send = async (text: string) => {
      notes.push(text);
      if (fail[text] !== undefined) throw fail[text];
    };
    const transaction = transactionOf({
      ...(begin ? { begin: () => send('begin') } : {}),
      async run({ text }, _values, _limits, first) {
        await send(first ? `${text} first` : text);
        return done;
      },
      commit: () => send('commit'),
      rollback: () => send('rollback'),
      toFozError: (error) => (error instanceof FozError ? error : new FozError('unavailable', 'lost')),
      isEnding: (error) => (error as Error).message === 'shut down',
    });
    return { notes, transaction };
  }
  const run = (transaction: Transaction, text: string) => transaction.run(statement(text), [], context);

  test.each([
    [true, ['begin', 'a first', 'b', 'commit']],
    [false, ['a first', 'b', 'commit']],
  ])('begins by a statement of its own: %s', async (begin, expected) => {
    const { notes, transaction } = engine({ begin });
    await run(transaction, 'a');
    await run(transaction, 'b');
    await transaction.commit();
    expect(notes).toEqual(expected);
  });

  test('without statements nothing is sent', async () => {
    const { notes, transaction } = engine({});
    await transaction.commit();
    await transaction.rollback();
    expect(notes).toEqual([]);
  });

  test('a begin that fails has begun nothing; the next statement begins it', async () => {
    const fail: Record<string, Error> = { begin: new FozError('conflict', 'busy') };
    const { notes, transaction } = engine({ fail });
    await expect(run(transaction, 'a')).rejects.toMatchObject({ code: 'conflict' });
    await transaction.rollback();
    delete fail.begin;
    await run(transaction, 'a');
    expect(notes).toEqual(['begin', 'begin', 'a first']);
  });

  test.each([
    [new Unanswered('unavailable', 'gone'), { outcome: 'unknown' }],
    [new Error('shut down'), { outcome: 'unknown' }],
    [new FozError('constraint-violation', 'deferred'), undefined],
  ])('a commit that fails: %s', async (error, details) => {
    const { transaction } = engine({ fail: { commit: error } });
    await run(transaction, 'a');
    await expect(transaction.commit()).rejects.toMatchObject({ details });
  });

  test('a rollback that fails is not told', async () => {
    const { notes, transaction } = engine({ fail: { rollback: new Error('gone') } });
    await run(transaction, 'a');
    await transaction.rollback();
    expect(notes).toEqual(['begin', 'a first', 'rollback']);
  });
});
