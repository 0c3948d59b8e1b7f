// The place that the parts of "npm run bench -- work" share: stores of their own, on a server that writes to the disk, and a Foz beside them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { endProcess, freePort, root, startProcess } from './processes.mjs';

/** A module of the built Foz. */
export const from = (path) => import(pathToFileURL(join(root, 'dist/src', path)).href);
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
export const adminSecret = 'a-secret-of-some-length';

/** Median, p90, p99 and longest of delays in milliseconds. */
export function spread(delays) {
  const sorted = delays.toSorted((a, b) => a - b);
  const [half, p90, p99] = [0.5, 0.9, 0.99].map((q) =>
    sorted[Math.floor((sorted.length - 1) * q)].toFixed(1),
  );
  return `median ${half} ms, p90 ${p90} ms, p99 ${p99} ms, longest ${sorted.at(-1).toFixed(1)} ms`;
}

const durable = ['fsync', 'synchronous_commit'];

/** Calls `body` with a client of a server that answers a commit when it is on the disk, where that can be set. */
export async function onDurableServer(server, body) {
  const admin = new pg.Client(server);
  await admin.connect();
  for (const name of durable) await admin.query(`alter system set ${name} = on`);
  await admin.query('select pg_reload_conf()');
  await pause(200);
  for (const name of durable) {
    const { setting, source } = (
      await admin.query('select setting, source from pg_settings where name = $1', [name])
    ).rows[0];
    console.log(
      `${name} is ${setting}${setting === 'on' ? '' : ` (${source}): no commit waits for the disk`}`,
    );
  }
  try {
    return await body(admin);
  } finally {
    for (const name of durable) await admin.query(`alter system reset ${name}`);
    await admin.query('select pg_reload_conf()');
    await admin.end();
  }
}

/** Calls `measure` with databases of their own. */
export async function inDatabases(admin, server, names, measure) {
  for (const name of names) {
    await admin.query(`drop database if exists ${name} with (force)`);
    await admin.query(`create database ${name}`);
  }
  const clients = await Promise.all(
    names.map(async (name) => {
      const client = new pg.Client(new URL(`/${name}`, server).href);
      await client.connect();
      return client;
    }),
  );
  try {
    return await measure(...clients);
  } finally {
    for (const client of clients) await client.end();
    for (const name of names) {
      await admin.query(
        `select pg_drop_replication_slot(slot_name) from pg_replication_slots where database = '${name}' and not active`,
      );
      await admin.query(`drop database ${name} with (force)`);
    }
  }
}

/** Calls `measure` with a store in a database of its own. */
export async function inStore(admin, server, measure) {
  return inDatabases(admin, server, ['foz_work'], () =>
    inFolder(({ folder }) => measure({ url: new URL('/foz_work', server).href, folder })),
  );
}

/** Calls `measure` with a folder of its own. */
export async function inFolder(measure) {
  const folder = mkdtempSync(join(tmpdir(), 'foz-work-'));
  try {
    return await measure({ folder });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Calls `body` with the URL of a Foz of this configuration and its process. */
export async function withFoz(config, body) {
  return inFolder(async ({ folder }) => {
    const port = await freePort();
    const file = join(folder, 'foz.yaml');
    const whole = {
      ...{ server: { port, graphiql: false }, state: folder, auth: { admin_secrets: [adminSecret] } },
      ...config,
    };
    writeFileSync(file, JSON.stringify(whole));
    const args = [join(root, 'bin/foz.js'), 'serve', '--config', file];
    const child = await startProcess(process.execPath, [...profiler(), ...args], 'Foz is ready', {
      FOZ_LOG_LEVEL: process.env.FOZ_LOG_LEVEL ?? 'warn',
      FOZ_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
    });
    try {
      return await body(`http://127.0.0.1:${port}/`, child);
    } finally {
      await endProcess(child);
    }
  });
}

/** FOZ_BENCH_PROFILES: a folder for profiles of Foz. */
function profiler() {
  const folder = process.env.FOZ_BENCH_PROFILES;
  return folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`];
}

/** Resolves once it holds. Rejects after `ms`. */
export async function until(holds, ms) {
  const latest = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > latest) throw new Error(`Not so within ${ms} ms: ${holds}`);
    await pause(20);
  }
}
