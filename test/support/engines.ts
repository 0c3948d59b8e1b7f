import { type ServerEngine, serverEngines } from './servers/index.ts';

/** Engines that run inside this process, so that they are always there. */
export const embeddedEngines = ['pglite', 'sqlite'] as const;

/** Every engine that the tests know, in the order in which reports name them. */
export const engines = [...serverEngines, ...embeddedEngines] as const;

export type Engine = ServerEngine | (typeof embeddedEngines)[number];

/** Whether an engine runs as a process of its own, which its clients reach by a URL. */
export function isServer(engine: Engine): engine is ServerEngine {
  return (serverEngines as readonly string[]).includes(engine);
}

/** Whether tests on an engine run: `url` of its server (`null`: embedded), or the reason why they do not. */
export type Availability =
  | { readonly url: string | null }
  | { readonly reason: string; readonly chosen: boolean };

/** For every engine; `chosen`: left out by `FOZ_TEST_ENGINES`, not for want of a server. */
export type Availabilities = Readonly<Record<Engine, Availability>>;

/** The engines that `FOZ_TEST_ENGINES` asks for (`postgres,sqlite`), else all. Throws on a name that is none. */
export function wantedEngines(): readonly Engine[] {
  const names = (process.env.FOZ_TEST_ENGINES ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  const unknown = names.find((name) => !(engines as readonly string[]).includes(name));
  if (unknown) throw new Error(`FOZ_TEST_ENGINES names "${unknown}"; the engines are ${engines.join(', ')}.`);
  return names.length === 0 ? engines : engines.filter((engine) => names.includes(engine));
}

const variable = 'FOZ_TEST_AVAILABLE';

/** Hands what the global set-up found to the test files. */
export function publishAvailabilities(found: Availabilities): void {
  process.env[variable] = JSON.stringify(found);
}

/** What the global set-up found. Outside of the `servers` project there are no servers, only the embedded engines. */
export function availability(engine: Engine): Availability {
  const found = process.env[variable];
  if (found) return (JSON.parse(found) as Availabilities)[engine];
  if ((embeddedEngines as readonly string[]).includes(engine)) return { url: null };
  throw new Error(`Tests that use ${engine} belong into a file "*.servers.test.ts".`);
}

/** URL of the engine's server. Throws with the reason where it is not to be had, and for embedded engines. */
export function serverUrl(engine: ServerEngine): string {
  const found = availability(engine);
  if ('reason' in found || found.url === null)
    throw new Error(`No ${engine} server: ${'reason' in found ? found.reason : 'embedded'}`);
  return found.url;
}

/** A `describe` per engine; on engines that are not to be had its tests count as skipped, under a title that says why. */
export function describeEngines<const E extends Engine>(list: readonly E[], body: (engine: E) => void): void {
  for (const engine of list) {
    const found = availability(engine);
    if ('reason' in found) describe.skip(`${engine} (not run: ${found.reason})`, () => body(engine));
    else describe(engine, () => body(engine));
  }
}
