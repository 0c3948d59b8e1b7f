import type { Knex } from 'knex';

/** How runs of workflows were started, and how far their schedules have come. */
export async function up(db: Knex): Promise<void> {
  await db.schema.withSchema('foz').alterTable('runs', (table) => {
    table.text('origin').notNullable().defaultTo('manual');
  });
  await db.raw('create index runs_at on foz.runs (at, id)');
  await db.schema.withSchema('foz').createTable('schedules', (table) => {
    table.text('workflow').primary();
    // The pattern and its time zone: due times of another pattern are not made up for.
    table.text('spec').notNullable();
    // The last due time that was dealt with.
    table.timestamp('last_due').notNullable();
  });
}
