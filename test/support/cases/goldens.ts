import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../engines.ts';
import { type Case, updating } from './cases.ts';

/** The engine whose answers and plans are stored for new cases. */
const first: Engine = 'postgres';

/**
 * The stored content of a file of a case. If the file does not exist, or with UPDATE_CASES=1, `made` is stored first: PostgreSQL
 * stores the files that all engines share, each engine stores its own files. Throws if another engine, or a run with CI=true,
 * finds no file.
 */
export function golden(one: Case, file: string, engine: Engine, made: string): string {
  const path = join(one.folder, file);
  const mayStore = engine === first || file.startsWith(`${engine}.`);
  if (mayStore && (updating || (!existsSync(path) && process.env.CI !== 'true'))) writeFileSync(path, made);
  if (!existsSync(path)) throw new Error(`${one.name} has no ${file}: run it on ${first} once, and read it.`);
  return readFileSync(path, 'utf8');
}
