import { FozError } from '../../core/index.ts';
import { FolderTaken, lockFolder } from '../../sql/index.ts';

/** Another process has opened the embedded store. */
export class StoreTaken extends FozError {
  /** The message without the way out, since a command suggests another one than a server. */
  readonly fact: string;

  constructor(cause: FolderTaken) {
    super(cause.code, cause.message, { cause });
    this.fact = cause.fact;
  }
}

/**
 * Locks the folder of an embedded store, since only one process at a time may open it. Resolves with a function that
 * releases the lock. Rejects with StoreTaken when another process has the lock, and with FozError `unavailable` when
 * the folder cannot be written.
 */
export async function lockStore(folder: string): Promise<() => void> {
  try {
    return await lockFolder(folder, {
      what: 'store',
      wayOut: 'Stop that one, or share a PostgreSQL store by FOZ_STORE_URL.',
    });
  } catch (error) {
    throw error instanceof FolderTaken ? new StoreTaken(error) : error;
  }
}
