/**
 * Runs user JavaScript in QuickJS, which is WebAssembly: a script has no more memory than its instance, and sees nothing of Node. What reaches this
 * thread are texts of JSON. A script that computes too long is interrupted; where QuickJS does not notice, the main thread ends this one.
 */
import { parentPort } from 'node:worker_threads';
import variant from '@jitl/quickjs-wasmfile-release-sync';
import { newQuickJSWASMModuleFromVariant, newVariant } from 'quickjs-emscripten-core';

/** @typedef {import('quickjs-emscripten-core').QuickJSContext} Context */
/** @typedef {import('quickjs-emscripten-core').QuickJSHandle} Handle */
/** @typedef {{ code: string, input: string, memoryMb: number, ms: number, mostCharacters: number, mostCalls: number }} Script */
/** @typedef {{ number: number, result: string } | { number: number, error: string }} Answer */

/** The types of Node do not have it. */
const { WebAssembly } = /** @type {any} */ (globalThis);
const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);

const stackBytes = 256 * 1024;
const pagesOfMb = 16;
/** Jobs that run before the time is looked at: each of them may be too short to be interrupted. */
const jobsAtOnce = 100;
/** The longest message of an error. */
const longestMessage = 2_000;

/**
 * What a script sees beside the language: its input, and the functions of `foz`. It takes what it needs of the language first, since a script
 * may replace it. `call`: asks the main thread.
 */
const prelude = `(call) => {
  const { stringify, parse } = JSON;
  const { freeze } = Object;
  const [TheString, ThePromise, TheError] = [String, Promise, Error];
  const text = (value) => stringify(value === undefined ? null : value, (_, inner) => (typeof inner === 'bigint' ? TheString(inner) : inner)) ?? 'null';
  const asked = async (kind, request) => {
    const answer = parse(await call(kind, text(request)));
    if (answer.error === undefined) return answer.result;
    const error = new TheError(answer.error.message);
    error.code = answer.error.code;
    error.details = answer.error.details;
    throw error;
  };
  const foz = freeze({
    graphql: (request) => asked('graphql', request),
    http: (request) => asked('http', request),
  });
  return async (main, input) => {
    try {
      return text({ output: await main(parse(input), foz) ?? null });
    } catch (error) {
      const isError = typeof error === 'object' && error !== null;
      return text({
        error: isError ? { name: TheString(error.name), message: TheString(error.message), code: error.code, stack: TheString(error.stack) } : { message: TheString(error) },
      });
    }
  };
}`;

class Failed extends Error {
  /** @param {string} code @param {string} message */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

class Running {
  /** @param {Script} script */
  constructor(script) {
    this.script = script;
    this.leftMs = script.ms;
    this.endsAt = 0;
    /** @type {Map<number, { deferred: import('quickjs-emscripten-core').QuickJSDeferredPromise, length: number }>} */
    this.calls = new Map();
    /** Characters of the requests that have no answer. */
    this.open = 0;
    this.number = 0;
    /** Answers that have come. */
    this.answers = 0;
    /** @type {import('quickjs-emscripten-core').QuickJSRuntime} */
    this.runtime = /** @type {any} */ (null);
    /** @type {Context} */
    this.context = /** @type {any} */ (null);
    /** @type {Handle} */
    this.promise = /** @type {any} */ (null);
  }

  async start() {
    const { memoryMb, code, input } = this.script;
    const maximum = memoryMb * pagesOfMb;
    const wasmMemory = new WebAssembly.Memory({ initial: Math.min(256, maximum), maximum });
    const own = newVariant(/** @type {any} */ (variant), { wasmMemory });
    const quickjs = await newQuickJSWASMModuleFromVariant(/** @type {any} */ (own));
    port.postMessage({ begun: true });
    this.runtime = quickjs.newRuntime();
    this.runtime.setMaxStackSize(stackBytes);
    this.runtime.setInterruptHandler(() => performance.now() > this.endsAt);
    this.context = this.runtime.newContext();
    const { context } = this;
    this.within(() => {
      const call = context.newFunction('call', (kind, request) => this.call(kind, request));
      const make = this.value(context.evalCode(prelude, 'foz'));
      const run = this.value(context.callFunction(make, context.undefined, call));
      const main = this.value(context.evalCode(`(async (input, foz) => {\n${code}\n})`, 'script'));
      const text = context.newString(input);
      this.promise = this.value(context.callFunction(run, context.undefined, main, text));
      this.drain();
    });
    this.look();
  }

  /** @param {Handle} kind @param {Handle} request */
  call(kind, request) {
    const { context } = this;
    const { mostCalls, mostCharacters } = this.script;
    const text = this.text(request);
    this.open += text.length;
    if (this.number >= mostCalls || this.open > 2 * mostCharacters) {
      this.open -= text.length;
      throw new Failed('limit-exceeded', 'The script sends too many requests, or too large ones.');
    }
    const number = this.number++;
    const deferred = context.newPromise();
    this.calls.set(number, { deferred, length: text.length });
    port.postMessage({ call: { number, kind: context.getString(kind), request: text } });
    return deferred.handle;
  }

  /** @param {Answer} answer */
  settle(answer) {
    const call = this.calls.get(answer.number);
    this.answers++;
    if (call === undefined) return;
    const { deferred, length } = call;
    this.calls.delete(answer.number);
    this.open -= length;
    this.within(() => {
      const text = 'result' in answer ? `{"result":${answer.result}}` : `{"error":${answer.error}}`;
      deferred.resolve(this.context.newString(text));
      this.drain();
    });
    this.look();
  }

  /** Tells the end of the script where it has come. */
  look() {
    const state = this.context.getPromiseState(this.promise);
    if (state.type === 'pending') {
      if (this.calls.size === 0)
        throw new Failed(
          'data-exception',
          'The script never ends: it waits for a promise that nothing resolves.',
        );
      port.postMessage({ waiting: this.answers });
      return;
    }
    if (state.type === 'rejected') throw this.failure(state.error);
    port.postMessage({ done: this.text(state.value) });
    isBusy = false;
  }

  /** Runs a part of the script within what is left of its time. @param {() => void} part */
  within(part) {
    const from = performance.now();
    this.endsAt = from + this.leftMs;
    try {
      part();
    } finally {
      this.leftMs -= performance.now() - from;
    }
  }

  drain() {
    while (this.runtime.hasPendingJob()) {
      const result = this.runtime.executePendingJobs(jobsAtOnce);
      if (result.error !== undefined) throw this.failure(result.error);
      if (performance.now() > this.endsAt) throw this.tooLong();
    }
  }

  /** @param {import('quickjs-emscripten-core').VmCallResult<Handle>} result @returns {Handle} */
  value(result) {
    if (result.error !== undefined) throw this.failure(result.error);
    return result.value;
  }

  /** A text of the script. Its length is looked at before it is copied. @param {Handle} handle */
  text(handle) {
    const { mostCharacters } = this.script;
    const length = this.context.getNumber(this.context.getProp(handle, 'length'));
    if (!(length <= mostCharacters))
      throw new Failed(
        'limit-exceeded',
        `A value of the script has ${length} characters; at most ${mostCharacters} are allowed.`,
      );
    return this.context.getString(handle);
  }

  tooLong() {
    return new Failed('limit-exceeded', `The script computed for longer than ${this.script.ms} ms.`);
  }

  /** Why QuickJS ended the script. @param {Handle} error */
  failure(error) {
    if (performance.now() > this.endsAt) return this.tooLong();
    const { context } = this;
    /** @param {string} name */
    const part = (name) => {
      const handle = context.getProp(error, name);
      return context.typeof(handle) === 'string' ? this.text(handle) : '';
    };
    if (context.typeof(error) !== 'object') return new Failed('data-exception', 'The script failed.');
    const message = part('message');
    if (message === '' || message === 'out of memory') return outOfMemory(this.script);
    return new Failed('data-exception', `${part('name')}: ${message}`);
  }
}

/** @param {Script} script */
function outOfMemory({ memoryMb }) {
  return new Failed('limit-exceeded', `The script needs more than ${memoryMb} MB.`);
}

/** @type {Running | null} */
let running = null;
let isBusy = false;

/** @param {unknown} error */
function fail(error) {
  isBusy = false;
  running = null;
  const { code, message } =
    error instanceof Failed ? error : new Failed('data-exception', `The script failed: ${String(error)}`);
  // What is left of QuickJS may be broken, so this thread ends.
  port.postMessage({ failed: { code, message: message.slice(0, longestMessage) } });
}

port.on('message', async (/** @type {{ script: Script } | { answer: Answer }} */ message) => {
  try {
    if ('answer' in message) running?.settle(message.answer);
    else {
      isBusy = true;
      running = new Running(message.script);
      await running.start();
    }
  } catch (error) {
    fail(error);
  }
  if (!isBusy) running = null;
});

port.postMessage({ ready: true });
