import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../engines.ts';
import { type Case, updating } from './cases.ts';

/** The engine whose answers and plans are stored for a case that has none. */
const first: Engine = 'postgres';

/**
 * What is stored in a file of a case. Where there is none, or with UPDATE_CASES=1, `made` is stored first: a file that all
 * engines share by PostgreSQL, a file of its own by each engine. Throws where another engine, or a run with CI=true, finds none.
 */
export function golden(one: Case, file: string, engine: Engine, made: string): string {
  const path = join(one.folder, file);
  const mayStore = engine === first || file.startsWith(`${engine}.`);
  if (mayStore && (updating || (!existsSync(path) && process.env.CI !== 'true'))) writeFileSync(path, made);
  if (!existsSync(path)) throw new Error(`${one.name} has no ${file}: run it on ${first} once, and read it.`);
  return readFileSync(path, 'utf8');
}
