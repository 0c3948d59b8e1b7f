import type { Knex } from 'knex';

/** Kept names of the tables and relationships of a source, as JSON. */
export async function up(db: Knex): Promise<void> {
  await db.schema.withSchema('foz').createTable('names', (table) => {
    table.text('source').primary();
    table.text('names').notNullable();
    table.timestamp('updated_at').notNullable().defaultTo(db.fn.now());
  });
}
