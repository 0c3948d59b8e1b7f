import type { Knex } from 'knex';

/** Settings that were changed at run time, by name. */
export async function up(db: Knex): Promise<void> {
  await db.schema.withSchema('foz').createTable('settings', (table) => {
    table.text('name').primary();
    table.text('config').notNullable();
    table.bigInteger('revision').notNullable().defaultTo(1);
    table.timestamp('created_at').notNullable().defaultTo(db.fn.now());
    table.timestamp('updated_at').notNullable().defaultTo(db.fn.now());
  });
}
