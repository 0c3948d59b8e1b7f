import { join } from 'node:path';
import { FozError } from '../../core/index.ts';
import { SameFile } from '../../sql/index.ts';

/**
 * The folder of a database that is open. PostgreSQL would still write to files that were removed, and what it stores would be lost with
 * the process. A folder that is moved back is used again.
 */
export class OpenFolder {
  /** A file that PostgreSQL keeps as long as the database exists. */
  readonly #control: SameFile;

  constructor(folder: string) {
    this.#control = new SameFile(join(folder, 'global/pg_control'));
  }

  /** Whether the folder was removed or replaced. Takes some microseconds. */
  get isLost(): boolean {
    return this.#control.look() !== 'same';
  }

  /** Checks that the folder is there. Throws FozError `unavailable` when it is lost. */
  check(): void {
    const found = this.#control.look();
    if (found === 'same') return;
    throw new FozError('unavailable', 'The folder of the database is gone.', {
      internal:
        found === 'missing'
          ? 'the folder of the database was removed while Foz runs: move it back, or restart Foz'
          : 'the folder of the database was replaced while Foz runs: restart Foz',
    });
  }

  /** Lets go of the folder, which is not checked any more. */
  close(): void {
    this.#control.close();
  }
}
