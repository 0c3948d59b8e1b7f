import type { Knex } from 'knex';

/** Keys of rows that are too long for an index: `key` is a shortened text with a hash then, and `long_key` the whole one. */
export async function up(db: Knex): Promise<void> {
  for (const name of ['sync_rows', 'sync_problems'])
    await db.schema.withSchema('foz').alterTable(name, (table) => {
      table.text('long_key');
    });
}
