import {
  bothRules,
  type Column,
  everyRow,
  familyOf,
  isEveryRow,
  mayRefuse,
  type Operator,
  type Table,
} from '../../catalog/index.ts';
import type { Planning } from '../context.ts';
import { visibleColumn } from './masks.ts';

/** Whether the comparison can fail in the database: an operand may be invalid, or a value of the column not comparable. */
function canFail(operator: Operator, { type }: Column): boolean {
  return operator !== '_is_null' && (mayRefuse(operator) || familyOf(type.scalar) === 'json');
}

/**
 * A column as an operand of the client's operator. A database may evaluate the client's condition before the row
 * filter, and a failure would reveal a row that the role cannot see. So where the operator can fail, the column is
 * NULL in such rows.
 */
export function comparedColumn(planning: Planning, table: Table, column: Column, operator: Operator): Column {
  const { filter } = planning.rules.select(table);
  if (isEveryRow(filter) || !canFail(operator, column)) return visibleColumn(planning, column);
  const mask = bothRules(filter, column.mask ?? everyRow);
  return visibleColumn(planning, { ...column, mask, nullable: true });
}
