import type { Knex } from 'knex';

/** A log of the calls of inbound webhooks, and the keys by which repeated calls are recognized. */
export async function up(db: Knex): Promise<void> {
  await db.schema.withSchema('foz').createTable('hook_calls', (table) => {
    table.text('id').primary();
    table.bigIncrements('seq', { primaryKey: false });
    table.text('hook').notNullable();
    table.timestamp('at').notNullable().defaultTo(db.fn.now());
    table.text('method').notNullable();
    table.text('query').notNullable();
    table.text('address');
    // JSON, secrets masked.
    table.text('headers').notNullable();
    // `null`: it was refused before it was read.
    table.binary('body');
    table.integer('status').notNullable();
    // accepted, duplicate, challenge, refused.
    table.text('outcome').notNullable();
    table.text('reason');
    table.text('run');
    // The call that it repeats.
    table.text('replay_of');
  });
  await db.raw('create index hook_calls_of_hook on foz.hook_calls (hook, seq)');
  await db.raw('create index hook_calls_at on foz.hook_calls (at)');
  await db.schema.withSchema('foz').createTable('hook_keys', (table) => {
    table.text('hook').notNullable();
    table.text('key').notNullable();
    table.text('run').notNullable();
    table.timestamp('expires_at').notNullable();
    table.primary(['hook', 'key']);
  });
  await db.raw('create index hook_keys_expired on foz.hook_keys (expires_at)');
}
