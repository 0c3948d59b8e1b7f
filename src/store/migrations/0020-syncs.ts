import type { Knex } from 'knex';

/** Syncs of two tables: how far each is, the rows on which both sides agree, and the rows that could not be brought in step. */
export async function up(db: Knex): Promise<void> {
  await db.schema.withSchema('foz').createTable('syncs', (table) => {
    table.text('name').primary();
    // JSON: how far the changes of both sides were read, and where the comparison of whole tables is.
    table.text('progress');
    table.text('state').notNullable().defaultTo('starting');
    // Why it does not go on; NULL: it does.
    table.text('problem');
    table.boolean('paused').notNullable().defaultTo(false);
    // Whether somebody has asked for a comparison of the whole tables.
    table.boolean('compare').notNullable().defaultTo(false);
    table.bigInteger('inserted').notNullable().defaultTo(0);
    table.bigInteger('updated').notNullable().defaultTo(0);
    table.bigInteger('deleted').notNullable().defaultTo(0);
    // Milliseconds from the last commit that was read to the time at which it had been applied.
    table.bigInteger('lag_ms');
    table.timestamp('changed_at');
    table.timestamp('seen_at').notNullable().defaultTo(db.fn.now());
  });
  await db.schema.withSchema('foz').createTable('sync_rows', (table) => {
    table.text('sync').notNullable();
    // JSON: the texts of the key's values.
    table.specificType('key', 'text collate "C"').notNullable();
    // Fingerprints of the row on each side when both were last in step; NULL: there was no row.
    table.text('left_print');
    table.text('right_print');
    // JSON: a write that is about to be made, so that it is recognized as our own after a crash.
    table.text('pending');
    table.primary(['sync', 'key']);
  });
  await db.schema.withSchema('foz').createTable('sync_problems', (table) => {
    table.text('sync').notNullable();
    table.text('key').notNullable();
    // `refused`: the database has refused the row. `conflict`: somebody has to decide.
    table.text('kind').notNullable();
    table.text('reason').notNullable();
    // JSON: the row on each side; NULL: there is none.
    table.text('left_row');
    table.text('right_row');
    table.integer('tries').notNullable().defaultTo(1);
    table.timestamp('at').notNullable().defaultTo(db.fn.now());
    // When it is tried again; NULL: once somebody has decided.
    table.timestamp('retry_at');
    // `left` or `right`: which side somebody has decided for.
    table.text('resolution');
    table.primary(['sync', 'key']);
  });
}
