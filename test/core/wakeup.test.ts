import { pause, RequestEnd, Wakeup } from '../../src/core/index.ts';

test('a wait ends by a wake-up, by the end of its signal, or by its time', async () => {
  const wakeup = new Wakeup();
  const woken = wakeup.wait(new RequestEnd());
  wakeup.wake();
  await woken;
  const end = new RequestEnd();
  const ended = wakeup.wait(end);
  end.abort();
  await ended;
  await wakeup.wait(new RequestEnd(), 1);
  await pause(1, new RequestEnd());
});

test('a signal that was aborted before ends the wait at once', async () => {
  const end = new RequestEnd();
  end.abort();
  await new Wakeup().wait(end);
  await pause(1_000_000, end);
  await pause(1_000_000, AbortSignal.abort());
});

test('a wait leaves no listener on its signal', async () => {
  const listeners = new Set<() => void>();
  const signal = {
    aborted: false,
    addEventListener: (_: 'abort', listener: () => void) => listeners.add(listener),
    removeEventListener: (_: 'abort', listener: () => void) => listeners.delete(listener),
  };
  const wakeup = new Wakeup();
  const woken = wakeup.wait(signal);
  expect(listeners.size).toBe(1);
  wakeup.wake();
  await woken;
  await pause(1, signal);
  expect(listeners.size).toBe(0);
});

test('a wake-up while nobody waits is not remembered', async () => {
  const wakeup = new Wakeup();
  wakeup.wake();
  let isOver = false;
  const waiting = wakeup.wait(new RequestEnd()).then(() => {
    isOver = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(isOver).toBe(false);
  wakeup.wake();
  await waiting;
});
