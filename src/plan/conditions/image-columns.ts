import type { Column } from '../../catalog/index.ts';
import { unreachable } from '../../core/index.ts';
import type { Predicate } from '../model/predicate.ts';
import { plannedMask } from './masks.ts';

/** The columns of a row that a predicate reads, those of masks included. Columns of related rows are not among them. */
export function rowColumns(predicate: Predicate): Column[] {
  switch (predicate.kind) {
    case 'and':
    case 'or':
      return predicate.of.flatMap(rowColumns);
    case 'not':
      return rowColumns(predicate.of);
    case 'compare':
    case 'between':
    case 'is null':
      return withMask(predicate.column);
    case 'columns':
      return [predicate.left, predicate.right].flatMap(withMask);
    case 'exists':
    case 'measure':
      return predicate.relationship.mapping.flatMap(({ from }) => withMask(from));
    case 'in keys':
      return predicate.columns.flatMap(withMask);
    case 'exists table':
      return [];
    default:
      return unreachable(predicate);
  }
}

/** The columns that the mask of a column reads. */
export function maskColumns({ mask }: Column): Column[] {
  const shown = mask === null ? null : plannedMask(mask);
  return shown === null ? [] : rowColumns(shown);
}

function withMask(column: Column): Column[] {
  return [column, ...maskColumns(column)];
}
