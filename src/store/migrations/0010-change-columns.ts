import type { Knex } from 'knex';

/** The columns of the logged tables when their changes were logged, with their types. Empty: not known. */
export async function up(db: Knex): Promise<void> {
  await db.schema.withSchema('foz').alterTable('change_tables', (table) => {
    table.text('shape').notNullable().defaultTo('');
  });
}
