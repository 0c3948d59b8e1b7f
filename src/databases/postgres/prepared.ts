import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Call } from './wire.ts';

/**
 * Most characters of all prepared statements of a connection, and of a single one. As measured, the server holds 90 to 140 bytes per
 * character of a prepared statement: some 55 MB per connection at most.
 */
const most = { together: 512 * 1024, each: 32 * 1024 } as const;

/** The statements that one connection has prepared: bounded, the least recently used one is closed on the server. */
export class PreparedStatements {
  readonly #names: LRUCache<string, string> | null;
  #closed: string[] = [];

  /** `count` 0: nothing is prepared, every statement goes unnamed. */
  constructor(count: number) {
    this.#names =
      count === 0
        ? null
        : new LRUCache({
            max: count,
            maxSize: most.together,
            sizeCalculation: (_name, text) => text.length,
            dispose: (name) => {
              this.#closed.push(name);
            },
          });
  }

  /** A call of a statement that the server does not keep prepared. */
  static unnamed(text: string, values: readonly (string | null)[]): Call {
    return { name: '', text, values };
  }

  /** What to send to run a statement: with its text where the server does not know it yet. */
  call(text: string, values: readonly (string | null)[]): Call {
    if (this.#names === null || text.length > most.each) return PreparedStatements.unnamed(text, values);
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
