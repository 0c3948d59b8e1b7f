import type { Knex } from 'knex';

/** Deliveries of events to endpoints, and a log of their attempts. The job of a pending delivery has the same id. */
export async function up(db: Knex): Promise<void> {
  await db.schema.withSchema('foz').createTable('deliveries', (table) => {
    table.text('id').primary();
    table.bigIncrements('seq', { primaryKey: false });
    table.text('event').notNullable();
    table.text('endpoint').notNullable();
    table.text('type').notNullable();
    table.text('source').notNullable();
    table.text('time').notNullable();
    table.text('payload').notNullable();
    table.text('key');
    table.text('state').notNullable().defaultTo('pending');
    // Since it was added, or delivered again by hand.
    table.integer('attempts').notNullable().defaultTo(0);
    // The number of the last attempt in the log.
    table.integer('numbered').notNullable().defaultTo(0);
    table.timestamp('added_at').notNullable().defaultTo(db.fn.now());
    table.timestamp('ended_at');
  });
  await db.schema.withSchema('foz').createTable('delivery_attempts', (table) => {
    table.text('delivery').notNullable();
    table.integer('number').notNullable();
    table.timestamp('at').notNullable().defaultTo(db.fn.now());
    table.double('milliseconds').notNullable();
    table.integer('status');
    table.text('fault');
    table.text('request_headers').notNullable();
    table.text('response_headers');
    table.text('response_body');
    table.primary(['delivery', 'number']);
    table.foreign('delivery').references('id').inTable('foz.deliveries').onDelete('CASCADE');
  });
  await db.raw('create index deliveries_of_endpoint on foz.deliveries (endpoint, seq)');
  await db.raw('create index deliveries_ended on foz.deliveries (ended_at) where ended_at is not null');
  await db.raw("create index deliveries_dead on foz.deliveries (endpoint, seq) where state = 'dead'");
}
