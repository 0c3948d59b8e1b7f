// The same work by hand with pg-boss: one job for each run, whose three steps are recorded in a table of their own.
import pg from 'pg';
import PgBoss from 'pg-boss';

/** Runs per second. */
export async function drainWithPgBoss(url, runs) {
  const boss = new PgBoss(url);
  const records = new pg.Pool({ connectionString: url, max: 10 });
  await boss.start();
  await boss.createQueue('bench');
  await records.query(
    'create table step_records (run text, step text, output jsonb, at timestamptz default now(), primary key (run, step))',
  );
  for (let n = 0; n < runs; n += 1000)
    await boss.insert(
      Array.from({ length: Math.min(1000, runs - n) }, (_, at) => ({ name: 'bench', data: { n: n + at } })),
    );
  let done = 0;
  const startedAt = performance.now();
  await new Promise((resolve, reject) => {
    const handle = async (jobs) => {
      await Promise.all(
        jobs.map(async ({ id, data }) => {
          for (const step of ['a', 'b', 'c'])
            await records.query('insert into step_records (run, step, output) values ($1, $2, $3)', [
              id,
              step,
              JSON.stringify(data.n + 1),
            ]);
        }),
      );
      done += jobs.length;
      if (done === runs) resolve();
    };
    Promise.all(
      Array.from({ length: 4 }, () =>
        boss.work('bench', { batchSize: 100, pollingIntervalSeconds: 0.5 }, handle),
      ),
    ).catch(reject);
  });
  const rate = runs / ((performance.now() - startedAt) / 1000);
  await boss.stop({ graceful: false });
  await records.end();
  return rate;
}
