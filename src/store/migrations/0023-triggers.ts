import type { Knex } from 'knex';

/** Triggers that no table has: how far their schedules have come. */
export async function up(db: Knex): Promise<void> {
  await db.schema.withSchema('foz').createTable('triggers', (table) => {
    table.text('name').primary();
    table.text('kind').notNullable();
    // The schedule; NULL: it has none now.
    table.text('spec');
    // The last due time that was dealt with.
    table.timestamp('last_due');
    table.timestamp('seen_at').notNullable().defaultTo(db.fn.now());
  });
}
