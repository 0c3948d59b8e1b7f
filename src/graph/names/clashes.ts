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
  /** Tables that have no connection in the graph. */
  readonly withoutConnection: Set<Table>;
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
const connectionKinds: ReadonlySet<string> = new Set(['select_connection', 'connection', 'edge']);

/**
 * Resolves clashes in the order of precedence. A table that gives way gets another name, so its further clashes are
 * skipped. A custom root field whose name is taken is not used, since the metadata of one table must not rename
 * another. A connection gives way to a table of the same name (`user` and `user_connection`), unless the connection
 * is older than the table. Returns whether there were clashes.
 */
export function resolveClashes(clashes: readonly NameClash[], resolution: ClashResolution): boolean {
  const { moved, withoutConnection, refused, issues } = resolution;
  const ordered = clashes.map((clash) => ({ clash, loser: loserOf(clash, resolution) }));
  ordered.sort(
    (a, b) => comparePrecedence(a.loser.owner, b.loser.owner) || (a.clash.name < b.clash.name ? -1 : 1),
  );
  for (const { clash, loser } of ordered) {
    const { one, other } = clash;
    if ([one, other].some((side) => side !== null && isGone(side, resolution))) continue;
    const yielding = [one, other].filter((side) => side !== null && connectionKinds.has(side.kind));
    const [connection] = yielding;
    if (yielding.length === 1 && !isNewcomer(clash, connection!)) {
      withoutConnection.add(connection!.owner);
      issues.push(noConnection(clash, connection!.owner));
    } else if (loser.custom === true) refused.push({ side: loser, clash });
    else moved.add(loser.owner);
  }
  return ordered.length > 0;
}

/** Whether the table that clashes with a connection is newer than the connection. */
function isNewcomer({ one, other }: NameClash, connection: Side): boolean {
  const table = one === connection ? other : one;
  return (
    table !== null &&
    connection.owner.keptName !== null &&
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

function isGone(side: Side, { moved, withoutConnection, refused }: ClashResolution): boolean {
  return (
    (moved.has(side.owner) && side.custom !== true) ||
    (connectionKinds.has(side.kind) && withoutConnection.has(side.owner)) ||
    refused.some((one) => one.side.owner === side.owner && one.side.kind === side.kind)
  );
}

function noConnection({ what, name, one, other }: NameClash, table: Table): CatalogIssue {
  const holder = other === null ? namespaceOf : (one.owner === table ? other : one).owner.id;
  const reason = `The ${what} "${name}" belongs to ${holder}, so ${table.id} has no connection. Give one of them a custom_name.`;
  return { severity: 'note', where: table.id, reason };
}
