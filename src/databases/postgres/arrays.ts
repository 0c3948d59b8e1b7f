import type { ValueType } from '../../catalog/index.ts';
import { type Sql, sql } from '../../sql/index.ts';
import { castType } from './types.ts';
import { arrayText } from './values.ts';

/** The lowest first index, and the highest last one. */
const widest = { lowest: -2_147_483_648, highest: 2_147_483_646 } as const;

/** An array as text, with first indexes below, or above, those of every other array of the same elements. */
export function arrayFrom(where: keyof typeof widest, values: readonly unknown[], type: ValueType): string {
  const bounds = lengthsOf(values, type).map((length) =>
    where === 'lowest'
      ? `[${widest.lowest}:${widest.lowest + length - 1}]`
      : `[${widest.highest - length + 1}:${widest.highest}]`,
  );
  return `${bounds.length === 0 ? '' : `${bounds.join('')}=`}${arrayText(values, type)}`;
}

/** The length of each dimension; none for an empty array. */
function lengthsOf(values: readonly unknown[], type: ValueType): readonly number[] {
  const lengths: number[] = [];
  for (let list: unknown = values; Array.isArray(list); list = list[0]) {
    if (list.length === 0) return [];
    lengths.push(list.length);
    if (type.scalar === 'json' || type.scalar === 'jsonb') break;
  }
  return lengths;
}

/** All elements but NULLs, which no array contains. */
export function presentOf(values: readonly unknown[]): readonly unknown[] {
  return (values.flat(Number.POSITIVE_INFINITY) as readonly unknown[]).filter(
    (value) => value !== null && value !== undefined,
  );
}

/** The array with 1 as the first index of each dimension. The text of another one begins with its indexes: `[0:1]={a,b}`. */
export function usualIndexes(expression: Sql, type: ValueType): Sql {
  return sql`case when array_ndims(${expression}) > 1 or array_lower(${expression}, 1) <> 1 then substr(${expression}::text, strpos(${expression}::text, '{'))::${castType(type)} else ${expression} end`;
}
