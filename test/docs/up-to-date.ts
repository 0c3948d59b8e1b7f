import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const docs = join(import.meta.dirname, '../../docs');

/** Pages that are made from tables in the source: `npm run docs` writes them, otherwise they must be up to date. */
export function upToDate(name: string, text: string): void {
  const file = join(docs, name);
  if (process.env.UPDATE_DOCS === '1') writeFileSync(file, text);
  expect(readFileSync(file, 'utf8')).toBe(text);
}
