import { type BigIntStats, statSync } from 'node:fs';

/** The file at a path now: the same as before, none (it was removed or moved away), or another one. */
export type FoundFile = 'same' | 'missing' | 'other';

/**
 * The file that was at a path when the object was made. A process can still write to a file that was removed, without an error: the
 * database in the file would then be lost with the process.
 */
export class SameFile {
  readonly #file: string;
  readonly #first: BigIntStats | undefined;

  constructor(file: string) {
    this.#file = file;
    this.#first = statOf(file);
  }

  /** Compares the file at the path now, in some microseconds. `same` also where the system does not permit that. */
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
