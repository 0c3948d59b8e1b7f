import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FozError, HeldBytes } from '../../core/index.ts';
import { graceMs, type Pooled } from '../../sql/index.ts';
import { type Answer, frame, packValue, readAnswer } from './engine/frames.js';
import { type NativeError, sqliteError } from './errors.ts';
import { type ImageTable, StoredImages } from './images.ts';
import { CompiledStatements } from './statements.ts';

/** How an engine process opens its file. */
export interface EngineSettings {
  readonly file: string;
  readonly mode: 'ro' | 'rw' | 'rwc';
  /** Refuse writes, even where the file allows them. */
  readonly queryOnly: boolean;
  readonly wal: boolean;
  readonly synchronous: 'off' | 'normal' | 'full';
  readonly busyTimeoutMs: number;
}

/** The heap of an engine process in MB. Larger results end the process, instead of exhausting the memory of the machine. */
const heapMb = 1024;

const program = fileURLToPath(new URL('./engine/main.js', import.meta.url));
const living = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

interface Waiting {
  /** Counts the bytes of the answer; `null`: they are not counted. */
  readonly held: HeldBytes | null;
  /** A write is done when its answer arrives. The answer is admitted in any case: the engine process has checked its size. */
  readonly isWrite: boolean;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: NativeError | FozError) => void;
}

/**
 * One SQLite connection in a separate process, which runs one statement at a time. A statement is cancelled by killing the process: SQLite
 * cannot be interrupted from outside of its thread, and the next process rolls unfinished writes back.
 */
export class EngineProcess implements Pooled {
  idleSince = 0;
  readonly #child: ChildProcess;
  readonly #statements = new CompiledStatements();
  #waiting: Waiting | null = null;
  #received: Buffer[] = [];
  #receivedBytes = 0;
  /** Whether the length of the arriving answer is known and counted. */
  #isCounted = false;
  #stderr = '';
  #isFull = false;
  #ended: NativeError | null = null;
  #onEnd: (engine: EngineProcess) => void = () => {};

  private constructor(settings: EngineSettings) {
    const { NODE_OPTIONS: _, NODE_V8_COVERAGE: __, ...env } = process.env;
    this.#child = spawn(
      process.execPath,
      [`--max-old-space-size=${heapMb}`, program, JSON.stringify(settings)],
      {
        stdio: ['pipe', 'pipe', 'pipe'],
        env,
        windowsHide: true,
      },
    );
    const { stdin, stdout, stderr } = this.#child;
    living.add(this.#child);
    stdout!.on('data', (chunk: Buffer) => this.#receive(chunk));
    stderr!.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-2000);
      if (this.#stderr.includes('heap out of memory')) this.#isFull = true;
    });
    stdin!.on('error', () => {}); // reported by `close`
    this.#child.on('error', (error) => this.#end({ code: null, message: error.message, gone: true }));
    this.#child.on('close', (code, signal) => {
      const end = `the engine process ended (${signal ?? code}) ${this.#stderr}`.trim();
      this.#end({ code: null, message: end, gone: true, isFull: this.#isFull });
    });
    this.#child.unref();
    for (const pipe of [stdin, stderr]) (pipe as unknown as { unref(): void }).unref();
  }

  /** Starts a process that has the file open. `onEnd` is called once, when it has ended. Rejects with FozError `unavailable`. */
  static async start(
    settings: EngineSettings,
    onEnd: (engine: EngineProcess) => void,
  ): Promise<EngineProcess> {
    const started = new EngineProcess(settings);
    try {
      await started.#answer(null, false);
      started.#onEnd = onEnd;
      return started;
    } catch (error) {
      started.kill();
      throw sqliteError(error as NativeError, { file: settings.file, opening: true });
    }
  }

  get connected(): boolean {
    return this.#ended === null;
  }

  get usable(): boolean {
    return this.#ended === null && this.#waiting === null;
  }

  /**
   * Runs one statement to its end. Rejects with a NativeError, or with FozError `limit-exceeded` when its rows may not be held.
   * Must not be called while another one runs. `table`: the images that the statement reads are stored in it before. `describes`: the answer
   * names its columns.
   */
  run(
    text: string,
    values: readonly unknown[],
    write: boolean,
    held: HeldBytes,
    table: ImageTable | null = null,
    describes = false,
  ): Promise<Answer> {
    if (this.#ended !== null) return Promise.reject(this.#ended);
    const call = this.#statements.call(text);
    const most = Math.max(0, held.limit - held.bytes);
    const images = table === null ? null : packedTable(table);
    const request = [call.id, call.text, values.map(packed), write, call.forget, most, images, describes];
    const message = frame(JSON.stringify(request));
    const answer = this.#answer(held, write);
    this.#child.stdin!.write(message);
    return answer.catch((error: unknown) => {
      // A statement that could not be compiled is not cached in the process.
      if (call.text !== null) this.#statements.forget(text);
      throw error;
    });
  }

  /** Ends the process at once. A running statement is rejected, an open transaction is rolled back. */
  kill(): void {
    this.#child.kill('SIGKILL');
    this.#end({ code: null, message: 'the engine process was killed', gone: true });
  }

  end(): void {
    if (this.#waiting === null) void this.close();
    else this.kill();
  }

  /** Lets the process close its file, and waits until it has ended. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.ref();
    this.#child.stdin!.end();
    const impatient = setTimeout(() => this.#child.kill('SIGKILL'), graceMs);
    await closed;
    clearTimeout(impatient);
  }

  #answer(held: HeldBytes | null, isWrite: boolean): Promise<Answer> {
    this.#hold(true);
    return new Promise((resolve, reject) => {
      this.#waiting = { held, isWrite, resolve, reject };
    });
  }

  /** The process keeps Node running only while an answer is awaited. */
  #hold(on: boolean): void {
    const pipe = this.#child.stdout as unknown as { ref(): void; unref(): void };
    if (on) pipe.ref();
    else pipe.unref();
  }

  #receive(chunk: Buffer): void {
    if (this.#ended !== null) return;
    this.#received.push(chunk);
    this.#receivedBytes += chunk.length;
    if (this.#receivedBytes < 4) return;
    if (this.#received[0]!.length < 4) this.#received = [Buffer.concat(this.#received)];
    const size = 4 + this.#received[0]!.readUInt32LE(0);
    if (!this.#isCounted && !this.#admits(size)) return;
    if (this.#receivedBytes < size) return;
    const whole = this.#received.length === 1 ? this.#received[0]! : Buffer.concat(this.#received);
    this.#received = [];
    this.#receivedBytes = 0;
    this.#isCounted = false;
    let answer: ReturnType<typeof readAnswer>;
    try {
      answer = readAnswer(whole.subarray(4, size));
    } catch (error) {
      const { message } = error as Error;
      this.#settle((waiting) => waiting.reject({ code: null, message, gone: true }));
      this.kill();
      return;
    }
    this.#settle((waiting) => {
      if ('error' in answer) waiting.reject({ ...answer.error, gone: false });
      else waiting.resolve(answer);
    });
  }

  /** Whether an answer of this size is admitted; otherwise the process is killed before it has sent it. */
  #admits(bytes: number): boolean {
    this.#isCounted = true;
    const refusal = this.#waiting?.held?.take(bytes) ?? null;
    if (refusal === null || this.#waiting?.isWrite === true) return true;
    this.#settle((waiting) => waiting.reject(refusal));
    this.kill();
    return false;
  }

  #settle(how: (waiting: Waiting) => void): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    this.#hold(false);
    if (waiting !== null) how(waiting);
  }

  #end(error: NativeError): void {
    living.delete(this.#child);
    const first = this.#ended === null;
    this.#ended ??= error;
    this.#settle((waiting) => waiting.reject(error));
    if (first) this.#onEnd(this);
  }
}

/** Images are bound as the rowid of the first one. */
function packed(value: unknown): unknown {
  return value instanceof StoredImages ? 1 : packValue(value);
}

function packedTable({ create, images: { table, columns, rows } }: ImageTable) {
  return { create, name: table, columns, rows: rows.map((row) => row.map(packValue)) };
}
