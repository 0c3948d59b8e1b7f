import type { Knex } from 'knex';

/** The job queue of durable work: queues with their limits, jobs, and the processes that work on them. */
export async function up(db: Knex): Promise<void> {
  await db.schema.withSchema('foz').createTable('job_queues', (table) => {
    table.text('name').primary();
    // Which handler does the jobs.
    table.text('kind').notNullable();
    // The most jobs that all processes together work on at once; NULL: any number.
    table.integer('concurrency');
    table.boolean('paused').notNullable().defaultTo(false);
  });
  await db.schema.withSchema('foz').createTable('job_workers', (table) => {
    table.text('id').primary();
    // Grows with each heartbeat.
    table.bigInteger('beat').notNullable().defaultTo(0);
  });
  await db.schema.withSchema('foz').createTable('jobs', (table) => {
    table.text('id').primary();
    table.text('queue').notNullable();
    table.text('key');
    table.specificType('priority', 'smallint').notNullable();
    table.timestamp('due').notNullable();
    table.bigIncrements('seq', { primaryKey: false });
    // Waits for earlier jobs of its key.
    table.boolean('blocked').notNullable();
    // The process that works on it; NULL: none does.
    table.text('worker');
    // The fencing token: each claim has one of its own, greater than those before it. 0: it was never claimed.
    table.bigInteger('fence').notNullable().defaultTo(0);
    // Claims since the last progress.
    table.integer('attempts').notNullable().defaultTo(0);
    table.text('body');
  });
  await db.raw('create sequence foz.job_fences');
  const indexes = [
    'jobs_claimable on foz.jobs (queue, priority, due, seq) where worker is null and not blocked',
    'jobs_claimed on foz.jobs (queue) where worker is not null',
    'jobs_of_key on foz.jobs (queue, key) where key is not null and not blocked',
    'jobs_blocked on foz.jobs (queue, key, seq) where blocked',
  ];
  for (const index of indexes) await db.raw(`create index ${index}`);
  // A queue is short and its rows do not live long: the default thresholds would leave far more dead rows than living ones.
  await db.raw(`alter table foz.jobs set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 20000)`);
}
