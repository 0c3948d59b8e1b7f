import { writeFileSync } from 'node:fs';
import {
  type Availabilities,
  type Availability,
  embeddedEngines,
  engines,
  publishAvailabilities,
  wantedEngines,
} from './engines.ts';
import {
  keptServers,
  type Server,
  type ServerEngine,
  serverEngines,
  starters,
  sweep,
} from './servers/index.ts';

declare global {
  /** Servers that this run started and must stop. */
  var fozTestServers: Server[] | undefined;
}

async function obtain(engine: ServerEngine): Promise<Availability> {
  const given = process.env[`FOZ_TEST_${engine.toUpperCase()}_URL`];
  if (given) return { url: given };
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
    engines.map(async (engine): Promise<[string, Availability]> => {
      if (!wanted.includes(engine)) return [engine, { reason: 'left out by FOZ_TEST_ENGINES', chosen: true }];
      if ((embeddedEngines as readonly string[]).includes(engine)) return [engine, { url: null }];
      return [engine, await obtain(serverEngines.find((name) => name === engine)!)];
    }),
  );
  publishAvailabilities(Object.fromEntries(found) as Availabilities);
  if (process.env.FOZ_TEST_REPORT)
    writeFileSync(process.env.FOZ_TEST_REPORT, JSON.stringify(Object.fromEntries(found)));
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
