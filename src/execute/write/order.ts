import { type Column, familyOf } from '../../catalog/index.ts';

type Row = readonly unknown[];

/** Sorts returned rows by their key, since databases return them in any order. `at`: the index of each key column in a row. */
export function sortedByKey<R extends Row>(
  rows: readonly R[],
  key: readonly Column[],
  at: readonly number[] = key.map((_, index) => index),
): readonly R[] {
  if (rows.length < 2) return rows;
  return [...rows].sort((a, b) => {
    for (const [part, index] of at.entries()) {
      const order = compareKeys(a[index], b[index], key[part]!);
      if (order !== 0) return order;
    }
    return 0;
  });
}

function compareKeys(a: unknown, b: unknown, column: Column): number {
  // A rehearsal for explain has placeholders instead of values.
  if (typeof a === 'object' || typeof b === 'object') return 0;
  const family = familyOf(column.type.scalar);
  if (family === 'integer') {
    const [left, right] = [BigInt(a as string | number | bigint), BigInt(b as string | number | bigint)];
    return left < right ? -1 : left > right ? 1 : 0;
  }
  if (family === 'decimal' || family === 'float') return Number(a) - Number(b);
  const [left, right] = [String(a), String(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}
