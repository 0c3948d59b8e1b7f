import { isDeepStrictEqual } from 'node:util';
import type { Metadata, TableMetadata } from '../../catalog/index.ts';
import { canonicalMetadata, namedLists, nameOf, plain, schemaOf, sortKey } from '../../catalog/index.ts';
import { differenceOf, wordsOf } from './diff-words.ts';
import { type Part, partsOf } from './parts.ts';

/** One difference. */
export interface MetadataChange {
  readonly change: 'added' | 'removed' | 'changed';
  /** `shop.sales.orders`, or `inherited roles` */
  readonly where: string;
  /** Which part of it: `select_permissions.buyer`, `configuration.custom_name` */
  readonly part: string;
  /** In words: `role buyer may read: columns id, total; rows all` */
  readonly text: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** The changes that turn `before` into `after`, table by table, in words. Empty exactly when both are equal in meaning. */
export function diffMetadata(before: Metadata, after: Metadata): MetadataChange[] {
  const [old, now] = [before, after].map((metadata) => canonicalMetadata(plain(metadata)));
  const rolesOf = ({ inherited_roles = [] }: Metadata): Part[] =>
    inherited_roles.map(({ role_name, ...value }) => ({
      kind: 'inherited role',
      path: role_name,
      name: role_name,
      value,
    }));
  return [
    ...diffTables(old!, now!),
    ...diffParts('inherited roles', rolesOf(old!), rolesOf(now!)),
    ...namedLists.flatMap((list) => diffParts(list, namedParts(old!, list), namedParts(now!, list))),
  ];
}

function namedParts(metadata: Metadata, list: (typeof namedLists)[number]): Part[] {
  return (metadata[list] ?? []).map(({ name, ...value }) => ({ kind: list, path: name, name, value }));
}

/** The changes from one version to another, in the form of the audit log. */
export function beforeAndAfter(changes: readonly MetadataChange[], from: number, to: number) {
  const parts = (side: 'before' | 'after') =>
    changes.flatMap(({ where, part, [side]: value }) =>
      value === undefined ? [] : [{ where, part, value }],
    );
  return { before: { version: from, parts: parts('before') }, after: { version: to, parts: parts('after') } };
}

function diffTables(old: Metadata, now: Metadata): MetadataChange[] {
  const entries = (metadata: Metadata) => numbered(metadata.tables, sortKey);
  const [was, is] = [entries(old), entries(now)];
  const keys = [...new Set([...was.keys(), ...is.keys()])].sort((a, b) => (a < b ? -1 : 1));
  return keys.flatMap((key) => {
    const [one, other] = [was.get(key), is.get(key)];
    return diffParts(
      placeOf((other ?? one)!),
      one === undefined ? [] : partsOf(one),
      other === undefined ? [] : partsOf(other),
    );
  });
}

function placeOf({ source, table }: TableMetadata): string {
  return [source, schemaOf(table), nameOf(table)].filter((part) => part !== null).join('.');
}

function diffParts(where: string, before: readonly Part[], after: readonly Part[]): MetadataChange[] {
  const [old, now] = [before, after].map((parts) => numbered(parts, ({ path }) => path));
  const changes: MetadataChange[] = [];
  for (const [key, part] of now!) {
    const known = old!.get(key);
    if (known === undefined)
      changes.push({
        change: 'added',
        where,
        part: part.path,
        text: wordsOf(part, 'added'),
        after: part.value,
      });
    else if (!isDeepStrictEqual(known.value, part.value))
      changes.push({
        change: 'changed',
        where,
        part: part.path,
        text: differenceOf(known, part),
        before: known.value,
        after: part.value,
      });
  }
  for (const [key, part] of old!)
    if (!now!.has(key))
      changes.push({
        change: 'removed',
        where,
        part: part.path,
        text: wordsOf(part, 'removed'),
        before: part.value,
      });
  return changes;
}

/** Items by key. A repeated key gets a number, so that no item is lost. */
function numbered<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T> {
  const found = new Map<string, T>();
  for (const item of items) {
    const key = keyOf(item);
    let free = key;
    for (let number = 2; found.has(free); number++) free = `${key} ${number}`;
    found.set(free, item);
  }
  return found;
}
