// Abuse of the process by a client or a database. Each scenario runs against its own Foz with a small heap. It reports whether the
// process survives, its memory before, at most and afterwards, and the longest time that its event loop was blocked.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { longAnswers, slowReaders } from './abuse-answers.mjs';
import { floods } from './abuse-floods.mjs';
import { work } from './load.mjs';
import { options } from './options.mjs';
import { endProcess, freePort, memoryOf, peakMemoryOf, startProcess } from './processes.mjs';
import { findServers } from './servers.mjs';

/**
 * Scenarios by name. `what`: a title. `heapMb`: the heap of Foz. `mostMb`: the most memory that the process may use. `server`: part
 * of its configuration. `tables`: SQL that fills the database. `run({ url, ask, database })` runs the scenario and returns its
 * result as a line of text.
 */
const scenarios = { ...floods, ...longAnswers, ...slowReaders };

export async function run() {
  const wanted = Object.entries(scenarios).filter(([name]) => options.wantsOperation(name));
  const { postgres } = findServers(['postgres']);
  let failed = 0;
  for (const [name, scenario] of wanted) {
    const result = await meet(name, scenario, postgres);
    if (!result.ok) failed++;
    console.log(
      `${result.ok ? 'ok    ' : 'FAILED'} ${name.padEnd(24)} ${String(result.before).padStart(5)} MB before, ${String(result.peak).padStart(5)} at most (may ${scenario.mostMb}), ${String(result.after).padStart(5)} after, longest pause ${String(result.pause).padStart(5)} ms  ${result.text}`,
    );
  }
  if (failed > 0) process.exitCode = 1;
}

/** Runs one scenario on its own server and database. */
async function meet(name, scenario, postgres) {
  const database = await makeDatabase(postgres, scenario.tables ?? []);
  const port = await freePort();
  const file = join(work, 'abuse.yaml');
  const state = join(work, 'state-abuse');
  const pauses = join(work, 'pauses');
  const monitor = pathToFileURL(join(import.meta.dirname, 'pauses.mjs'));
  writeFileSync(
    file,
    JSON.stringify({
      state,
      // The bench measures memory. A generous time limit keeps a slow machine from ending operations early.
      server: { port, limits: { time_ms: 240_000 }, ...scenario.server },
      sources: [{ name: 'main', kind: 'postgres', url: database.url }],
    }),
  );
  console.log(`       ${name}: ${scenario.what}`);
  const child = await startProcess(
    process.execPath,
    [
      `--max-old-space-size=${scenario.heapMb}`,
      `--import=${monitor}`,
      'bin/foz.js',
      'serve',
      '--config',
      file,
    ],
    'Foz is ready',
    { FOZ_LOG_LEVEL: 'fatal', FOZ_BENCH_PAUSES: pauses },
  );
  const memory = watchMemory(child.pid);
  try {
    const url = `http://127.0.0.1:${port}/graphql`;
    await ask(url, '{ __typename }');
    writeFileSync(pauses, '');
    memory.begin();
    const text = await scenario.run({ url, ask: (query, variables) => ask(url, query, variables), database });
    const lives = await ask(url, '{ __typename }').then(
      ({ data }) => data !== undefined,
      () => false,
    );
    await sleep(1000);
    const seen = memory.end();
    return {
      ...seen,
      pause: longestOf(pauses),
      text: lives ? text : `${text}; THE PROCESS DIED`,
      ok: lives && seen.peak <= scenario.mostMb,
    };
  } catch (error) {
    const { exitCode, signalCode } = child;
    return {
      ...memory.end(),
      pause: longestOf(pauses),
      text: `${error.message} (process: ${exitCode ?? signalCode ?? 'lives'})`,
      ok: false,
    };
  } finally {
    await endProcess(child);
    await database.drop();
    rmSync(state, { recursive: true, force: true });
  }
}

/** Sends one operation. Resolves with the answer as JSON. */
async function ask(url, query, variables = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  return response.json();
}

/** Measures the memory of a process five times a second. */
function watchMemory(pid) {
  const seen = { before: 0, peak: 0, after: 0 };
  const sample = () => {
    seen.after = memoryOf(pid);
    seen.peak = Math.max(seen.peak, seen.after);
  };
  let timer;
  return {
    begin() {
      sample();
      seen.before = seen.after;
      timer = setInterval(sample, 200);
    },
    end() {
      clearInterval(timer);
      sample();
      seen.peak = Math.max(seen.peak, peakMemoryOf(pid));
      return seen;
    },
  };
}

/** The longest pause that `pauses.mjs` has written for a process. */
function longestOf(file) {
  return Math.max(0, ...readFileSync(file, 'utf8').split('\n').map(Number));
}

async function makeDatabase(server, tables) {
  const name = `foz_abuse_${process.pid}`;
  const url = new URL(`/${name}`, server).href;
  const onServer = async (connectionString, texts) => {
    const client = new pg.Client({ connectionString });
    await client.connect();
    try {
      for (const text of texts) await client.query(text);
    } finally {
      await client.end();
    }
  };
  await onServer(server, [`drop database if exists ${name} with (force)`, `create database ${name}`]);
  await onServer(url, tables);
  return {
    url,
    /** A statement that copies very long texts takes some time to notice that it was cancelled. */
    async drop() {
      for (let tries = 1; ; tries++)
        try {
          await onServer(server, [`drop database if exists ${name} with (force)`]);
          return;
        } catch (error) {
          if (tries === 20) throw error;
        }
    },
  };
}
