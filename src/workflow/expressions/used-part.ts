import jsonata from 'jsonata';

/** The part of a scope that an expression can read. */
interface Used {
  readonly names: ReadonlySet<string>;
  /** Whether it reads all steps, not only those among the names. */
  readonly allSteps: boolean;
}

const mostKnown = 1_000;
const known = new Map<string, Used | null>();

/** The part of a scope that expressions can read: large outputs of other steps are not sent to the thread. */
export function partOf(texts: readonly string[], scope: object): object {
  const used = texts.map(usedBy);
  if (used.includes(null)) return scope;
  const names = new Set(used.flatMap((one) => [...one!.names]));
  const allSteps = used.some((one) => one!.allSteps);
  const part = ([name, value]: [string, unknown]): [string, unknown][] => {
    if (name !== 'steps') return names.has(name) ? [[name, value]] : [];
    return [[name, allSteps ? value : picked(value as object, names)]];
  };
  return Object.fromEntries(Object.entries(scope).flatMap(part));
}

function picked(steps: object, names: ReadonlySet<string>): object {
  return Object.fromEntries(Object.entries(steps).filter(([id]) => names.has(id)));
}

/** `null`: it may read anything. */
function usedBy(text: string): Used | null {
  const found = known.get(text);
  if (found !== undefined) return found;
  if (known.size >= mostKnown) known.clear();
  const used = readsOf(text);
  known.set(text, used);
  return used;
}

/** Functions that take the context where an argument is missing, also a context that is an object; and `eval`, whose names nobody knows. */
const readers = new Set([
  'boolean',
  'clone',
  'each',
  'eval',
  'keys',
  'lookup',
  'not',
  'sift',
  'spread',
  'string',
]);

interface Node {
  readonly type?: string;
  readonly value?: unknown;
  readonly steps?: readonly Node[];
  readonly procedure?: Node;
  readonly arguments?: readonly unknown[];
  readonly signature?: unknown;
}

/** Arguments with which a reader does not read the context. */
const fullArguments: Readonly<Record<string, number>> = { each: 2, sift: 2, lookup: 2 };

function readsOf(text: string): Used | null {
  const names = new Set<string>();
  let [allSteps, all] = [false, false];
  const visit = (node: unknown, isApplied = false): void => {
    if (all || typeof node !== 'object' || node === null) return;
    if (Array.isArray(node)) {
      for (const inner of node) visit(inner);
      return;
    }
    const { type, value, steps, procedure, signature, ...rest } = node as Node & Record<string, unknown>;
    if (readsContext(node as Node, isApplied)) {
      all = true;
      return;
    }
    if (type === 'name') names.add(String(value));
    const last = steps?.at(-1);
    if (last?.type === 'name' && last.value === 'steps') allSteps = true;
    for (const inner of steps ?? []) visit(inner);
    // A function that is called with all its arguments does not read the context.
    if (procedure !== undefined && procedure.type !== 'variable') visit(procedure);
    for (const [name, inner] of Object.entries(rest)) visit(inner, type === 'apply' && name === 'rhs');
  };
  try {
    visit(jsonata(text).ast());
  } catch {
    // The thread tells what is wrong with it.
    return null;
  }
  return all ? null : { names, allSteps };
}

/** `isApplied`: the value before `~>` is one argument more. */
function readsContext(node: Node, isApplied: boolean): boolean {
  const { type, value, procedure, signature } = node;
  if (type === 'wildcard' || type === 'descendant' || type === 'parent' || signature !== undefined)
    return true;
  if (type === 'variable') return value === '' || value === '$' || readers.has(String(value));
  if (type !== 'function' || procedure?.type !== 'variable') return false;
  const name = String(procedure.value);
  if (name === 'eval') return true;
  const given = (node.arguments?.length ?? 0) + (isApplied ? 1 : 0);
  return readers.has(name) && given < (fullArguments[name] ?? 1);
}
