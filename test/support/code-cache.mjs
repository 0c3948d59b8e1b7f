import vm from 'node:vm';

/**
 * Keeps what V8 has compiled of a module for the later test files of a worker: each file loads all modules anew, and most of the time of
 * loading them was compiling the same texts. Imported for its effect on `node:vm`, with which Jest makes modules.
 */

/** @typedef {{ code: string, data: Buffer }} Compiled */

/** Modules with these are compiled each time: V8 stores with the code which module asked, and Node finds its callbacks by that. */
const asksItsModule = /\bimport\s*\(|\bimport\.meta\b/;

/** By file. A file has one text, except where its transformation changes. @type {Map<string, Compiled>} */
const modules = new Map();
/** @type {Map<string, Compiled>} */
const functions = new Map();

/** @param {Map<string, Compiled>} cache @param {string | undefined} file @param {string} code */
function compiled(cache, file, code) {
  const found = file === undefined ? undefined : cache.get(file);
  return found?.code === code ? found.data : undefined;
}

const { SourceTextModule, compileFunction } = vm;

vm.SourceTextModule = class extends SourceTextModule {
  /** @param {string} code @param {import('node:vm').SourceTextModuleOptions} [options] */
  constructor(code, options = {}) {
    const file = asksItsModule.test(code) ? undefined : options.identifier;
    const cachedData = compiled(modules, file, code);
    super(code, cachedData === undefined ? options : { ...options, cachedData });
    // The types of Node do not have this method yet.
    const { createCachedData } = /** @type {{ createCachedData(): Buffer }} */ (/** @type {unknown} */ (this));
    if (file !== undefined && cachedData === undefined)
      modules.set(file, { code, data: createCachedData.call(this) });
  }
};

vm.compileFunction = (code, parameters, options = {}) => {
  const file = asksItsModule.test(code) ? undefined : options.filename;
  const cachedData = compiled(functions, file, code);
  if (file === undefined || cachedData !== undefined)
    return compileFunction(code, parameters, cachedData === undefined ? options : { ...options, cachedData });
  const made = compileFunction(code, parameters, { ...options, produceCachedData: true });
  if (made.cachedData !== undefined) functions.set(file, { code, data: made.cachedData });
  return made;
};
