import {
  accessSync,
  constants,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { FozError } from '../core/index.ts';
import { SameFile } from './same-file.ts';

const touchEveryMs = 5_000;
/** Milliseconds after which a note of another machine is stale: its process is gone. */
const staleAfterMs = 30_000;

/** The process that has a folder open. Written to the note beside the lock, for people and for other machines. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** The boot id of the machine, the same in all of its containers; `null`: unknown. */
  readonly boot: string | null;
  /** When it took the folder. */
  readonly since: string;
}

/** The folder is open already, and only one process may have it open. */
export class FolderTaken extends FozError {
  /** The message without the way out. */
  readonly fact: string;

  constructor(folder: string, holder: Holder | null, { what, wayOut }: FolderLockOptions) {
    const who =
      holder === null
        ? ''
        : `: process ${holder.pid} on ${holder.host}, since ${holder.since}${isSelf(holder) ? ' (this one)' : ''}`;
    const fact = `The ${what} in ${folder} is open in another process${who}.`;
    super('unavailable', `${fact} ${wayOut}`);
    this.fact = fact;
  }
}

export interface FolderLockOptions {
  /** The content of the folder, for messages: `store`. */
  readonly what: string;
  /** The way out when another process has the folder open, for messages. */
  readonly wayOut: string;
}

/**
 * Locks a folder for this process: only one process at a time may have it open. Resolves with a function that releases the lock. Rejects
 * with FolderTaken when the folder is already open, with FozError `unavailable` when it cannot be written.
 *
 * It is a lock of the operating system. Node cannot take one, so SQLite takes it on an empty file. The lock ends with its process, however
 * that ends: no stale process id has to be recognized. The file is never deleted, since a lock on a deleted file would stop no other process.
 */
export async function lockFolder(folder: string, options: FolderLockOptions): Promise<() => void> {
  let note: Note;
  let release: (() => void) | null;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const file = lockFile(folder);
    note = new Note(file);
    release = await takeFile(`${file}-held`);
    if (release !== null && note.isHeldElsewhere()) {
      release();
      release = null;
    }
    if (release !== null) note.hold(`${file}-held`);
  } catch (error) {
    throw new FozError(
      'unavailable',
      `The ${options.what} in ${folder} cannot be written: ${(error as Error).message}. Give this user the right to write there and room on the disk, or name another folder.`,
      { cause: error },
    );
  }
  if (release === null) throw new FolderTaken(folder, note.read(), options);
  const timer = setInterval(() => note.touch(), touchEveryMs).unref();
  let held = true;
  return () => {
    if (!held) return;
    held = false;
    clearInterval(timer);
    note.remove();
    release();
  };
}

/**
 * Path of the lock file; the note about the holder is next to it. Both are beside the folder, which then contains the data alone. They are
 * inside a folder that is a mounted volume, since its parent belongs to one container only.
 */
export function lockFile(folder: string): string {
  const isMounted = statSync(folder).dev !== statSync(dirname(folder)).dev;
  return isMounted ? join(folder, 'foz.lock') : `${folder}.lock`;
}

/**
 * Locks a file until the function that it resolves with is called, or this process ends; `null`: it is already locked. The process must not
 * open the file in another way meanwhile: closing it would end the lock.
 */
export async function takeFile(file: string): Promise<(() => void) | null> {
  // Throws the file system's own error where the file cannot be created. SQLite's error would be less clear.
  accessSync(dirname(file), constants.W_OK);
  // Loaded only where a folder is locked.
  const { DatabaseSync } = await import('@photostructure/sqlite');
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    // Nothing is ever written to the file, so it needs no journal on disk.
    database.exec('pragma journal_mode = memory; begin exclusive');
  } catch (error) {
    database.close();
    if (/locked|busy/i.test((error as Error).message)) return null;
    throw error;
  }
  return () => database.close();
}

/** The note about the holder of the lock. It is rewritten regularly, because some file systems do not share locks between machines. */
class Note {
  readonly #file: string;
  readonly #own: string;
  readonly #text: string;
  /** The locked file, once this process holds it. */
  #lock: SameFile | null = null;

  constructor(file: string) {
    this.#file = file;
    this.#own = `${file}.${process.pid}`;
    const self = { pid: process.pid, host: hostname(), boot: bootId(), since: new Date().toISOString() };
    this.#text = JSON.stringify(self satisfies Holder);
  }

  /** Writes the note of a process that has locked `lock`. */
  hold(lock: string): void {
    this.#write();
    this.#lock = new SameFile(lock, { isHeld: true });
  }

  /** Replaces the note as a whole, so that no process reads half of one. */
  #write(): void {
    writeFileSync(this.#own, this.#text, { mode: 0o600 });
    renameSync(this.#own, this.#file);
  }

  /** Whether the locked file is still there. If it was removed, another process may have locked a new one, whose note is not ours. */
  #isOwn(): boolean {
    return this.#lock?.look() === 'same';
  }

  touch(): void {
    try {
      if (this.#isOwn()) this.#write();
    } catch {
      // The disk is full. The database itself will report that.
    }
  }

  read(): Holder | null {
    try {
      return JSON.parse(readFileSync(this.#file, 'utf8')) as Holder;
    } catch {
      return null;
    }
  }

  remove(): void {
    try {
      if (this.#isOwn()) rmSync(this.#file, { force: true });
    } catch {
      // The folder has become read-only. The note is about a process that is gone, which the lock says too.
    }
  }

  /** Whether a process of another machine has written the note recently. Within one machine the lock is enough. */
  isHeldElsewhere(): boolean {
    const holder = this.read();
    if (holder === null || holder.host === hostname()) return false;
    if (typeof holder.boot === 'string' && holder.boot === bootId()) return false;
    // Both times come from the clock of the file system, since the clocks of two machines differ.
    writeFileSync(this.#own, this.#text, { mode: 0o600 });
    const age = statSync(this.#own).mtimeMs - statSync(this.#file).mtimeMs;
    rmSync(this.#own);
    // A note from the future was written before the clock was set back. A living holder would have rewritten it since.
    return Math.abs(age) <= staleAfterMs;
  }
}

function isSelf(holder: Holder): boolean {
  return holder.pid === process.pid && holder.host === hostname();
}

function bootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return null;
  }
}
