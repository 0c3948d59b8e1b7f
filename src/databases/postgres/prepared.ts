import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Call } from './wire.ts';

/** The statements that one connection has prepared: bounded, the least recently used one is closed on the server. */
export class PreparedStatements {
  readonly #names: LRUCache<string, string> | null;
  #closed: string[] = [];

  /** `most` 0: nothing is prepared, every statement goes unnamed. */
  constructor(most: number) {
    this.#names =
      most === 0
        ? null
        : new LRUCache({
            max: most,
            dispose: (name) => {
              this.#closed.push(name);
            },
          });
  }

  /** What to send to run a statement: with its text where the server does not know it yet. */
  call(text: string, values: readonly (string | null)[]): Call {
    if (this.#names === null) return { name: '', text, values };
    const known = this.#names.get(text);
    if (known !== undefined) return { name: known, values };
    const name = nameOf(text);
    this.#names.set(text, name);
    return { name, text, values };
  }

  /** Forgets a statement, which closes it: after an error nobody knows whether it was parsed, or it is out of date. */
  forget(text: string): void {
    this.#names?.delete(text);
  }

  /** Forgets all of them. */
  forgetAll(): void {
    this.#names?.clear();
  }

  /** Names to close with the next round trip; empties the list. */
  takeClosed(): readonly string[] {
    if (this.#closed.length === 0) return none;
    const closed = this.#closed;
    this.#closed = [];
    return closed;
  }
}

const none: readonly string[] = [];

/** The same text has the same name everywhere, so that a name never stands for another statement behind a connection pooler. */
function nameOf(text: string): string {
  return `foz_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
}
