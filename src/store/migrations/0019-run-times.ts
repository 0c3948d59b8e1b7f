import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.schema.withSchema('foz').alterTable('runs', (table) => {
    // What its time is counted from; `null`: its start. A retry begins it anew, a pause does not count.
    table.timestamp('timed_from');
    table.timestamp('paused_at');
  });
}
