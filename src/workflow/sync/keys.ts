import { FozError } from '../../core/index.ts';
import type { Tuple } from '../../execute/index.ts';
import type { SideName } from './definition.ts';
import type { ResolvedSync } from './resolve.ts';
import { keyText, valueFor } from './values.ts';

/** A key in the values of both sides; `null`: a side cannot have it. */
export interface SyncKey {
  readonly text: string;
  readonly left: Tuple | null;
  readonly right: Tuple | null;
}

/** The key of a row. */
export function keyOf(sync: ResolvedSync, key: Tuple): SyncKey {
  return keyFrom(sync, keyText(key));
}

/** The key with a text. */
export function keyFrom(sync: ResolvedSync, text: string): SyncKey {
  const parts = JSON.parse(text) as string[];
  return { text, left: convert(sync, 'left', parts, text), right: convert(sync, 'right', parts, text) };
}

/**
 * Converted values of a key; `null`: the columns cannot hold them, or only in another spelling (the text "01" as a whole number). The row with such a
 * key would be found under another key, and look deleted under this one.
 */
function convert(sync: ResolvedSync, side: SideName, key: Tuple, text: string): Tuple | null {
  try {
    const converted = sync[side].key.map((column, at) => valueFor(column, key[at]));
    return keyText(converted) === text ? converted : null;
  } catch (error) {
    if (error instanceof FozError) return null;
    throw error;
  }
}
