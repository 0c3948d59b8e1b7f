import vm from 'node:vm';
import './code-cache.mjs';
import { areSourcesShared } from './shared-modules.mjs';

/**
 * Lets the modules of a test file run in the main context of the worker. In a context of its own, as Jest makes it, each use of a global
 * (`Map`, `Promise`, `Array`) asks a proxy, which takes 300 ns, and `Error` and `Array` are other classes than those of Node's modules.
 * Imported for its effect on `node:vm`, with which Jest makes modules.
 */

/** Stands for the main context where Jest asks for the context of a test file. */
export const mainContext = /** @type {import('node:vm').Context} */ (Object.freeze({}));

/** @template {{ context?: unknown, parsingContext?: unknown }} Options @param {Options} options @returns {Options} */
function inMainContext(options) {
  if (options.context === mainContext) return { ...options, context: undefined };
  return options.parsingContext === mainContext ? { ...options, parsingContext: undefined } : options;
}

/** A class of modules, whose last argument has the context. @template {Function} Class @param {Class} given @returns {Class} */
const madeInMainContext = (given) =>
  new Proxy(given, {
    construct: (target, [first, ...rest], made) =>
      Reflect.construct(target, [first, ...rest.slice(0, -1), inMainContext(Object(rest.at(-1)))], made),
  });

vm.SourceTextModule = madeInMainContext(vm.SourceTextModule);
vm.SyntheticModule = madeInMainContext(vm.SyntheticModule);
const { compileFunction } = vm;
vm.compileFunction = (code, parameters, options = {}) =>
  compileFunction(code, parameters, inMainContext(options));

/** Where libraries keep what decorators have declared, once for all test files, since these share the modules of the product. */
const keptGlobals = new Set(['TypeGraphQLMetadataStorage']);

// Loads Node's own HTTP client before a library can take its place in a global that cannot be removed.
void globalThis.Response;

/** Remembers the globals and what tests change of the process. Returns a function that restores them. */
export function rememberGlobals() {
  const globals = new Map(Reflect.ownKeys(globalThis).map((key) => [key, descriptorOf(key)]));
  const variables = { ...process.env };
  const folder = process.cwd();
  const { exit, exitCode } = process;
  const listeners = new Map(process.eventNames().map((event) => [event, process.rawListeners(String(event))]));
  return () => {
    for (const key of Reflect.ownKeys(globalThis)) if (!isKept(key)) restore(key, globals.get(key));
    for (const name of Object.keys(process.env)) if (!(name in variables)) delete process.env[name];
    Object.assign(process.env, variables);
    if (process.cwd() !== folder) process.chdir(folder);
    Object.assign(process, { exit, exitCode });
    for (const event of process.eventNames()) {
      const kept = listeners.get(event) ?? [];
      for (const listener of process.rawListeners(String(event)))
        if (!kept.includes(listener)) process.off(event, /** @type {() => void} */ (listener));
    }
  };
}

/** @param {string | symbol} key */
const isKept = (key) => areSourcesShared() && keptGlobals.has(String(key));

/** @param {string | symbol} key */
const descriptorOf = (key) => Object.getOwnPropertyDescriptor(globalThis, key);

/** @param {string | symbol} key @param {PropertyDescriptor | undefined} before */
function restore(key, before) {
  if (before === undefined) {
    if (!Reflect.deleteProperty(globalThis, key)) Reflect.set(globalThis, key, undefined);
    return;
  }
  const now = descriptorOf(key);
  if (now?.value !== before.value || now?.get !== before.get) Reflect.defineProperty(globalThis, key, before);
}
