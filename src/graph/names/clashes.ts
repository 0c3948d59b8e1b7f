import type { CatalogIssue, RootFieldKind, Table } from '../../catalog/index.ts';
import type { TypeKind } from './conventions.ts';
import type { Clash, Directory } from './directory.ts';
import { comparePrecedence } from './precedence.ts';

interface Side {
  readonly owner: Table;
  readonly kind: RootFieldKind | TypeKind;
  /** The name is set in `custom_root_fields`. */
  readonly custom?: boolean;
}

/** A name that two tables want, or a table and a namespace field (`other: null`). */
export interface NameClash {
  readonly what: 'root field' | 'type';
  readonly name: string;
  readonly one: Side;
  readonly other: Side | null;
}

/** A custom root field that is not used, and the clash that is the reason. */
export interface RefusedRoot {
  readonly side: Side;
  readonly clash: NameClash;
}

/** How the clashes were resolved. */
export interface ClashResolution {
  /** Tables that need another name. */
  readonly moved: Set<Table>;
  /** Tables that got a longer name, with that name. */
  readonly longer: Map<Table, string>;
  /** Tables that lack fields in the graph since other tables have their names. */
  readonly without: Readonly<Record<YieldingGroup, Set<Table>>>;
  readonly refused: RefusedRoot[];
  readonly issues: CatalogIssue[];
}

/** The clashes within a directory of root fields or types. */
export function clashesIn<Kind extends RootFieldKind | TypeKind>(
  what: NameClash['what'],
  directory: Directory<Table, Kind>,
): NameClash[] {
  return directory.clashes().map((clash: Clash<Table, Kind>) => ({ what, ...clash }));
}

export const namespaceOf = 'a namespace of root fields';

/** Fields and types of a table that give way to other tables. */
export type YieldingGroup = 'connection' | 'changes';

const yieldingKinds: Readonly<Record<string, YieldingGroup>> = {
  select_connection: 'connection',
  connection: 'connection',
  edge: 'connection',
  select_changes: 'changes',
  change: 'changes',
  change_row: 'changes',
};

/** The group of fields and types that a kind belongs to, if it gives way to other tables; else `undefined`. */
export function yieldingGroupOf(kind: RootFieldKind | TypeKind): YieldingGroup | undefined {
  return yieldingKinds[kind];
}

/**
 * Resolves clashes in the order of precedence. A table that gives way gets another name, so its further clashes are
 * skipped. A custom root field whose name is taken is not used, since the metadata of one table must not rename
 * another. A connection gives way to a table of the same name (`user` and `user_connection`), unless the connection
 * is older than the table; so do the changes of a table. Returns whether there were clashes.
 */
export function resolveClashes(clashes: readonly NameClash[], resolution: ClashResolution): boolean {
  const { moved, without, refused, issues } = resolution;
  const ordered = clashes.map((clash) => ({ clash, loser: loserOf(clash, resolution) }));
  ordered.sort(
    (a, b) => comparePrecedence(a.loser.owner, b.loser.owner) || (a.clash.name < b.clash.name ? -1 : 1),
  );
  for (const { clash, loser } of ordered) {
    const { one, other } = clash;
    if ([one, other].some((side) => side !== null && isGone(side, resolution))) continue;
    const yielding = [one, other].filter((side) => side !== null && yieldingGroupOf(side.kind) !== undefined);
    const [weaker] = yielding;
    if (yielding.length === 1 && !isNewcomer(clash, weaker!)) {
      const group = yieldingGroupOf(weaker!.kind)!;
      without[group].add(weaker!.owner);
      issues.push(leftOut(clash, weaker!.owner, group));
    } else if (loser.custom === true) refused.push({ side: loser, clash });
    else moved.add(loser.owner);
  }
  return ordered.length > 0;
}

/** Whether the table that clashes with a field that gives way is newer than the field. */
function isNewcomer({ one, other }: NameClash, weaker: Side): boolean {
  const table = one === weaker ? other : one;
  return (
    table !== null &&
    weaker.owner.keptName !== null &&
    table.owner.keptName === null &&
    table.owner.customName === null
  );
}

function loserOf({ one, other }: NameClash, { longer }: ClashResolution): Side {
  if (other === null) return one;
  if ((one.custom ?? false) !== (other.custom ?? false)) return one.custom === true ? one : other;
  // A longer name was generated here, so it gives way to all others.
  if (longer.has(one.owner) !== longer.has(other.owner)) return longer.has(one.owner) ? one : other;
  return comparePrecedence(one.owner, other.owner) <= 0 ? other : one;
}

function isGone(side: Side, { moved, without, refused }: ClashResolution): boolean {
  const group = yieldingGroupOf(side.kind);
  return (
    (moved.has(side.owner) && side.custom !== true) ||
    (group !== undefined && without[group].has(side.owner)) ||
    refused.some((one) => one.side.owner === side.owner && one.side.kind === side.kind)
  );
}

function leftOut({ what, name, one, other }: NameClash, table: Table, group: YieldingGroup): CatalogIssue {
  const holder = other === null ? namespaceOf : (one.owner === table ? other : one).owner.id;
  const reason = `The ${what} "${name}" belongs to ${holder}, so ${table.id} has no ${group}. Give one of them a custom_name.`;
  return { severity: 'note', where: table.id, reason };
}
