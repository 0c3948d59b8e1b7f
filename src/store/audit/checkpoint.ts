import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StateFiles } from '../replace-file.ts';
import type { StoreLog } from '../store.ts';
import { isSigned, type SignedChainPosition, signPosition } from './state.ts';

const fileName = 'audit-checkpoint.json';

/** The checkpoint file of a state folder. */
export function checkpointFile(folder: string): string {
  return join(folder, fileName);
}

/** The last head of the chain that this process saw stored. It is signed and kept in a file outside of the store. */
export class Checkpoint {
  readonly file: string;
  readonly #everyMs: number;
  readonly #log: StoreLog | undefined;
  readonly #files: StateFiles;
  readonly #isLost: () => boolean;
  #seen: SignedChainPosition | null = null;
  #next: { readonly head: SignedChainPosition; readonly key: Uint8Array } | null = null;
  #timer: NodeJS.Timeout | undefined;
  /** Whether the last write failed. The log says so once. */
  #isFailing = false;

  /** `isLost`: whether the store was removed. The checkpoint then says nothing of the store that stands in its place. */
  constructor(folder: string, everyMs: number, isLost: () => boolean, log?: StoreLog) {
    this.#files = new StateFiles(folder);
    this.#isLost = isLost;
    this.file = checkpointFile(folder);
    this.#everyMs = everyMs;
    this.#log = log;
  }

  /** Records a new head. The file is written within `everyMs`. */
  note(head: SignedChainPosition, key: Uint8Array): void {
    this.#seen = head;
    this.#next = { head, key };
    this.#timer ??= setTimeout(() => this.#write(), this.#everyMs).unref();
  }

  /** The last head seen by this process or an earlier one; `null`: none that is signed with this key. */
  seen(key: Uint8Array): SignedChainPosition | null {
    if (this.#seen !== null) return this.#seen;
    try {
      const mark = readCheckpoint(this.file);
      return mark !== undefined && isSigned('checkpoint', mark, key) ? mark : null;
    } catch {
      return null;
    }
  }

  /** Writes the pending checkpoint. */
  close(): void {
    this.#write();
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#next === null || this.#isLost()) return;
    const { head, key } = this.#next;
    this.#next = null;
    try {
      const text = `${JSON.stringify(signPosition('checkpoint', head, key))}\n`;
      this.#files.replace(fileName, text, { mode: 0o600 });
      this.#isFailing = false;
    } catch (error) {
      if (this.#isFailing) return;
      this.#isFailing = true;
      this.#log?.warn(
        { file: this.file, reason: (error as Error).message },
        'The checkpoint of the audit log cannot be written.',
      );
    }
  }
}

/** Reads a checkpoint file; `undefined`: it does not exist. Throws for a file that is not a checkpoint. */
export function readCheckpoint(file: string): SignedChainPosition | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const { seq, hash, at, mac } = JSON.parse(text) as SignedChainPosition;
  return { seq: Number(seq), hash: String(hash), at: Number(at), mac: String(mac) };
}
