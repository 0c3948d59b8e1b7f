import type { Store } from './store.ts';

/** Dead rows of a table from which on it is vacuumed, besides a tenth of its rows. */
const fewestDead = 5_000;

/**
 * Vacuums the tables of an embedded store that have many dead rows, and refreshes their statistics. A server does this by itself
 * (autovacuum); PGlite has no such process. Resolves with the names of the tables.
 */
export async function vacuumEmbedded(store: Pick<Store, 'kind' | 'hasOpened' | 'run'>): Promise<string[]> {
  if (store.kind !== 'pglite' || !store.hasOpened) return [];
  const rows = await store.run(
    `select quote_ident(relname) as name from pg_stat_user_tables
     where schemaname = 'foz' and greatest(n_dead_tup, n_mod_since_analyze / 4) > ? + n_live_tup / 10`,
    [fewestDead],
  );
  const names = rows.map(({ name }) => String(name));
  for (const name of names) await store.run(`vacuum (analyze) foz.${name}`, []);
  return names;
}
