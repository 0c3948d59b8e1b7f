import { randomUUID } from 'node:crypto';
import { FozError } from '../../core/index.ts';
import { type StepKind, template } from './step.ts';

interface WaitFor {
  readonly signal: string;
  readonly key?: unknown;
  /** The id of this wait. */
  readonly wait?: string;
}

const longestKey = 1_000;

/**
 * Waits for a signal: the name says what is waited for, the key which one of them. Its output is the payload of the signal. A signal that came
 * before, and that no other wait has got, counts. `timeoutMs` limits the wait.
 */
export const waitForSignal: StepKind<WaitFor> = {
  kind: 'waitFor',
  settings: { signal: { type: 'string', minLength: 1, maxLength: 200 }, key: template },
  required: ['signal'],
  templates: ['key'],
  hasEffect: true,
  prepare: (input) => ({ ...input, wait: randomUUID() }),
  async run(step, { links, waitFor }) {
    const wait = waitOf(step);
    for (;;) {
      const taken = await links.take(wait);
      if (taken !== null) return taken.payload;
      await waitFor({ wait: wait.id });
    }
  },
  abandon: (step, { links }) => links.forget(waitOf(step)),
};

function waitOf({ signal, key = null, wait }: WaitFor) {
  return { id: wait!, name: signal, key: keyOf(key) };
}

/** The text of a key. */
export function keyOf(key: unknown): string {
  const text = key === null ? '' : typeof key === 'string' ? key : JSON.stringify(key);
  if (text.length > longestKey || text.includes('\0'))
    throw new FozError(
      'data-exception',
      `The key of a signal has at most ${longestKey} characters, and no NUL among them.`,
    );
  return text;
}
