import { checkAgainst } from '../../metadata/validate.ts';
import type { Findings } from './findings.ts';
import type { Entry } from './read-tree.ts';

/**
 * The converted object without parts that violate Foz's schema because Hasura's metadata was invalid; each is reported. Parts are the
 * settings of `made`, and the items of those that are lists. `undefined`: nothing valid is left.
 */
export function fitting<T extends object>(
  what: 'table' | 'source',
  made: T,
  { given, where, findings }: { readonly given: Entry; readonly where: string; readonly findings: Findings },
): T | undefined {
  const problems = problemsOf(what, made);
  if (problems.length === 0) return made;
  const lost = new Map<string, Set<number> | null>();
  for (const { part, item, place, message } of problems) {
    findings.add(given, part, `${where}: ${place}`, `left out, since it is not as it must be: ${message}`);
    const items = lost.get(part);
    if (item === null) lost.set(part, null);
    else if (items === undefined) lost.set(part, new Set([item]));
    else items?.add(item);
  }
  const entries = Object.entries(made).flatMap(([key, value]): [string, unknown][] => {
    const items = lost.get(key);
    if (items === undefined) return [[key, value]];
    if (items === null || !Array.isArray(value)) return [];
    const rest = value.filter((_, at) => !items.has(at));
    return rest.length === 0 ? [] : [[key, rest]];
  });
  const left = Object.fromEntries(entries) as T;
  return problemsOf(what, left).length === 0 ? left : undefined;
}

interface Problem {
  readonly part: string;
  /** Index of the item, if the part is in a list. */
  readonly item: number | null;
  /** A path such as `select_permissions[0].permission.columns`. */
  readonly place: string;
  readonly message: string;
}

function problemsOf(what: 'table' | 'source', made: object): Problem[] {
  const found = what === 'table' ? checkAgainst('table', made) : checkAgainst('config', { sources: [made] });
  return found.map(({ where, message }) => {
    const place = where.replace(/^sources\[0\]\.?/, '');
    const [, part = '', item] = /^(\w+)(?:\[(\d+)\])?/.exec(place) ?? [];
    return { part, item: item === undefined ? null : Number(item), place, message };
  });
}
