import { type ServerEngine, serverEngines } from './servers/index.ts';

/** Engines that run inside this process and are therefore always available. */
export const embeddedEngines = ['pglite', 'sqlite'] as const;

/** Servers that the tests cannot start: they run on one that a URL names. */
export const foreignEngines = ['kingbase', 'mssql'] as const;

export type Engine = ServerEngine | (typeof embeddedEngines)[number] | (typeof foreignEngines)[number];

/** Every engine, in the order of reports. */
export const allEngines: readonly Engine[] = [...serverEngines, ...foreignEngines, ...embeddedEngines];

/** Whether a URL names a server of an engine: `FOZ_TEST_MSSQL_URL`. */
export const hasUrl = (engine: Engine) => (process.env[`FOZ_TEST_${engine.toUpperCase()}_URL`] ?? '') !== '';

/** Whether there is a real server of KingbaseES. Otherwise PostgreSQL stands in, and what is known of the modes is emulated on it. */
export const isKingbaseReal = hasUrl('kingbase');

/** Whether the tests cannot start a server of an engine, and no URL names one. */
export const isAbsent = (engine: Engine) =>
  (foreignEngines as readonly string[]).includes(engine) && !hasUrl(engine);

/** The engines of all suites. Without a real server of KingbaseES `describeTurns` runs the cases on one that stands in. */
export const engines: readonly Engine[] = allEngines.filter((engine) => !isAbsent(engine));

/** Whether an engine runs as a server process that clients reach by a URL. */
export function isServer(engine: Engine): engine is ServerEngine | (typeof foreignEngines)[number] {
  return !(embeddedEngines as readonly string[]).includes(engine);
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
export function serverUrl(engine: ServerEngine | (typeof foreignEngines)[number]): string {
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
