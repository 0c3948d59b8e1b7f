import type { Column } from '../../catalog/index.ts';
import type { Param, Select } from '../../plan/index.ts';
import { type Sql, sql } from '../sql.ts';
import type { Scope } from './scope.ts';

/** The columns of children that refer to their parents, and the keys of the parents. */
export interface Family {
  readonly columns: readonly Column[];
  readonly keys: Param;
}

/** The keys of all parents as a row source, its index column, and the join condition between a row and its parent. */
export function parents(scope: Scope, { columns, keys }: Family, row: Sql) {
  const alias = scope.alias();
  const on = columns.map((column, index) =>
    scope.keyEquals(row, column, keys, sql`${alias}.${scope.dialect.name(`k${index}`)}`),
  );
  return {
    source: scope.dialect.keyRows(keys, alias),
    index: sql`${alias}.${scope.dialect.name('i')}`,
    on: sql.join(on, sql` and `),
  };
}

/** The condition that a row number (counted from 1) lies within offset and limit. */
export function page(scope: Scope, { limit, offset }: Pick<Select, 'limit' | 'offset'>, position: Sql): Sql {
  const spell = (bound: number | Param) =>
    typeof bound === 'number' ? sql.integer(bound) : scope.dialect.bind(bound);
  const after = offset === null ? sql`0` : spell(offset);
  const from = sql`${position} > ${after}`;
  return limit === null
    ? from
    : sql`${from} and ${position} <= ${offset === null ? sql.empty : sql`${spell(offset)} + `}${spell(limit)}`;
}
