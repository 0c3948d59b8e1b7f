import type { ChangedTable, ChangeOffer } from '../../../plan/index.ts';
import { isFollowed } from '../namespaces.ts';
import type { Engine } from '../supported.ts';
import type { Ask, Variables } from './ask.ts';
import { within } from './hidden-types.ts';

export function tableKey({ namespace, name }: ChangedTable): string {
  return JSON.stringify([namespace, name]);
}

/** The tables that are followed, and whose rows are in the binlog: those of the database, and no views. */
export async function loggedTables(ask: Ask, database: string | null): Promise<ReadonlySet<string>> {
  const rows = await ask(`select table_schema, table_name from information_schema.tables
    where table_type in ('BASE TABLE', 'SYSTEM VERSIONED')${within('table_schema', database)}`);
  const tables = rows.map(([namespace, name]) => ({ namespace: String(namespace), name: String(name) }));
  return new Set(tables.filter(({ namespace }) => isFollowed(namespace, database)).map(tableKey));
}

/** Rules of foreign keys by which the server changes rows itself. */
const cascading = `select constraint_schema, table_name, referenced_table_name from information_schema.referential_constraints
  where delete_rule in ('CASCADE', 'SET NULL', 'SET DEFAULT') or update_rule in ('CASCADE', 'SET NULL', 'SET DEFAULT')`;

/**
 * Tables whose rows are changed by foreign keys. MariaDB's storage engine changes them below the binlog. So does MySQL's, except where the
 * setting `innodb_native_foreign_keys` exists (9.6 or newer) and is OFF.
 */
export async function cascades(
  ask: Ask,
  engine: Engine,
  variables: Variables,
  tables: readonly ChangedTable[],
): Promise<ChangeOffer['gaps']> {
  if (engine === 'mysql' && variables.get('innodb_native_foreign_keys') === 'OFF') return [];
  const parents = await cascadeParents(ask);
  return tables.flatMap((table) => {
    const parent = parents.get(tableKey(table));
    if (parent === undefined) return [];
    const reason = `Rows that a foreign key changes or deletes (on delete, on update) with a row of "${parent}" are not in the binlog.`;
    return [{ table, reason }];
  });
}

/** The tables whose rows foreign keys change, each with a table that it refers to. */
export async function cascadeParents(ask: Ask): Promise<ReadonlyMap<string, string>> {
  const parents = new Map<string, string>();
  for (const [namespace, name, parent] of await ask(cascading))
    parents.set(tableKey({ namespace: String(namespace), name: String(name) }), String(parent));
  return parents;
}
