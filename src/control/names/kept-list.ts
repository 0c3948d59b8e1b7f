import type { Actor } from '../../store/index.ts';
import type { NameBook } from '../../views/index.ts';
import type { ControlPlane } from '../plane.ts';
import type { LiveNames } from './live-names.ts';

/** The name that a table keeps, and those of its relationships. */
export interface KeptName {
  readonly source: string;
  /** `orders`, or `sales.orders` outside of the default namespace. */
  readonly table: string;
  /** `null`: metadata gives the table its name. */
  readonly name: string | null;
  readonly relationships: readonly { readonly name: string; readonly foreignKey: string }[];
}

/** The kept names of all sources, or of one, sorted. */
export function keptNames(book: NameBook, only: string | null = null): KeptName[] {
  return Object.entries(book)
    .filter(([source]) => only === null || source === only)
    .flatMap(([source, { tables, relationships }]) =>
      [...new Set([...Object.keys(tables), ...Object.keys(relationships)])].map((table): KeptName => {
        const found = Object.hasOwn(relationships, table) ? Object.entries(relationships[table]!) : [];
        return {
          source,
          table,
          name: Object.hasOwn(tables, table) ? tables[table]! : null,
          relationships: found.map(([name, foreignKey]) => ({ name, foreignKey })),
        };
      }),
    )
    .sort((a, b) => compare(a.source, b.source) || compare(a.table, b.table));
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Assigns the names of a source, or of one of its tables, again, and records this in the audit log. Returns whether any names were kept. */
export async function resetNames(
  { names, plane, actor }: Readonly<{ names: LiveNames; plane: ControlPlane | null; actor: Actor }>,
  source: string,
  table: string | null,
): Promise<boolean> {
  await plane?.audit?.ready();
  const found = await names.reset(source, table);
  if (found)
    await plane?.audit?.append({
      kind: 'control',
      actor,
      operation: 'names.reset',
      source,
      ...(table === null ? {} : { table }),
      outcome: 'success',
    });
  return found;
}
