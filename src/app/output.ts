import { fstatSync, write } from 'node:fs';
import { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { isatty } from 'node:tty';
import { type Logger, pino } from 'pino';
import { withSourceLines } from '../control/index.ts';

export interface OutputOptions {
  /** Most bytes in the queue; further lines are dropped. Default: 1 MiB. */
  readonly maxBytes?: number;
  /** Milliseconds between a failed write and the next attempt. Default: 1,000. */
  readonly retryMs?: number;
}

/** Sends bytes; calls back with how many were accepted. */
type Send = (bytes: Buffer, done: (error: NodeJS.ErrnoException | null, accepted: number) => void) => void;

/**
 * Writes lines to a standard stream of this process. A write never throws and never blocks, even when the disk is full, or the pipe is
 * closed or nobody reads it. Lines that cannot be written are dropped and counted. The streams of Node and pino would write synchronously
 * and retry on a full disk, which stops the whole process.
 */
export class Output {
  readonly #send: Send;
  readonly #maxBytes: number;
  readonly #retryMs: number;
  #lines: string[] = [];
  /** Bytes of the lines that are queued or being written. */
  #bytes = 0;
  #writing = false;
  #dropped = 0;
  /** Dropped lines that no log line has reported yet. */
  #unreported = 0;
  /** Whether the last write may have ended inside a line. */
  #broken = false;
  readonly #waiting: (() => void)[] = [];

  constructor(fd: number, { maxBytes = 2 ** 20, retryMs = 1_000 }: OutputOptions = {}) {
    this.#send = sendTo(fd);
    this.#maxBytes = maxBytes;
    this.#retryMs = retryMs;
  }

  /** Lines dropped since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  write(line: string): void {
    const bytes = Buffer.byteLength(line);
    if (this.#bytes + bytes > this.#maxBytes) {
      this.#drop(1);
      return;
    }
    this.#lines.push(line);
    this.#bytes += bytes;
    this.#next();
  }

  /** Resolves when everything is written or dropped, at the latest after `ms`. */
  flush(ms: number): Promise<void> {
    if (!this.#writing) return Promise.resolve();
    return new Promise((resolve) => {
      // Keeps the process alive while lines are being written, since the socket to a pipe does not.
      const timer = setTimeout(resolve, ms);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #drop(lines: number): void {
    this.#dropped += lines;
    this.#unreported += lines;
  }

  #next(): void {
    if (this.#writing) return;
    if (this.#lines.length === 0) {
      for (const resolve of this.#waiting.splice(0)) resolve();
      return;
    }
    this.#writing = true;
    const lines = this.#lines.splice(0);
    const unreported = this.#unreported;
    const bytes = Buffer.from(
      `${this.#broken ? '\n' : ''}${unreported > 0 ? missing(unreported) : ''}${lines.join('')}`,
    );
    const sent = (error: Error | null) => {
      this.#bytes = this.#lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0);
      if (error === null) this.#unreported -= unreported;
      else this.#drop(lines.length);
      this.#broken = error !== null;
      const go = () => {
        this.#writing = false;
        this.#next();
      };
      if (error === null) go();
      else setTimeout(go, this.#retryMs).unref();
    };
    this.#all(bytes, sent);
  }

  #all(bytes: Buffer, done: (error: Error | null) => void): void {
    this.#send(bytes, (error, accepted) => {
      if (error?.code === 'EAGAIN') setTimeout(() => this.#all(bytes, done), 50).unref();
      else if (error !== null || accepted >= bytes.length) done(error);
      else this.#all(bytes.subarray(accepted), done);
    });
  }
}

/** Files and terminals are written by Node's thread pool. A pipe that nobody reads would block its threads, so a socket writes to it. */
function sendTo(fd: number): Send {
  if (!isPipe(fd)) return (bytes, done) => write(fd, bytes, (error, accepted) => done(error, accepted));
  const socket = new Socket({ fd, readable: false, writable: true });
  socket.on('error', () => {});
  socket.unref();
  return (bytes, done) => void socket.write(bytes, (error) => done(error ?? null, bytes.length));
}

function isPipe(fd: number): boolean {
  try {
    const stat = fstatSync(fd);
    return stat.isFIFO() || stat.isSocket();
  } catch {
    return false;
  }
}

/** The log line that reports how many lines before it are missing. */
function missing(lines: number): string {
  const msg = `${lines} lines before this one could not be written and are missing`;
  return `${JSON.stringify({ level: 40, time: Date.now(), pid: process.pid, dropped: lines, msg })}\n`;
}

const outputs = new Map<1 | 2, Output>();

function outputOf(fd: 1 | 2): Output {
  let output = outputs.get(fd);
  if (output === undefined) {
    output = new Output(fd);
    outputs.set(fd, output);
  }
  return output;
}

/** The log of this process, on its standard output. */
export function processLog(): Logger {
  const output = outputOf(1);
  const level = process.env.FOZ_LOG_LEVEL ?? 'info';
  return pino({ level }, { write: (line: string) => output.write(withSourceLines(line)) });
}

/** Lines that this process could not write. */
export function droppedLines(): number {
  let dropped = 0;
  for (const output of outputs.values()) dropped += output.dropped;
  return dropped;
}

/** Replaces `process.stdout` and `process.stderr`, so that no output, a library's included, can block or end this process. */
export function guardOutput(): void {
  for (const [name, fd] of [
    ['stdout', 1],
    ['stderr', 2],
  ] as const) {
    const output = outputOf(fd);
    const stream = new Writable({
      decodeStrings: false,
      write(chunk: string | Buffer, _encoding, done) {
        output.write(String(chunk));
        done();
      },
    });
    Object.defineProperty(process, name, {
      configurable: true,
      enumerable: true,
      value: Object.assign(stream, { fd, isTTY: isatty(fd) }),
    });
  }
}

/** Resolves when everything printed is written, at the latest after `ms`. */
export async function flushOutput(ms: number): Promise<void> {
  await Promise.all([...outputs.values()].map((output) => output.flush(ms)));
}
