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

/** The key of a row of one side. */
export function keyOf(sync: ResolvedSync, side: SideName, key: Tuple): SyncKey {
  const other = side === 'left' ? 'right' : 'left';
  const converted = convert(sync, other, key);
  return {
    text: keyText(key),
    left: side === 'left' ? key : converted,
    right: side === 'right' ? key : converted,
  };
}

/** The key with a text. */
export function keyFrom(sync: ResolvedSync, text: string): SyncKey {
  const parts = JSON.parse(text) as string[];
  return { text, left: convert(sync, 'left', parts), right: convert(sync, 'right', parts) };
}

/** Converted values of a key; `null`: the columns cannot hold them. */
function convert(sync: ResolvedSync, side: SideName, key: Tuple): Tuple | null {
  try {
    return sync[side].key.map((column, at) => valueFor(column, key[at]));
  } catch (error) {
    if (error instanceof FozError) return null;
    throw error;
  }
}
