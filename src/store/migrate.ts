import type { Knex } from 'knex';
import { FozError } from '../core/index.ts';
import { type Migration, migrations } from './migrations/index.ts';

/** The migrations of a store, by name. */
export interface MigrationStatus {
  readonly done: readonly string[];
  readonly pending: readonly string[];
  /** Migrations from a newer version of Foz. */
  readonly unknown: readonly string[];
}

/** An advisory lock with an arbitrary number, the same in every process. Its holder may change the structure. */
const lockNumber = 0x466f7a01;
const tableName = 'migrations';
const schemaName = 'foz';

/** Reads the status without changing anything. */
export async function migrationStatus(
  db: Knex,
  steps: readonly Migration[] = migrations,
): Promise<MigrationStatus> {
  // to_regclass is not used, since it may cache that the schema does not exist.
  const found = await db.raw(
    `select exists (select from pg_tables where schemaname = 'foz' and tablename = 'migrations') as there`,
  );
  const done: string[] = found.rows[0].there
    ? await db.withSchema(schemaName).table(tableName).orderBy('id').pluck('name')
    : [];
  const names = steps.map(({ name }) => name);
  return {
    done,
    pending: names.filter((name) => !done.includes(name)),
    unknown: done.filter((name) => !names.includes(name)),
  };
}

/**
 * Applies all pending migrations, all or none. Of several processes, one applies them while the others wait. Returns
 * the names of the migrations applied. Rejects with FozError `not-supported` when a newer version of Foz created the
 * store.
 */
export async function migrate(
  db: Knex,
  place: string,
  steps: readonly Migration[] = migrations,
): Promise<readonly string[]> {
  const before = await migrationStatus(db, steps);
  refuseNewer(before, place, steps);
  if (before.pending.length === 0) return [];
  return db.transaction(async (transaction) => {
    await transaction.raw('select pg_advisory_xact_lock(?)', [lockNumber]);
    const { pending, ...status } = await migrationStatus(transaction, steps);
    refuseNewer({ pending, ...status }, place, steps);
    if (pending.length === 0) return [];
    await transaction.raw('create schema if not exists foz');
    await transaction.migrate.latest({ tableName, schemaName, migrationSource: sourceOf(steps) });
    return pending;
  });
}

function refuseNewer({ unknown }: MigrationStatus, place: string, steps: readonly Migration[]): void {
  if (unknown.length === 0) return;
  throw new FozError(
    'not-supported',
    `The store ${place} was changed by a newer Foz (${unknown.join(', ')}); this one knows it up to ${steps.at(-1)?.name}. Start that newer Foz, or bring back a copy of the store from before.`,
    { details: { unknown } },
  );
}

function sourceOf(steps: readonly Migration[]): Knex.MigrationSource<Migration> {
  return {
    getMigrations: async () => [...steps],
    getMigrationName: ({ name }) => name,
    getMigration: async ({ up }) => ({
      up,
      down: () => Promise.reject(new Error('Steps of the store go forward only.')),
    }),
  };
}
