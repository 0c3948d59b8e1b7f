import { type ServerEngine, serverEngines } from './servers/index.ts';

/** Engines that run inside this process and are therefore always available. */
export const embeddedEngines = ['pglite', 'sqlite'] as const;

export type Engine = ServerEngine | (typeof embeddedEngines)[number] | 'kingbase';

/** Every engine, in the order of reports. */
export const allEngines: readonly Engine[] = [...serverEngines, 'kingbase', ...embeddedEngines];

/** Whether there is a real server of KingbaseES. Otherwise PostgreSQL stands in, and what is known of the modes is emulated on it. */
export const isKingbaseReal = (process.env.FOZ_TEST_KINGBASE_URL ?? '') !== '';

/** The engines of all suites. KingbaseES is among them with a real server only; without one `describeTurns` runs the cases on it. */
export const engines: readonly Engine[] = allEngines.filter(
  (engine) => engine !== 'kingbase' || isKingbaseReal,
);

/** Whether an engine runs as a server process that clients reach by a URL. */
export function isServer(engine: Engine): engine is ServerEngine | 'kingbase' {
  return engine === 'kingbase' || (serverEngines as readonly string[]).includes(engine);
}

/** Whether tests run on an engine: the `url` of its server (`null`: embedded), or the reason for skipping them. */
export type Availability =
  | { readonly url: string | null }
  | { readonly reason: string; readonly chosen: boolean };

/** The availability of every engine; `chosen`: excluded by `FOZ_TEST_ENGINES`, not because the server is missing. */
export type Availabilities = Readonly<Record<Engine, Availability>>;

/** The engines of `FOZ_TEST_ENGINES` (`postgres,sqlite`; default: all). Throws on an unknown name. */
export function wantedEngines(): readonly Engine[] {
  const names = (process.env.FOZ_TEST_ENGINES ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  const unknown = names.find((name) => !(allEngines as readonly string[]).includes(name));
  if (unknown)
    throw new Error(`FOZ_TEST_ENGINES names "${unknown}"; the engines are ${allEngines.join(', ')}.`);
  return names.length === 0 ? allEngines : allEngines.filter((engine) => names.includes(engine));
}

const variable = 'FOZ_TEST_AVAILABLE';

/** Publishes the result of the global set-up to the test files. */
export function publishAvailabilities(found: Availabilities): void {
  process.env[variable] = JSON.stringify(found);
}

/** The result of the global set-up. Outside of the `servers` project only embedded engines are available. */
export function availability(engine: Engine): Availability {
  const found = process.env[variable];
  if (found) return (JSON.parse(found) as Availabilities)[engine];
  if ((embeddedEngines as readonly string[]).includes(engine)) return { url: null };
  throw new Error(`Tests that use ${engine} belong into a file "*.servers.test.ts".`);
}

/** The URL of the engine's server. Throws with the reason if it is unavailable, and for embedded engines. */
export function serverUrl(engine: ServerEngine | 'kingbase'): string {
  const found = availability(engine);
  if ('reason' in found || found.url === null)
    throw new Error(`No ${engine} server: ${'reason' in found ? found.reason : 'embedded'}`);
  return found.url;
}

/** A `describe` per engine; on unavailable engines its tests are skipped, under a title that states the reason. */
export function describeEngines<const E extends Engine>(list: readonly E[], body: (engine: E) => void): void {
  for (const engine of list) {
    const found = availability(engine);
    if ('reason' in found) describe.skip(`${engine} (not run: ${found.reason})`, () => body(engine));
    else describe(engine, () => body(engine));
  }
}
