import type { Violation } from '../metadata/validate.ts';

type Path = readonly (string | number)[];

/** A configuration without its faulty parts. */
export interface Remainder {
  readonly value: unknown;
  /** The path in the file of the value at a path of the remainder. Entries of lists move up where others were removed. */
  readonly pathInFile: (path: Path) => Path;
  /** Names of sources that were left out. */
  readonly sources: readonly string[];
  /** Notes in the table entries which relationships were left out. For a remainder that is valid: `lost_relationships` is no setting. */
  readonly noteLost: () => void;
}

/** A faulty value, or an unknown setting of the object at `path`. */
type Fault = Pick<Violation, 'path' | 'setting'>;

/** Without these, the store and the names in the graph would not be those of the configuration. */
const needed: readonly unknown[] = ['store', 'state', 'names'];

/** The faulty parts of a configuration. List entries are removed last: the paths of faults contain their indexes. */
interface Removed {
  readonly entries: Map<unknown, Set<number>>;
  readonly sources: string[];
  /** Names of relationships by the table entry that declares them. */
  readonly relationships: Map<object, string[]>;
}

/**
 * Removes the faulty parts of a configuration: unknown settings, sources, relationships, permissions and table entries. The rest can
 * still be checked against the databases. `null`: so much is faulty that what could be found there would only follow from it.
 */
export function withoutFaults(given: unknown, found: readonly Fault[]): Remainder | null {
  const value: unknown = structuredClone(given);
  const removed: Removed = { entries: new Map(), sources: [], relationships: new Map() };
  for (const { path, setting } of found) {
    const object = valueAt(value, path);
    if (setting === undefined) {
      if (!remove(value, path, removed)) return null;
    } else if (typeof object === 'object' && object !== null)
      delete (object as Record<string, unknown>)[setting];
  }
  const kept = new Map<unknown, readonly number[]>();
  for (const [list, indexes] of removed.entries) {
    const entries = list as unknown[];
    const left = entries.map((_, at) => at).filter((at) => !indexes.has(at));
    entries.splice(0, entries.length, ...left.map((at) => entries[at]));
    kept.set(list, left);
  }
  return {
    value,
    pathInFile: (path) => pathBefore(value, path, kept),
    sources: removed.sources,
    noteLost() {
      for (const [entry, names] of removed.relationships) Object.assign(entry, { lost_relationships: names });
    },
  };
}

/** Removes the smallest part around a path that can be left out. Returns whether there is one. */
function remove(value: unknown, path: Path, removed: Removed): boolean {
  const [first, second, index, part, at] = path;
  if (first === undefined || needed.includes(first)) return false;
  if (first === 'sources') return removeSource(value, second, removed);
  if (first !== 'metadata') return drop(value, [], first);
  if (typeof index === 'number' && second !== 'tables')
    return removeEntry(valueAt(value, ['metadata', second!]), index, removed);
  if (second !== 'tables') return second !== undefined && drop(value, ['metadata'], second);
  if (typeof index !== 'number') return false;
  const table = ['metadata', 'tables', index];
  if (part === undefined || part === 'source' || part === 'table')
    return removeEntry(valueAt(value, ['metadata', 'tables']), index, removed);
  if (typeof part === 'string' && part.endsWith('_relationships'))
    return removeRelationship(valueAt(value, table), part, at, removed);
  if (typeof at === 'number' && String(part).endsWith('_permissions'))
    return removeEntry(valueAt(value, [...table, part]), at, removed);
  return drop(value, table, part);
}

/** A source without a name cannot be left out: metadata that names it would seem to be misspelt. */
function removeSource(value: unknown, index: string | number | undefined, removed: Removed): boolean {
  const list = valueAt(value, ['sources']);
  const name = index === undefined ? undefined : valueAt(list, [index, 'name']);
  if (typeof index !== 'number' || typeof name !== 'string') return false;
  removed.sources.push(name);
  return removeEntry(list, index, removed);
}

/** A relationship without a name cannot be left out: conditions that go through it would seem to be misspelt. */
function removeRelationship(
  entry: unknown,
  kind: string,
  index: string | number | undefined,
  removed: Removed,
): boolean {
  const list = valueAt(entry, [kind]);
  const name = index === undefined ? undefined : valueAt(list, [index, 'name']);
  if (typeof index !== 'number' || typeof name !== 'string') return false;
  const lost = removed.relationships.get(entry as object) ?? [];
  removed.relationships.set(entry as object, [...lost, name]);
  return removeEntry(list, index, removed);
}

function removeEntry(list: unknown, index: number, { entries }: Removed): boolean {
  if (!Array.isArray(list)) return false;
  entries.set(list, (entries.get(list) ?? new Set<number>()).add(index));
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
