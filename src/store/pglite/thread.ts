import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { FozError } from '../../core/index.ts';

/** The result of one statement. */
export interface ThreadAnswer {
  readonly rows: Record<string, unknown>[];
  readonly affected: number;
}

interface Message extends Partial<ThreadAnswer> {
  readonly id: number;
  readonly error?: { readonly message: string; readonly code?: string };
}

interface Waiting {
  resolve(message: Message): void;
  reject(error: unknown): void;
}

/** The worker thread of the embedded database. */
export class DatabaseThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;
  #ended: Error | null = null;

  private constructor(folder: string, compiled: WebAssembly.Module | undefined) {
    this.#worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: { folder, compiled } });
    this.#worker.on('message', (message: Message) => this.#settle(message));
    this.#worker.on('error', (error) => this.#end(error as Error));
    this.#worker.on('exit', () => this.#end(new Error('The thread of the embedded store has ended.')));
  }

  /** Opens the database in `folder`. Rejects with FozError `unavailable` when it is damaged or cannot be written. */
  static async open(folder: string): Promise<DatabaseThread> {
    const thread = new DatabaseThread(folder, await compiledPglite());
    try {
      await new Promise<Message>((resolve, reject) => thread.#waiting.set(0, { resolve, reject }));
    } catch (error) {
      await thread.#worker.terminate();
      throw notOpened(folder, error as NodeJS.ErrnoException);
    }
    return thread;
  }

  get usable(): boolean {
    return this.#ended === null;
  }

  /** Runs one statement, or several if there are no values. Rejects with an Error that has the fields of PostgreSQL. */
  async run(text: string, values: readonly unknown[]): Promise<ThreadAnswer> {
    const { rows = [], affected = 0 } = await this.#call(text, values);
    return { rows, affected };
  }

  async close(): Promise<void> {
    if (this.#ended === null) await this.#call(null, []).catch(() => {});
    await this.#worker.terminate();
  }

  /** Ends without closing the database, which would write to its folder. */
  async abandon(): Promise<void> {
    await this.#worker.terminate();
  }

  #call(text: string | null, values: readonly unknown[]): Promise<Message> {
    if (this.#ended !== null) return Promise.reject(this.#ended);
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, text, values });
    });
  }

  #settle(message: Message): void {
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.error === undefined) waiting?.resolve(message);
    else waiting?.reject(Object.assign(new Error(message.error.message), message.error));
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

/** The types of Node 20 have no values of this namespace. */
const { compile: compileWasm } = (
  globalThis as unknown as {
    WebAssembly: { compile(bytes: Uint8Array): Promise<WebAssembly.Module> };
  }
).WebAssembly;

let compiling: Promise<WebAssembly.Module | undefined> | undefined;

/**
 * The compiled WebAssembly of PGlite, which all threads of this process share. A store that is opened again then starts with the code that
 * V8 has optimised, in a third of the time. `undefined` when the file is not where it is expected: PGlite then compiles its own.
 */
function compiledPglite(): Promise<WebAssembly.Module | undefined> {
  compiling ??= (async () => {
    const folder = dirname(createRequire(import.meta.url).resolve('@electric-sql/pglite'));
    return compileWasm(await readFile(join(folder, 'pglite.wasm')));
  })().catch(() => undefined);
  return compiling;
}

function notOpened(folder: string, error: NodeJS.ErrnoException): FozError {
  const unwritten = /^E[A-Z]+$/.test(error.code ?? '') ? error : writeFailure(folder);
  const reason =
    unwritten === null
      ? 'cannot be opened, its files are damaged or of another version: bring a copy of the folder back, or move it away to start with an empty store.'
      : `cannot be written: ${unwritten.message}. Give this user the right to write there and room on the disk, or name another folder.`;
  return new FozError('unavailable', `The store in ${folder} ${reason}`, {
    internal: error.message,
    cause: error,
  });
}

/** Bytes that are written to find out whether a disk is full. */
const probeBytes = 2 ** 20;

/** Why nothing can be written to a folder; `null`: it can. PGlite's own error does not say so. */
function writeFailure(folder: string): Error | null {
  const file = join(folder, 'foz.lock-probe');
  try {
    writeFileSync(file, Buffer.alloc(probeBytes), { mode: 0o600 });
    return null;
  } catch (error) {
    return error as Error;
  } finally {
    // A full disk has room for a part of it.
    if (existsSync(file)) rmSync(file);
  }
}
