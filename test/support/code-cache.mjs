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

vm.SourceTextModule = new Proxy(SourceTextModule, {
  construct(target, arguments_, made) {
    const [code, options = {}] = /** @type {[string, import('node:vm').SourceTextModuleOptions?]} */ (arguments_);
    const file = asksItsModule.test(code) ? undefined : options.identifier;
    const cachedData = compiled(modules, file, code);
    if (cachedData !== undefined)
      try {
        return Reflect.construct(target, [code, { ...options, cachedData }], made);
      } catch (error) {
        // V8 takes no code that it compiled with other flags, and a test may have set some.
        if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ERR_VM_MODULE_CACHED_DATA_REJECTED') throw error;
      }
    const module = Reflect.construct(target, [code, options], made);
    if (file !== undefined) modules.set(file, { code, data: module.createCachedData() });
    return module;
  },
});

vm.compileFunction = (code, parameters, options = {}) => {
  const file = asksItsModule.test(code) ? undefined : options.filename;
  const cachedData = compiled(functions, file, code);
  if (file === undefined || cachedData !== undefined)
    return compileFunction(code, parameters, cachedData === undefined ? options : { ...options, cachedData });
  const made = compileFunction(code, parameters, { ...options, produceCachedData: true });
  if (made.cachedData !== undefined) functions.set(file, { code, data: made.cachedData });
  return made;
};
