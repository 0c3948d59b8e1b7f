import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { ExtendedQuery } from './wire.ts';

/**
 * The most characters of all prepared statements of a connection, and of a single one. As measured, the server needs 90 to 140 bytes per
 * character of a prepared statement: at most about 55 MB per connection.
 */
const most = { together: 512 * 1024, each: 32 * 1024 } as const;

/** The prepared statements of one connection. Their number is limited: the least recently used one is closed on the server. */
export class PreparedStatements {
  readonly #names: LRUCache<string, string> | null;
  #closed: string[] = [];

  /** `count` 0: every statement is sent unnamed. */
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

  /** A call of an unnamed statement. */
  static unnamed(text: string, values: readonly (string | null)[]): ExtendedQuery {
    return { name: '', text, values };
  }

  /** The call of a statement, with its text where the server has not prepared it yet. */
  call(text: string, values: readonly (string | null)[]): ExtendedQuery {
    if (this.#names === null || text.length > most.each) return PreparedStatements.unnamed(text, values);
    const known = this.#names.get(text);
    if (known !== undefined) return { name: known, values };
    const name = nameOf(text);
    this.#names.set(text, name);
    return { name, text, values };
  }

  /** Forgets a statement and closes it on the server: after an error it may or may not have been parsed, or it is outdated. */
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

/** A name derived from the text. So the same name never means another statement on a server connection of a pooler. */
function nameOf(text: string): string {
  return `foz_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
}
