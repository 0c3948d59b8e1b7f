import { EventEmitter } from 'node:events';
import type { StoreConnection } from '../../src/store/connect.ts';
import { openSession } from '../../src/store/session.ts';

/** A connection whose statements fail by an error of the driver once there is one. */
function connectionOf() {
  const state = { error: null as Error | null, ends: 0, running: 0, mostRunning: 0 };
  const running = async () => {
    state.mostRunning = Math.max(state.mostRunning, ++state.running);
    await new Promise(setImmediate);
    state.running--;
  };
  const connection = Object.assign(new EventEmitter(), {
    processID: 7,
    query: running,
    async end() {
      state.ends++;
    },
  });
  const run = async () => {
    await running();
    if (state.error !== null) throw state.error;
    return { rows: [{ pid: 7 }] };
  };
  const db = { raw: () => ({ connection: run }) };
  return { state, given: { db, listener: async () => connection } as unknown as StoreConnection };
}

test('a session ends where a statement is not answered, and goes on after a statement that failed', async () => {
  const { state, given } = connectionOf();
  const session = await openSession(given);
  let isOver = false;
  void session.ended.then(() => {
    isOver = true;
  });
  state.error = new Error('canceling statement due to statement timeout');
  await expect(session.run('select 1', [])).rejects.toBe(state.error);
  expect([isOver, state.ends]).toEqual([false, 0]);
  state.error = new Error('Query read timeout');
  await expect(session.run('select 1', [])).rejects.toBe(state.error);
  expect([isOver, state.ends]).toEqual([true, 1]);
});

test('statements that are given at once are sent one after another, also after one that failed', async () => {
  const { state, given } = connectionOf();
  const session = await openSession(given);
  state.error = new Error('duplicate key');
  const failing = session.run('insert', []);
  await expect(failing).rejects.toBe(state.error);
  state.error = null;
  const all = [session.run('select 1', []), session.listen('changes', () => {}), session.run('select 2', [])];
  await Promise.all(all);
  expect(state.mostRunning).toBe(1);
});
