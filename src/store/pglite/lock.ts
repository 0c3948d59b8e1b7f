import { FozError } from '../../core/index.ts';
import { FolderTaken, lockFolder } from '../../sql/index.ts';

/** Another process has an embedded store open. */
export class StoreTaken extends FozError {}

/**
 * Takes the folder of an embedded store for this process: only one at a time may open it. Resolves with how to give it back. Rejects with
 * StoreTaken when another process has it, with FozError `unavailable` when the folder cannot be written.
 */
export async function lockStore(folder: string): Promise<() => void> {
  try {
    return await lockFolder(folder, {
      what: 'store',
      wayOut: 'Stop that one, or share a PostgreSQL store by FOZ_STORE_URL.',
    });
  } catch (error) {
    throw error instanceof FolderTaken ? new StoreTaken(error.code, error.message, { cause: error }) : error;
  }
}
