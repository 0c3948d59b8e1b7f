import { FozError } from '../../core/index.ts';
import { storableText } from './encode.ts';

/** Special characters of a GLOB pattern. */
const special = /[*?[]/g;
const literal = (text: string) => text.replace(special, '[$&]');

/**
 * A LIKE pattern (`%`, `_`, escaped by a backslash) as a GLOB pattern, which is case-sensitive. Throws FozError `data-exception`
 * for a backslash at the end.
 */
export function globOfLike(value: unknown): string {
  let glob = '';
  const signs = [...storableText(value)];
  for (let at = 0; at < signs.length; at++) {
    const sign = signs[at]!;
    if (sign === '%') glob += '*';
    else if (sign === '_') glob += '?';
    else if (sign !== '\\') glob += literal(sign);
    else {
      const escaped = signs[++at];
      if (escaped === undefined) {
        throw new FozError('data-exception', 'A LIKE pattern must not end with a backslash.');
      }
      glob += literal(escaped);
    }
  }
  return glob;
}

/** GLOB patterns for texts that begin or end with a text. */
export const globOfStart = (value: unknown): string => `${literal(storableText(value))}*`;
export const globOfEnd = (value: unknown): string => `*${literal(storableText(value))}`;

/** SQLite's SQLITE_LIMIT_LIKE_PATTERN_LENGTH, in bytes. */
const longest = 50_000;

/** Throws FozError `data-exception` for a pattern that is too long. SQLite itself reports it only at the first row that it compares. */
export function shortGlob(glob: string): string {
  if (Buffer.byteLength(glob) > longest)
    throw new FozError('data-exception', `A pattern must not be longer than ${longest} bytes.`);
  return glob;
}

/** As `foz_lower` does it inside the database. */
export const lower = (text: string): string => text.toLowerCase();
