import type { Column, ValueType } from '../../catalog/index.ts';
import { FozError, unreachable } from '../../core/index.ts';
import type { UpdateKind } from '../../graph/index.ts';
import { type Planning, paramOf } from '../context.ts';
import type { Input } from '../input/input.ts';
import type { Param } from '../model/param.ts';
import type { Assignment } from '../model/write.ts';
import { cellOf } from './insert.ts';

const text: ValueType = { scalar: 'text', array: false };
const int: ValueType = { scalar: 'int', array: false };

/** Plans `_set`, `_inc`, ... as assignments. Assigning a column twice, or nothing at all, is an error. */
export function planAssignments(
  planning: Planning,
  inputs: readonly { readonly update: UpdateKind; readonly value: Input }[],
  presets: readonly (readonly [Column, Param])[],
  path: string,
): Assignment[] {
  const assignments = inputs.flatMap(({ update, value }) => {
    if (value.kind !== 'object') return [];
    return value.fields.flatMap((entry): Assignment[] => {
      if (entry.meaning.kind !== 'column') return [];
      return [assignmentOf(planning, update, entry.meaning.column, entry.value)];
    });
  });
  for (const [column, value] of presets) assignments.push({ kind: 'set', column, value });
  const twice = assignments.filter(
    (one, index) => assignments.findIndex((other) => other.column === one.column) !== index,
  );
  if (twice.length > 0) {
    const names = [...new Set(twice.map(({ column }) => `'${column.name}'`))].join(', ');
    throw new FozError('validation-failed', `Column found in multiple operators: [${names}].`, { path });
  }
  if (assignments.length === 0) {
    throw new FozError(
      'validation-failed',
      'At least one of _set, _inc, _mul, ... must name a column to change.',
      { path },
    );
  }
  return assignments;
}

/** The type of an operand of `_inc` or `_mul`: a plain number, to which the domain of the column does not apply. */
function operandOf({ type: { scalar, scale } }: Column): ValueType {
  return { scalar, array: false, scale };
}

function assignmentOf(planning: Planning, kind: UpdateKind, column: Column, value: Input): Assignment {
  switch (kind) {
    case 'set':
      return { kind, column, value: cellOf(planning, column, value) };
    case 'inc':
    case 'mul':
      return { kind, column, value: paramOf(planning, value, operandOf(column)) };
    case 'append':
    case 'prepend':
      return { kind, column, value: paramOf(planning, value, column.type) };
    case 'delete_key':
      return { kind, column, value: paramOf(planning, value, text) };
    case 'delete_elem':
      return { kind, column, value: paramOf(planning, value, int) };
    case 'delete_at_path':
      return { kind, column, value: paramOf(planning, value, text, { shape: 'list' }) };
    default:
      return unreachable(kind);
  }
}
