import type { Knex } from 'knex';

/** Versions of the metadata, and the list of changes that all processes follow. */
export async function up(db: Knex): Promise<void> {
  await db.schema.withSchema('foz').createTable('metadata', (table) => {
    table.bigInteger('version').primary();
    // As text, to preserve the order of keys.
    table.text('metadata').notNullable();
    table.timestamp('at').notNullable().defaultTo(db.fn.now());
    table.text('actor').notNullable();
    table.text('comment');
  });
  await db.schema.withSchema('foz').createTable('changes', (table) => {
    table.bigIncrements('id');
    table.text('topic').notNullable();
    table.text('key').notNullable();
    table.timestamp('at').notNullable().defaultTo(db.fn.now());
  });
}
