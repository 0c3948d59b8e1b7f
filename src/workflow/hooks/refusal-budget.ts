import type { HookCall } from '../../store/index.ts';
import { FixedWindow } from './fixed-window.ts';

/** Refused calls of a webhook that the log keeps in a minute. */
const calls = { requests: 100, seconds: 60 } as const;
/** Bytes of them in a minute and in a day. */
const minute = { requests: 256 * 1024, seconds: 60 } as const;
const day = { requests: 32 * 2 ** 20, seconds: 86_400 } as const;
/** The longest body of a refused call that is kept. A part of a body could not be replayed. */
const longestBody = 64 * 1024;
/** Estimated bytes of a row besides its texts. */
const rowBytes = 300;

/** Bounds what the refused calls of a webhook add to the log, so that a flood of them does not fill the store. */
export class RefusalBudget {
  readonly #calls = new FixedWindow(calls);
  readonly #bytes = [new FixedWindow(minute), new FixedWindow(day)];

  /** The call as the log keeps it, without a long body; `null`: it is not kept. */
  fitting(call: HookCall): HookCall | null {
    if (this.#calls.take() !== null || this.#bytes.some(({ wait }) => wait !== null)) return null;
    const kept = call.body !== null && call.body.length > longestBody ? { ...call, body: null } : call;
    const { body, query, headers } = kept;
    const bytes = rowBytes + (body?.length ?? 0) + query.length + JSON.stringify(headers).length;
    for (const window of this.#bytes) window.take(bytes);
    return kept;
  }
}
