import {
  bothRules,
  type Column,
  everyRow,
  familyOf,
  isEveryRow,
  type Operator,
  type Table,
} from '../../catalog/index.ts';
import type { Planning } from '../context.ts';
import { seenColumn } from './masks.ts';

const fallible: ReadonlySet<Operator> = new Set<Operator>([
  '_regex',
  '_nregex',
  '_iregex',
  '_niregex',
  '_similar',
  '_nsimilar',
  '_search',
]);

/** Whether a database may find an operand or a value of the column that it cannot compare, once it looks at a row. */
function canFail(operator: Operator, { type }: Column): boolean {
  return operator !== '_is_null' && (fallible.has(operator) || familyOf(type.scalar) === 'json');
}

/**
 * A column as an operator of the client looks at it. A database may come to a condition of the client before it comes to the rule of the
 * rows, and a failure would tell of a row that the role cannot see: where the operator can fail, the column is NULL in such rows.
 */
export function comparedColumn(planning: Planning, table: Table, column: Column, operator: Operator): Column {
  const { filter } = planning.rules.select(table);
  if (isEveryRow(filter) || !canFail(operator, column)) return seenColumn(planning, column);
  const mask = bothRules(filter, column.mask ?? everyRow);
  return seenColumn(planning, { ...column, mask, nullable: true });
}
