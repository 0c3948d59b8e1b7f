import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const docs = join(import.meta.dirname, '../../docs');

/** Compares a generated page with the file. `npm run docs` writes the file instead. */
export function upToDate(name: string, text: string): void {
  const file = join(docs, name);
  if (process.env.UPDATE_DOCS === '1') writeFileSync(file, text);
  expect(readFileSync(file, 'utf8')).toBe(text);
}
