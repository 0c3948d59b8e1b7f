import type { Knex } from 'knex';

/** Sources, issuers and allowed operations added at run time, and encrypted secrets. */
export async function up(db: Knex): Promise<void> {
  for (const name of ['sources', 'issuers'])
    await db.schema.withSchema('foz').createTable(name, (table) => {
      table.text('name').primary();
      table.text('config').notNullable();
      table.bigInteger('revision').notNullable().defaultTo(1);
      table.timestamp('created_at').notNullable().defaultTo(db.fn.now());
      table.timestamp('updated_at').notNullable().defaultTo(db.fn.now());
    });
  await db.schema.withSchema('foz').createTable('operations', (table) => {
    table.text('role').notNullable();
    table.text('hash').notNullable();
    table.text('name');
    table.text('document').notNullable();
    table.timestamp('created_at').notNullable().defaultTo(db.fn.now());
    table.primary(['role', 'hash']);
  });
  await db.schema.withSchema('foz').createTable('secrets', (table) => {
    table.text('id').primary();
    table.text('key_id').notNullable();
    table.text('sealed').notNullable();
    table.timestamp('created_at').notNullable().defaultTo(db.fn.now());
    table.timestamp('updated_at').notNullable().defaultTo(db.fn.now());
  });
  await db.schema.withSchema('foz').createTable('master_key', (table) => {
    table.integer('one').primary().checkIn(['1']);
    table.text('key_id').notNullable();
    table.timestamp('since').notNullable().defaultTo(db.fn.now());
  });
}
