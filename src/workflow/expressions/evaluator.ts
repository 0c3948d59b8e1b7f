import { Worker } from 'node:worker_threads';
import { FozError } from '../../core/index.ts';
import { scopeText } from './texts.ts';
import { partOf } from './used-part.ts';

interface Call {
  readonly texts: readonly string[];
  /** The part of the scope that the expressions can read. Its text is made when it is sent. */
  readonly scope: object;
  /** Characters of that text, once it is sent. */
  length: number;
  resolve(values: readonly unknown[]): void;
  reject(error: unknown): void;
}

type Answer =
  | { readonly ready: true }
  | { readonly values: readonly string[] }
  | { readonly error: string; readonly text: string };

/** The largest heap of the thread, in MB. */
const heapMb = 128;
/** Most calls that are sent to the thread at once, so that it need not wait for the next one. */
const mostSent = 16;
/** Most characters of the scopes that are sent at once, and of one scope. */
const mostCharacters = 32_000_000;

/**
 * Evaluates JSONata expressions within bounds of time and memory. A thread that exceeds them is ended, with the expression that it was at;
 * the calls behind it are evaluated by the next thread.
 */
export class Evaluator {
  readonly #limitMs: number;
  #worker: Worker | null = null;
  /** Whether the thread has loaded its program, which may take longer than an expression. */
  #isReady = false;
  readonly #queue: Call[] = [];
  /** Calls that the thread has; it answers them in order. */
  readonly #sent: Call[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(limitMs = 1_000) {
    this.#limitMs = limitMs;
  }

  /** The values of expressions over a scope. Rejects with FozError `data-exception`, `timeout` or `limit-exceeded`. */
  evaluate(texts: readonly string[], scope: object): Promise<readonly unknown[]> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ texts, scope: partOf(texts, scope), length: 0, resolve, reject });
      this.#send();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#worker?.terminate();
    for (const { reject } of [...this.#sent.splice(0), ...this.#queue.splice(0)])
      reject(new FozError('unavailable', 'Foz is stopping.'));
  }

  #send(): void {
    if (this.#isClosed) return;
    this.#worker ??= this.#open();
    while (this.#queue.length > 0 && this.#hasRoom()) {
      const call = this.#queue.shift()!;
      const scope = scopeText(call.scope);
      call.length = scope.length;
      if (scope.length > mostCharacters) {
        call.reject(tooLarge(call));
        continue;
      }
      this.#sent.push(call);
      this.#worker.postMessage({ texts: call.texts, scope });
      if (this.#sent.length === 1 && this.#isReady) this.#limitHead();
    }
  }

  /** Whether another call may be sent. One whose scope is as long as can be leaves room for few others. */
  #hasRoom(): boolean {
    const characters = this.#sent.reduce((sum, { length }) => sum + length, 0);
    return this.#sent.length < mostSent && characters < mostCharacters / 2;
  }

  #open(): Worker {
    const worker = new Worker(new URL('./worker.js', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: heapMb },
    });
    worker.unref();
    this.#isReady = false;
    worker.on('message', (answer: Answer) => {
      if (worker === this.#worker) this.#settle(answer);
    });
    worker.on('error', (error) => {
      if (worker === this.#worker) this.#lose(worker, endedBy(error as NodeJS.ErrnoException));
    });
    return worker;
  }

  /** Limits the time of the call that the thread is at. */
  #limitHead(): void {
    clearTimeout(this.#timer);
    const worker = this.#worker!;
    const [head] = this.#sent;
    if (head === undefined) return;
    this.#timer = setTimeout(() => {
      // Where this thread stood still, the answer may have arrived: timers run before messages.
      setImmediate(() => setImmediate(() => this.#end(worker, head)));
    }, this.#limitMs);
  }

  /** Ends the thread if it is still at a call that has used up its time. */
  #end(worker: Worker, head: Call): void {
    if (worker !== this.#worker || head !== this.#sent[0]) return;
    const what = head.texts.join(' | ');
    this.#lose(
      worker,
      new FozError('timeout', `An expression took longer than ${this.#limitMs} ms: ${what}`),
    );
  }

  #settle(answer: Answer): void {
    if ('ready' in answer) {
      this.#isReady = true;
      this.#limitHead();
      return;
    }
    const call = this.#sent.shift()!;
    if ('error' in answer)
      call.reject(new FozError('data-exception', `The expression ${answer.text} failed: ${answer.error}`));
    else call.resolve(answer.values.map((value) => JSON.parse(value)));
    this.#limitHead();
    this.#send();
  }

  /** Ends the thread: the call that it was at fails, the others are sent again. */
  #lose(worker: Worker, error: FozError): void {
    clearTimeout(this.#timer);
    this.#worker = null;
    void worker.terminate();
    const [guilty, ...others] = this.#sent.splice(0);
    guilty?.reject(error);
    this.#queue.unshift(...others);
    if (this.#queue.length > 0) this.#send();
  }
}

function tooLarge({ texts, length }: Call): FozError {
  return new FozError(
    'limit-exceeded',
    `What the expression ${texts.join(' | ')} reads has ${length} characters; at most ${mostCharacters} are allowed: name the parts that it needs.`,
  );
}

function endedBy(error: NodeJS.ErrnoException): FozError {
  return error.code === 'ERR_WORKER_OUT_OF_MEMORY'
    ? new FozError('limit-exceeded', `An expression needed more than ${heapMb} MB.`)
    : new FozError('unexpected', 'The thread of the expressions has failed.', { cause: error });
}
