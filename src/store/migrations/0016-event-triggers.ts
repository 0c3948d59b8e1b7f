import type { Knex } from 'knex';

/** How far the changes of each source were read for event triggers, and from where on each trigger has them all. */
export async function up(db: Knex): Promise<void> {
  await db.schema.withSchema('foz').createTable('trigger_sources', (table) => {
    table.text('source').primary();
    // The segments of the log up to this one were read to their end; NULL: none was read yet.
    table.bigInteger('number');
    // The last change of which deliveries were added: the end of its transaction, and its number there.
    table.text('method');
    table.specificType('position', 'text collate "C"');
    table.bigInteger('index');
    // The durable reader in the database, where it has one: on PostgreSQL a replication slot.
    table.text('reader');
  });
  await db.schema.withSchema('foz').createTable('event_triggers', (table) => {
    table.text('name').primary();
    table.text('source').notNullable();
    // Changes after this position are delivered; NULL: its table is not logged yet.
    table.text('first');
    // The position from which on the log has all changes of its table. Where it has moved, changes are missing.
    table.text('since');
    // The last time that changes were found missing.
    table.timestamp('gap_at');
    table.text('gap_reason');
    table.timestamp('seen_at').notNullable().defaultTo(db.fn.now());
  });
}
