import type { Knex } from 'knex';

/** Workflows by version, their runs, and what each step of a run did. */
export async function up(db: Knex): Promise<void> {
  await db.schema.withSchema('foz').createTable('workflow_versions', (table) => {
    table.text('workflow').notNullable();
    table.integer('version').notNullable();
    table.text('definition').notNullable();
    table.timestamp('at').notNullable().defaultTo(db.fn.now());
    table.primary(['workflow', 'version']);
  });
  await db.schema.withSchema('foz').createTable('runs', (table) => {
    // Also the id of its job, as long as it has one.
    table.text('id').primary();
    table.text('workflow').notNullable();
    table.integer('version').notNullable();
    // active, paused, done, failed, cancelled.
    table.text('state').notNullable();
    table.specificType('priority', 'smallint').notNullable();
    table.text('key');
    table.text('input').notNullable();
    table.text('output');
    table.text('error');
    // When it begins.
    table.timestamp('at').notNullable();
    table.timestamp('ended_at');
  });
  await db.schema.withSchema('foz').createTable('run_steps', (table) => {
    table.text('run').notNullable();
    // The ids of the steps that it is within, with the index of a repetition.
    table.text('path').notNullable();
    table.bigIncrements('seq', { primaryKey: false });
    table.text('kind').notNullable();
    // running, waiting, done, failed.
    table.text('state').notNullable();
    table.integer('attempts').notNullable();
    table.text('input');
    table.text('output');
    table.text('error');
    table.timestamp('started_at').notNullable();
    table.timestamp('ended_at');
    table.timestamp('resume_at');
    table.primary(['run', 'path']);
  });
  await db.raw('create index runs_of_workflow on foz.runs (workflow, at)');
  await db.raw('create index runs_ended on foz.runs (ended_at) where ended_at is not null');
}
