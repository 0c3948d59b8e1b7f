import type { Table } from '../catalog/index.ts';
import { FozError } from '../core/index.ts';

/** Whether the caller knows of a table that a database names. */
export type Sees = (name: string, namespace: string | null) => boolean;

/** The tables that are in a part of the catalog; a namespace counts where the database tells it. */
export function tablesSeen(sources: Iterable<{ readonly tables: readonly Table[] }>): Sees {
  const names = new Set<string>();
  for (const { tables } of sources)
    for (const { name, namespace } of tables) {
      names.add(name);
      names.add(JSON.stringify([namespace, name]));
    }
  return (name, namespace) => names.has(namespace === null ? name : JSON.stringify([namespace, name]));
}

/** A broken constraint of a table that the caller does not know of is told without its name and its table's. */
export function concealed(error: FozError, sees: Sees | undefined): FozError {
  const { table, namespace } = error.details ?? {};
  if (sees === undefined || error.code !== 'constraint-violation' || typeof table !== 'string') return error;
  if (sees(table, typeof namespace === 'string' ? namespace : null)) return error;
  return new FozError('constraint-violation', 'The write would break a constraint of the database.', {
    ...(error.path === undefined ? {} : { path: error.path }),
    ...(error.internal === undefined ? {} : { internal: error.internal }),
    cause: error,
  });
}
