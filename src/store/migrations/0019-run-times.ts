import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.schema.withSchema('foz').alterTable('runs', (table) => {
    // The moment from which the time limit of a run counts; `null`: its start. A retry begins it anew, a pause does not count.
    table.timestamp('timed_from');
    table.timestamp('paused_at');
  });
}
