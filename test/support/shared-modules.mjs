import { readFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';

/**
 * Lets the test files of a worker share the modules of the product and of its libraries, as all users of a process do. Jest loads them anew
 * for each file, which took up to two seconds, and V8 began to optimise the same functions again. The modules of `test/` and of Jest stay
 * with their file. Imported for its effect on `node:vm`, with which Jest makes modules.
 */

/** @typedef {import('node:vm').SourceTextModuleOptions} Options */
/** @typedef {NonNullable<Options['importModuleDynamically']>} Import */

const root = fileURLToPath(new URL('../../', import.meta.url)).replaceAll('\\', '/');
const require = nodeModule.createRequire(import.meta.url);

/** Folders of the libraries of the product, and of those that they need. @type {ReadonlySet<string>} */
const libraries = new Set(
  Object.entries(
    /** @type {{ packages: Record<string, { dev?: boolean }> }} */ (
      JSON.parse(readFileSync(`${root}package-lock.json`, 'utf8'))
    ).packages,
  )
    .filter(([folder, { dev }]) => folder.startsWith('node_modules/') && dev !== true)
    .map(([folder]) => folder),
);

/** Newer versions of Node let Jest link modules in one go, which fails where some are linked already. */
const canShare = !('hasAsyncGraph' in vm.SourceTextModule.prototype);

/** The folder of the package that a file belongs to; '': this one; null: none. @param {string | undefined} file */
function packageOf(file) {
  const path = file?.replaceAll('\\', '/');
  if (!canShare || !path?.startsWith(root)) return null;
  const [folder = ''] = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path.slice(root.length)) ?? [];
  return folder;
}

let sharesSources = canShare;

/** Whether test files share the modules of the product, not only those of its libraries. */
export const areSourcesShared = () => sharesSources;

/** Loads the sources anew for each test file from now on, as watching them needs: what a module imports may have changed meanwhile. */
export function shareOnlyLibraries() {
  sharesSources = false;
}

/** Modules by file. A file has one text, except where its transformation changes. @type {Map<string, { code: string, module: vm.SourceTextModule }>} */
const shared = new Map();

/** What the test file that runs imports with dynamically, since a module outlives the file that loaded it. @type {Import | undefined} */
let importModule;

const { SourceTextModule, SyntheticModule, compileFunction } = vm;

vm.SourceTextModule = new Proxy(SourceTextModule, {
  construct(target, arguments_, made) {
    const [code, options = {}] = /** @type {[string, Options?]} */ (arguments_);
    const { identifier = '' } = options;
    importModule = options.importModuleDynamically ?? importModule;
    const folder = packageOf(identifier);
    const isAnew = folder === '' && (!sharesSources || identifier.startsWith(`${root}test/`));
    if (folder === null || isAnew) return Reflect.construct(target, arguments_, made);
    const found = shared.get(identifier);
    if (found?.code === code && found.module.status === 'evaluated') return found.module;
    /** @type {Import} */
    const importModuleDynamically = (...asked) => /** @type {Import} */ (importModule)(...asked);
    const module = Reflect.construct(target, [code, { ...options, importModuleDynamically }], made);
    shared.set(identifier, { code, module });
    return module;
  },
});

// Jest's own `createRequire` works as long as the test file that imported it first.
vm.SyntheticModule = new Proxy(SyntheticModule, {
  construct(target, arguments_, made) {
    const [, , options = {}] = /** @type {ConstructorParameters<typeof SyntheticModule>} */ (arguments_);
    if (!canShare || !/^(?:node:)?module$/.test(options.identifier ?? ''))
      return Reflect.construct(target, arguments_, made);
    const given = Object.entries(nodeModule);
    /** @this {vm.SyntheticModule} */
    function evaluate() {
      for (const [name, value] of given) this.setExport(name, value);
    }
    return Reflect.construct(target, [given.map(([name]) => name), evaluate, options], made);
  },
});

vm.compileFunction = (code, parameters, options = {}) => {
  const { filename } = options;
  if (filename === undefined || !libraries.has(packageOf(filename) ?? ''))
    return compileFunction(code, parameters, options);
  // Node itself loads CommonJS, and what it requires later.
  return /** @param {{ exports: unknown }} module */ (module) => {
    module.exports = require(filename);
  };
};
