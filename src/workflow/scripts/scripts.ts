import { Worker } from 'node:worker_threads';
import { FozError } from '../../core/index.ts';
import { type Failure, failureOf, StepFailed } from '../failure.ts';

/** User JavaScript, as the body of an async function of `input` and `foz`. */
export interface Script {
  readonly code: string;
  readonly input: unknown;
  readonly memoryMb: number;
  /** Milliseconds that it may compute. Waiting for answers does not count. */
  readonly ms: number;
}

/** A request of a script to the outside. `number`: the number of its earlier requests. */
export type ScriptCall = (kind: 'graphql' | 'http', request: unknown, number: number) => Promise<unknown>;

type Message =
  | { readonly ready: true }
  /** QuickJS is loaded. */
  | { readonly begun: true }
  /** It computes nothing until the next answer. The number of answers that have come. */
  | { readonly waiting: number }
  | { readonly done: string }
  | { readonly failed: Failure }
  | {
      readonly call: { readonly number: number; readonly kind: 'graphql' | 'http'; readonly request: string };
    };

/** Scripts at once. Others wait. */
const mostAtOnce = 8;
/** Most characters of the output of a script, of a request and of an answer. */
const mostCharacters = 4_000_000;
const mostCalls = 100;
/** Requests of one script at once; further ones wait. */
const mostCallsAtOnce = 10;
/** Milliseconds beyond the time of a script, after which its thread is ended: QuickJS cannot interrupt some native functions. */
const graceMs = 2_000;
/** Milliseconds for loading a thread and QuickJS. */
const loadMs = 30_000;
/** Milliseconds of a whole script, waiting included. */
const longestMs = 300_000;
/** The largest heap of a thread, in MB. The memory of scripts is not part of it. */
const heapMb = 64;
const longestText = 2_000;

/** Runs user JavaScript, each script on a thread that has no other one meanwhile. */
export class Scripts {
  readonly #idle: Worker[] = [];
  readonly #all = new Set<Worker>();
  readonly #queue: (() => void)[] = [];
  #running = 0;
  #isClosed = false;

  /** The output of a script. Rejects with StepFailed or FozError; a signal that is aborted ends the script. */
  async run(script: Script, call: ScriptCall, signal: AbortSignal): Promise<unknown> {
    if (this.#running >= mostAtOnce) await this.#turn(signal);
    else this.#running++;
    try {
      signal.throwIfAborted();
      return await this.#run(script, call, signal);
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#all].map((worker) => worker.terminate()));
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const begin = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        const at = this.#queue.indexOf(begin);
        if (at >= 0) this.#queue.splice(at, 1);
        reject(signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#queue.push(begin);
    });
  }

  async #run(script: Script, call: ScriptCall, signal: AbortSignal): Promise<unknown> {
    if (this.#isClosed) throw new FozError('unavailable', 'Foz is stopping.');
    const { code, memoryMb, ms } = script;
    const input = JSON.stringify(script.input ?? null);
    if (input.length > mostCharacters) throw tooLong('The input of the script', input.length);
    const worker = this.#idle.pop() ?? this.#open();
    const text = await new Promise<string>((resolve, reject) => {
      const conversation = new Conversation(worker, { ms, call, resolve, reject }, signal);
      conversation.start({ code, input, memoryMb, ms, mostCharacters, mostCalls });
    }).catch((error: unknown) => {
      this.#end(worker);
      throw error;
    });
    this.#idle.push(worker);
    const result: { readonly output?: unknown; readonly error?: Thrown } = JSON.parse(text);
    if (result.error !== undefined) throw thrown(result.error);
    return result.output;
  }

  #open(): Worker {
    const worker = new Worker(new URL('./worker.js', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: heapMb },
      // A script sees nothing of them, nor should its thread.
      env: {},
    });
    worker.unref();
    // The conversation that the worker is in hears of it, too.
    worker.on('error', () => {});
    worker.on('exit', () => this.#end(worker));
    this.#all.add(worker);
    return worker;
  }

  #end(worker: Worker): void {
    this.#all.delete(worker);
    const at = this.#idle.indexOf(worker);
    if (at >= 0) this.#idle.splice(at, 1);
    void worker.terminate();
  }
}

interface ConversationOptions {
  readonly ms: number;
  readonly call: ScriptCall;
  resolve(output: string): void;
  reject(error: unknown): void;
}

/** One script on a thread: its time, and what it asks for. */
class Conversation {
  readonly #worker: Worker;
  readonly #options: ConversationOptions;
  readonly #signal: AbortSignal;
  readonly #waiting: Extract<Message, { call: unknown }>['call'][] = [];
  #computing: NodeJS.Timeout | undefined;
  readonly #whole: NodeJS.Timeout;
  #answers = 0;
  #callsAtOnce = 0;
  #hasEnded = false;

  constructor(worker: Worker, options: ConversationOptions, signal: AbortSignal) {
    this.#worker = worker;
    this.#options = options;
    this.#signal = signal;
    this.#whole = setTimeout(
      () => this.#fail(new FozError('timeout', `The script took longer than ${longestMs} ms.`)),
      longestMs,
    ).unref();
    worker.on('message', this.#onMessage);
    worker.on('error', this.#onError);
    worker.on('exit', this.#onExit);
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  start(script: object): void {
    this.#limit(loadMs);
    this.#worker.postMessage({ script });
  }

  readonly #onMessage = (message: Message): void => {
    if ('call' in message) this.#asked(message.call);
    else if ('begun' in message) this.#limit(this.#options.ms + graceMs);
    else if ('waiting' in message) {
      if (message.waiting === this.#answers) clearTimeout(this.#computing);
    } else if ('done' in message) this.#finish(() => this.#options.resolve(message.done));
    else if ('failed' in message) this.#fail(new StepFailed(message.failed));
  };
  readonly #onError = (error: Error): void => {
    const isMemory = (error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY';
    this.#fail(
      isMemory
        ? new FozError('limit-exceeded', 'The script needs too much memory.')
        : new FozError('unexpected', 'The thread of the script has failed.', { cause: error }),
    );
  };
  readonly #onExit = (): void =>
    this.#fail(new FozError('unavailable', 'The thread of the script has ended.'));
  readonly #onAbort = (): void => this.#fail(this.#signal.reason);

  /** Ends the script where its thread does not tell anything for too long. */
  #limit(ms: number): void {
    clearTimeout(this.#computing);
    this.#computing = setTimeout(() => {
      // Where this thread stood still, the answer may have arrived: timers run before messages.
      setImmediate(() =>
        setImmediate(() =>
          this.#fail(
            new FozError('limit-exceeded', `The script computed for longer than ${this.#options.ms} ms.`),
          ),
        ),
      );
    }, ms).unref();
  }

  #asked(call: Extract<Message, { call: unknown }>['call']): void {
    this.#waiting.push(call);
    this.#send();
  }

  #send(): void {
    while (!this.#hasEnded && this.#callsAtOnce < mostCallsAtOnce && this.#waiting.length > 0) {
      this.#callsAtOnce++;
      void this.#answer(this.#waiting.shift()!);
    }
  }

  async #answer({ number, kind, request }: Extract<Message, { call: unknown }>['call']): Promise<void> {
    const answer = await this.#options
      .call(kind, JSON.parse(request), number)
      .then((value) => {
        const result = JSON.stringify(value ?? null);
        if (result.length > mostCharacters) throw tooLong('An answer', result.length);
        return { result };
      })
      .catch((error: unknown) => ({ error: JSON.stringify(failureOf(error)) }));
    this.#callsAtOnce--;
    if (this.#hasEnded) return;
    this.#limit(this.#options.ms + graceMs);
    this.#answers++;
    this.#worker.postMessage({ answer: { number, ...answer } });
    this.#send();
  }

  #fail(error: unknown): void {
    this.#finish(() => this.#options.reject(error));
  }

  #finish(settle: () => void): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    clearTimeout(this.#computing);
    clearTimeout(this.#whole);
    this.#worker.off('message', this.#onMessage);
    this.#worker.off('error', this.#onError);
    this.#worker.off('exit', this.#onExit);
    this.#signal.removeEventListener('abort', this.#onAbort);
    settle();
  }
}

/** The error that a script has thrown, in its own words. */
interface Thrown {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly stack?: unknown;
}

/** The failure of a step whose script has thrown. The code is that of the error where it has one, as those of requests have. */
function thrown({ name, message, code, stack }: Thrown): StepFailed {
  const text = String(message ?? '');
  if (name === 'InternalError' && text === 'out of memory')
    return new StepFailed({
      code: 'limit-exceeded',
      message: 'The script needs more memory than it may have.',
    });
  const isCode = typeof code === 'string' && /^[a-z0-9][a-z0-9-]{0,49}$/.test(code);
  const place = /\(?script:(\d+)/.exec(String(stack ?? ''));
  const what = name === undefined || name === 'Error' ? text : `${String(name)}: ${text}`;
  // The first line is that of the function around the script.
  const line = place === null ? '' : ` (line ${Number(place[1]) - 1})`;
  return new StepFailed({
    code: isCode ? code : 'data-exception',
    message: `The script failed${line}: ${what.slice(0, longestText)}`,
  });
}

function tooLong(what: string, length: number): FozError {
  return new FozError(
    'limit-exceeded',
    `${what} has ${length} characters; at most ${mostCharacters} are allowed.`,
  );
}
