import type { Knex } from 'knex';

/** Who has started a run by a field of the graph, so that others do not see it. */
export async function up(db: Knex): Promise<void> {
  await db.schema.withSchema('foz').alterTable('runs', (table) => {
    // A hash of the role and the session variables; `null`: it was started otherwise.
    table.text('starter');
  });
  await db.raw('create index runs_starter on foz.runs (workflow, starter, at, id) where starter is not null');
}
