/** An operation of JSON Patch (RFC 6902), of the kinds that Foz sends. */
export type PatchOperation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }
  | { readonly op: 'move'; readonly from: string; readonly path: string };

type Container = unknown[] | Record<string, unknown>;

/**
 * The value after all operations. The given value stays as it is, and what no operation changes is the same object in both. Throws where
 * an operation does not fit the value.
 */
export function applyPatch(value: unknown, patch: readonly PatchOperation[]): unknown {
  const target = new Target(value);
  for (const operation of patch) {
    if (operation.op === 'remove') target.remove(operation.path);
    else if (operation.op === 'move') target.add(operation.path, target.remove(operation.from));
    else if (operation.op === 'add') target.add(operation.path, operation.value);
    else if (operation.op === 'replace') target.replace(operation.path, operation.value);
    else throw new Error(`Unknown operation: ${JSON.stringify(operation)}`);
  }
  return target.root;
}

/** A value while a patch is applied to it. Each object and list is copied before its first change. */
class Target {
  readonly #copies = new Set<unknown>();
  /** Contains the value, so that the whole can be replaced, too. */
  readonly #holder: unknown[];

  constructor(value: unknown) {
    this.#holder = [value];
  }

  get root(): unknown {
    return this.#holder[0];
  }

  add(path: string, value: unknown): void {
    const { container, name } = this.#place(path);
    if (path === '' || !Array.isArray(container)) (container as Record<string, unknown>)[name] = value;
    else container.splice(indexIn(container, name, path, container.length), 0, value);
  }

  replace(path: string, value: unknown): void {
    const { container, name } = this.#place(path);
    existing(container, name, path);
    (container as Record<string, unknown>)[name] = value;
  }

  remove(path: string): unknown {
    const { container, name } = this.#place(path);
    const value = existing(container, name, path);
    if (Array.isArray(container)) container.splice(Number(name), 1);
    else delete container[name];
    return value;
  }

  /** The copied object or list that a path leads into, and the name or index of its last step. */
  #place(path: string): { readonly container: Container; readonly name: string } {
    const names = path === '' ? [] : path.slice(1).split('/').map(unescaped);
    // Writing this member would change the prototype.
    if (names.includes('__proto__')) throw misfit(path);
    let container: Container = this.#holder;
    let name = '0';
    for (const next of names) {
      container = this.#copied(container, name, path);
      name = next;
    }
    return { container, name };
  }

  #copied(container: Container, name: string, path: string): Container {
    const value = existing(container, name, path);
    if (typeof value !== 'object' || value === null) throw misfit(path);
    if (this.#copies.has(value)) return value as Container;
    const copy: Container = Array.isArray(value) ? [...value] : { ...value };
    this.#copies.add(copy);
    (container as Record<string, unknown>)[name] = copy;
    return copy;
  }
}

/** The value under a name or index. Only own members count, so no path leads to a prototype. */
function existing(container: Container, name: string, path: string): unknown {
  if (Array.isArray(container)) return container[indexIn(container, name, path, container.length - 1)];
  // biome-ignore lint/suspicious/noPrototypeBuiltins: Object.hasOwn is newer than ES2020, which this code is written for.
  if (!Object.prototype.hasOwnProperty.call(container, name)) throw misfit(path);
  return container[name];
}

function indexIn(list: readonly unknown[], name: string, path: string, most: number): number {
  if (name === '-' && most === list.length) return most;
  if (!/^(?:0|[1-9]\d*)$/.test(name) || Number(name) > most) throw misfit(path);
  return Number(name);
}

function unescaped(name: string): string {
  return name.replace(/~1/g, '/').replace(/~0/g, '~');
}

function misfit(path: string): Error {
  return new Error(`The patch does not fit the answer before it: there is no ${path}`);
}
