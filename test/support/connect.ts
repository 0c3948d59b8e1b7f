import { type Connection, testEngines } from './engine/index.ts';
import type { Engine } from './engines.ts';

export type { Connection };

/**
 * Connects to a URL, a SQLite file or a PGlite folder; no other connection may have that PGlite folder open.
 */
export function connect(engine: Engine, location: string): Promise<Connection> {
  return testEngines[engine].connect(location);
}
