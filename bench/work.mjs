// Durable work, on PostgreSQL (with fsync and synchronous_commit) and on the embedded store: runs of three steps and deliveries per second of one
// process, beside pg-boss with step records of its own; runs that are done while processes are killed; the delay of deliveries; syncs.
import { loadavg } from 'node:os';
import { options } from './options.mjs';
import { findServers } from './servers.mjs';
import { delaysOfDeliveries, drainDeliveries } from './work-deliveries.mjs';
import { drainWhileKilled } from './work-kills.mjs';
import { drainWithPgBoss } from './work-pgboss.mjs';
import { inDatabases, inFolder, inStore, median, onDurableServer } from './work-place.mjs';
import { drainRuns, workflowNames } from './work-runs.mjs';
import { measureSync } from './work-sync.mjs';

const rounds = options.quick ? 1 : 3;
const runs = Number(options.runs);
const seconds = options.quick ? 3 : 20;

/** The measurements; `--operation` picks some. */
const parts = {
  runs: measureRuns,
  deliveries: measureDeliveries,
  kills: measureKills,
  delay: measureDelay,
  sync: measureSyncs,
};

export async function run() {
  const { postgres } = findServers(['postgres']);
  await onDurableServer(postgres, async (admin) => {
    for (const [name, part] of Object.entries(parts)) {
      if (!options.wantsOperation(name)) continue;
      console.log(`load before ${name}: ${loadavg()[0].toFixed(1)}`);
      await part(admin, postgres);
    }
  });
}

async function measureRuns(admin, server) {
  for (const name of workflowNames) {
    const found = { postgres: [], embedded: [], 'pg-boss': [] };
    for (let round = 0; round < rounds; round++) {
      found.postgres.push(await inStore(admin, server, (place) => drainRuns(place, name, runs)));
      found.embedded.push(await inFolder((place) => drainRuns(place, name, runs)));
      if (name === 'three transforms')
        found['pg-boss'].push(await inStore(admin, server, ({ url }) => drainWithPgBoss(url, runs)));
    }
    report(`runs of ${name}`, found);
  }
}

async function measureDeliveries(admin, server) {
  const found = { postgres: [], embedded: [] };
  for (let round = 0; round < rounds; round++) {
    found.postgres.push(await inStore(admin, server, (place) => drainDeliveries(place, runs)));
    found.embedded.push(await inFolder((place) => drainDeliveries(place, runs)));
  }
  report('deliveries', found);
}

async function measureKills(admin, server) {
  for (let round = 0; round < rounds; round++)
    console.log(
      `runs while killed: ${await inStore(admin, server, (place) => drainWhileKilled(place, 5_000))}`,
    );
}

async function measureDelay(admin, server) {
  for (const perSecond of [100, 1_000])
    for (let round = 0; round < rounds; round++)
      console.log(
        `commit to delivery: ${await inDatabases(admin, server, ['foz_work_left', 'foz_work'], (left) =>
          delaysOfDeliveries(left, new URL('/foz_work', server).href, perSecond, seconds),
        )}`,
      );
}

async function measureSyncs(admin, server) {
  const rows = Number(options.rows ?? (options.quick ? 20_000 : 1_000_000));
  for (const direction of ['to_right', 'both']) {
    const names = ['foz_work_left', 'foz_work_right', 'foz_work'];
    const found = await inDatabases(admin, server, names, (left, right) =>
      measureSync(left, right, new URL('/foz_work', server).href, {
        rows,
        direction,
        perSecond: 100,
        seconds,
      }),
    );
    for (const sentence of found) console.log(`sync, ${direction}: ${sentence}`);
  }
}

function report(what, found) {
  for (const [place, rates] of Object.entries(found))
    if (rates.length > 0)
      console.log(
        `${what}, ${place}: ${Math.round(median(rates))} per second (${rates.map(Math.round).join(', ')})`,
      );
}
