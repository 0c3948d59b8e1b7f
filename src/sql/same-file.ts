import { type BigIntStats, closeSync, fstatSync, openSync, statSync } from 'node:fs';

/** The file at a path now: the same as before, none (it was removed or moved away), or another one. */
export type FoundFile = 'same' | 'missing' | 'other';

/**
 * The file that was at a path when the object was made. A process can still write to a file that was removed, without an error: the
 * database in the file would then be lost with the process.
 */
export class SameFile {
  readonly #file: string;
  readonly #first: BigIntStats | undefined;
  /** Open until `close`, since file systems give the number of a removed file to the next new one. `null`: not opened. */
  #descriptor: number | null;

  /**
   * `isHeld`: another part of this process has the file open as long as this object is used. It is not opened a second time then, since closing it
   * would end the locks that the process has on it.
   */
  constructor(file: string, { isHeld = false }: { readonly isHeld?: boolean } = {}) {
    this.#file = file;
    this.#descriptor = isHeld ? null : opened(file);
    this.#first = this.#descriptor === null ? statOf(file) : fstatSync(this.#descriptor, { bigint: true });
  }

  /** Compares the file that is at the path now with the first one, which takes microseconds. Where the system does not permit it: `same`. */
  look(): FoundFile {
    try {
      const now = statOf(this.#file);
      if (now === undefined) return 'missing';
      return this.#first?.ino === now.ino && this.#first.dev === now.dev ? 'same' : 'other';
    } catch {
      return 'same';
    }
  }

  /** Closes the file. Afterwards `look` may return a wrong result. */
  close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
  }
}

/** A descriptor of the file; `null`: there is none, or the system does not permit it. */
function opened(file: string): number | null {
  try {
    return openSync(file, 'r');
  } catch {
    return null;
  }
}

function statOf(file: string): BigIntStats | undefined {
  return statSync(file, { bigint: true, throwIfNoEntry: false });
}
