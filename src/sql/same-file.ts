import { type BigIntStats, statSync } from 'node:fs';

/** What is at a path now: the file of before, none (it was removed or moved away), or another one. */
export type FoundFile = 'same' | 'missing' | 'other';

/**
 * The file that was at a path when this was made. A process can go on writing to a file that was removed, without an error: the database in
 * it would then be lost with the process.
 */
export class SameFile {
  readonly #file: string;
  readonly #first: BigIntStats | undefined;

  constructor(file: string) {
    this.#file = file;
    this.#first = statOf(file);
  }

  /** Takes some microseconds. `same` also where the system does not let us look. */
  look(): FoundFile {
    try {
      const now = statOf(this.#file);
      if (now === undefined) return 'missing';
      return this.#first?.ino === now.ino && this.#first.dev === now.dev ? 'same' : 'other';
    } catch {
      return 'same';
    }
  }
}

function statOf(file: string): BigIntStats | undefined {
  return statSync(file, { bigint: true, throwIfNoEntry: false });
}
