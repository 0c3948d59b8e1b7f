import type { CatalogIssue, RootFieldKind, Table } from '../../catalog/index.ts';
import type { TypeKind } from './conventions.ts';
import type { Clash, Directory } from './directory.ts';

/** A name that two tables would have, or a table and a namespace field (`other: null`). */
export interface NameClash {
  readonly what: 'root field' | 'type';
  readonly name: string;
  readonly one: { readonly owner: Table; readonly kind: RootFieldKind | TypeKind };
  readonly other: { readonly owner: Table; readonly kind: RootFieldKind | TypeKind } | null;
}

/** Which tables had to give way, and to what. */
export interface Settlement {
  /** Left out of the graph. */
  readonly out: Set<Table>;
  /** In the graph, but without connection. */
  readonly withoutConnection: Set<Table>;
  readonly issues: CatalogIssue[];
}

/** The clashes of a directory of root fields or types. */
export function clashesIn<Kind extends RootFieldKind | TypeKind>(
  what: NameClash['what'],
  directory: Directory<Table, Kind>,
): NameClash[] {
  return directory.clashes().map((clash: Clash<Table, Kind>) => ({ what, ...clash }));
}

const namespaceOf = 'a namespace of root fields';
const connectionKinds: ReadonlySet<string> = new Set(['select_connection', 'connection', 'edge']);

/**
 * Decides clashes in the order of the catalog: the later table is left out, and a table that is out clashes with none.
 * A connection gives way to a table that has its name (`user` and `user_connection`): only the connection is missing then.
 */
export function settle(
  tables: readonly Table[],
  clashes: readonly NameClash[],
  settlement: Settlement,
): void {
  const { out, withoutConnection, issues } = settlement;
  const order = new Map(tables.map((table, index) => [table, index]));
  const place = (table: Table) => order.get(table) ?? -1;
  const later = ({ one, other }: NameClash) =>
    Math.max(place(one.owner), other === null ? -1 : place(other.owner));
  for (const clash of [...clashes].sort((a, b) => later(a) - later(b))) {
    const { one, other } = clash;
    if ([one, other].some((side) => side !== null && isGone(side, settlement))) continue;
    const yielding = [one, other].filter((side) => side !== null && connectionKinds.has(side.kind));
    if (yielding.length === 1) {
      const [side] = yielding;
      withoutConnection.add(side!.owner);
      issues.push(noConnection(clash, side!.owner));
      continue;
    }
    if (other === null) {
      out.add(one.owner);
      issues.push(leftOut(clash, one.owner, namespaceOf));
      continue;
    }
    const [first, second] = place(one.owner) <= place(other.owner) ? [one, other] : [other, one];
    out.add(second.owner);
    issues.push(leftOut(clash, second.owner, first.owner.id));
  }
}

function isGone(side: { owner: Table; kind: string }, { out, withoutConnection }: Settlement): boolean {
  return out.has(side.owner) || (connectionKinds.has(side.kind) && withoutConnection.has(side.owner));
}

function leftOut({ what, name }: NameClash, table: Table, other: string): CatalogIssue {
  const reason =
    `The ${what} "${name}" would be that of ${other} as well, so ${table.id} is left out of the graph. ` +
    'Give it a custom_name, or its source a customization (root_fields and type_names, prefix or suffix).';
  return { severity: 'error', where: table.id, reason };
}

function noConnection({ what, name, one, other }: NameClash, table: Table): CatalogIssue {
  const holder = other === null ? namespaceOf : (one.owner === table ? other : one).owner.id;
  const reason = `The ${what} "${name}" belongs to ${holder}, so ${table.id} has no connection. Give one of them a custom_name.`;
  return { severity: 'note', where: table.id, reason };
}
