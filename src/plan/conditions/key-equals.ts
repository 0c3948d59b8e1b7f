import { type Planning, paramOf } from '../context.ts';
import type { Arguments } from '../fields.ts';
import { and, type Predicate } from '../model/predicate.ts';

/** The condition that every key column equals its argument. */
export function keyEquals(planning: Planning, args: Arguments): Predicate {
  return and(
    ...args.all.flatMap((entry): Predicate[] => {
      if (entry.meaning.kind !== 'key column') return [];
      const { column } = entry.meaning;
      return [{ kind: 'compare', column, op: '_eq', value: paramOf(planning, entry.value, column.type) }];
    }),
  );
}
