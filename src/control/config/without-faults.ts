import type { Violation } from '../metadata/validate.ts';

type Path = readonly (string | number)[];

/** A configuration without the parts that violate its schema. */
export interface Remainder {
  readonly value: unknown;
  /** The path in the file of the value at a path of the remainder. Entries of lists move up where others were removed. */
  readonly pathInFile: (path: Path) => Path;
}

/** Without these, the databases would not be those of the configuration, so that nothing about them could be said. */
const needed: readonly unknown[] = ['sources', 'store', 'state', 'names'];

/**
 * Removes from a configuration what violates its schema: unknown settings, faulty permissions and table entries. The rest can still be
 * checked against the databases. `null`: so much is faulty that what could be found there would only follow from it.
 */
export function withoutFaults(given: unknown, found: readonly Violation[]): Remainder | null {
  const value: unknown = structuredClone(given);
  const removed = new Map<unknown, Set<number>>();
  for (const { path, setting } of found) {
    const object = valueAt(value, path);
    if (setting === undefined) {
      if (!remove(value, path, removed)) return null;
    } else if (typeof object === 'object' && object !== null)
      delete (object as Record<string, unknown>)[setting];
  }
  const kept = new Map<unknown, readonly number[]>();
  for (const [list, indexes] of removed) {
    const entries = list as unknown[];
    const left = entries.map((_, at) => at).filter((at) => !indexes.has(at));
    entries.splice(0, entries.length, ...left.map((at) => entries[at]));
    kept.set(list, left);
  }
  return { value, pathInFile: (path) => pathBefore(value, path, kept) };
}

/** Removes the smallest part around a path that can be left out. Returns whether there is one. Entries of lists are only noted. */
function remove(value: unknown, path: Path, removed: Map<unknown, Set<number>>): boolean {
  const [first, second, index, part, at] = path;
  if (first === undefined || needed.includes(first)) return false;
  if (first !== 'metadata') return drop(value, [], first);
  if (typeof index !== 'number') return false;
  // Conditions may go through a relationship, so its absence would be reported wherever they do.
  if (typeof part === 'string' && part.endsWith('_relationships')) return false;
  const list =
    typeof at === 'number' && String(part).endsWith('_permissions')
      ? path.slice(0, 4)
      : ['metadata', second!];
  const entry = list.length === 4 ? (at as number) : index;
  const holder = valueAt(value, list);
  if (!Array.isArray(holder)) return false;
  if (list.length === 2 && part !== undefined && part !== 'source' && part !== 'table')
    return drop(value, ['metadata', second!, index], part);
  removed.set(holder, (removed.get(holder) ?? new Set<number>()).add(entry));
  return true;
}

function drop(value: unknown, path: Path, setting: string | number): boolean {
  const object = valueAt(value, path);
  if (typeof object !== 'object' || object === null) return false;
  delete (object as Record<string | number, unknown>)[setting];
  return true;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, step) => (inner as Readonly<Record<string | number, unknown>> | null | undefined)?.[step],
    value,
  );
}

function pathBefore(value: unknown, path: Path, kept: ReadonlyMap<unknown, readonly number[]>): Path {
  return path.map((step, at) => {
    const left = kept.get(valueAt(value, path.slice(0, at)));
    return typeof step === 'number' ? (left?.[step] ?? step) : step;
  });
}
