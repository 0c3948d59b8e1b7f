import { writeFileSync } from 'node:fs';
import {
  type Availabilities,
  type Availability,
  allEngines,
  type Engine,
  embeddedEngines,
  isAbsent,
  isKingbaseReal,
  publishAvailabilities,
  wantedEngines,
} from './engines.ts';
import { keptServers, type Server, type ServerEngine, starters, sweep } from './servers/index.ts';

declare global {
  /** Servers that this run started and must stop. */
  var fozTestServers: Server[] | undefined;
}

const absent: Availability = { reason: 'FOZ_TEST_MSSQL_URL names no server', chosen: true };

/** The server of an engine. KingbaseES is emulated on that of PostgreSQL, which is started once. */
function obtain(engine: Exclude<Engine, 'pglite' | 'sqlite'>): Promise<Availability> {
  const given = process.env[`FOZ_TEST_${engine.toUpperCase()}_URL`];
  if (given) return Promise.resolve({ url: given });
  if (engine === 'mssql') return Promise.resolve(absent);
  const on = engine === 'kingbase' ? 'postgres' : engine;
  obtained[on] ??= find(on);
  return obtained[on];
}

const obtained: Partial<Record<ServerEngine, Promise<Availability>>> = {};

async function find(engine: ServerEngine): Promise<Availability> {
  const kept = keptServers()[engine];
  // CI starts its servers anew, so that the starters are tested too.
  if (kept && process.env.CI !== 'true') return { url: kept };
  try {
    const server = await starters[engine]();
    globalThis.fozTestServers?.push(server);
    return { url: server.url };
  } catch (error) {
    return { reason: (error as Error).message, chosen: false };
  }
}

/** Finds or starts the servers that the tests need. With `CI=true` an unavailable server is a failure. */
export default async function setUp(): Promise<void> {
  const wanted = wantedEngines();
  globalThis.fozTestServers = [];
  await sweep();
  const found: [string, Availability][] = await Promise.all(
    allEngines.map(async (engine): Promise<[string, Availability]> => {
      if (!wanted.includes(engine)) return [engine, { reason: 'left out by FOZ_TEST_ENGINES', chosen: true }];
      if ((embeddedEngines as readonly string[]).includes(engine)) return [engine, { url: null }];
      return [engine, await obtain(engine as Parameters<typeof obtain>[0])];
    }),
  );
  publishAvailabilities(Object.fromEntries(found) as Availabilities);
  if (process.env.FOZ_TEST_REPORT)
    writeFileSync(process.env.FOZ_TEST_REPORT, JSON.stringify(Object.fromEntries(found)));
  if (wanted.includes('kingbase') && !isKingbaseReal)
    process.stderr.write(
      '\nNO TEST RUNS ON A REAL KINGBASEES\n  FOZ_TEST_KINGBASE_URL names no server: the cases run on PostgreSQL, which emulates the modes of KingbaseES.\n\n',
    );
  if (wanted.includes('mssql') && isAbsent('mssql'))
    process.stderr.write('\nNO TEST RUNS ON SQL SERVER\n  FOZ_TEST_MSSQL_URL names no server.\n\n');
  const missing = found.flatMap(([engine, one]) =>
    'reason' in one && !one.chosen ? [`${engine}: ${one.reason}`] : [],
  );
  if (missing.length === 0) return;
  const message = `TESTS ON THESE ENGINES DO NOT RUN\n  ${missing.join('\n  ')}`;
  if (process.env.CI === 'true') {
    await Promise.all(globalThis.fozTestServers.map((server) => server.stop()));
    throw new Error(message);
  }
  process.stderr.write(`\n${message}\n\n`);
}
