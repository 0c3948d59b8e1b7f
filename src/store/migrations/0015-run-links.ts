import type { Knex } from 'knex';

/** Runs that were started by others, and signals that runs wait for. */
export async function up(db: Knex): Promise<void> {
  await db.schema.withSchema('foz').alterTable('runs', (table) => {
    // The run that waits for the end of this one.
    table.text('parent');
    // How many runs have started each other, down to this one.
    table.integer('depth').notNullable().defaultTo(0);
  });
  await db.raw('create index runs_of_parent on foz.runs (parent) where parent is not null');
  await db.schema.withSchema('foz').createTable('run_waits', (table) => {
    table.text('id').primary();
    table.text('run').notNullable();
    table.text('name').notNullable();
    table.text('key').notNullable();
    table.timestamp('at').notNullable().defaultTo(db.fn.now());
  });
  await db.schema.withSchema('foz').createTable('run_signals', (table) => {
    table.text('id').primary();
    table.bigIncrements('seq', { primaryKey: false });
    table.text('name').notNullable();
    table.text('key').notNullable();
    table.text('payload').notNullable();
    // The wait that it ended; NULL: none has asked for it yet.
    table.text('wait');
    // The run of that wait.
    table.text('run');
    table.timestamp('at').notNullable().defaultTo(db.fn.now());
  });
  // Names and keys come from outside, and may be longer than an entry of an index.
  const indexes = [
    'run_waits_by_key on foz.run_waits (hashtext(name), hashtext(key), at)',
    'run_waits_of_run on foz.run_waits (run)',
    'run_signals_by_key on foz.run_signals (hashtext(name), hashtext(key), seq) where wait is null',
    'run_signals_of_wait on foz.run_signals (wait) where wait is not null',
    'run_signals_at on foz.run_signals (at)',
  ];
  for (const index of indexes) await db.raw(`create index ${index}`);
}
