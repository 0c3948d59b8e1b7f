import { isDeepStrictEqual } from 'node:util';
import { type Column, isEveryRow, type Key, type RowRule, type Table } from '../../catalog/index.ts';
import { planRule } from '../conditions/rule-predicates.ts';
import { planWhere } from '../conditions/where.ts';
import { invalid, literal, type Planning } from '../context.ts';
import type { Input } from '../input/input.ts';
import { isAlways, type Predicate } from '../model/predicate.ts';
import type { OnConflict } from '../model/write.ts';
import { presetCells, replaceable } from './write-rules.ts';

/** Plans `on_conflict` of an insert, within the role's update permission. */
export function planOnConflict(
  planning: Planning,
  table: Table,
  input: Input | undefined,
): OnConflict | null {
  if (input === undefined || input.kind === 'null') return null;
  if (input.kind !== 'object') throw invalid(input.path, 'an object is needed here');
  const part = (kind: string) => input.fields.find((entry) => entry.meaning.kind === kind)?.value;
  const columns = part('update_columns');
  const given = (literal(planning, columns) as readonly (Column | null)[] | null) ?? [];
  if (given.includes(null))
    throw invalid(columns!.path, 'there is no column that may be updated here: give an empty list');
  // A column that is named twice is written once.
  const update = [...new Set(given as readonly Column[])];
  const key = literal(planning, part('constraint')) as Key | null;
  const { filter, presets } = planning.rules.update(table);
  const where = replaceable(planning, table, filter, planWhere(planning, table, part('where')));
  const fixed = update.length === 0 ? [] : presetCells(presets);
  return {
    key,
    update: update.filter((column) => !presets.has(column)),
    presets: fixed.map(([column, value]) => ({ column, value })),
    where: isAlways(where) ? null : where,
  };
}

/** The check for rows that on_conflict updates; `null`: the same as for new rows, or no row is updated. */
export function changedCheck(
  planning: Planning,
  table: Table,
  check: RowRule,
  { update, presets = [] }: OnConflict,
): Predicate | null {
  if (update.length + presets.length === 0) return null;
  const { check: other } = planning.rules.update(table);
  return isEveryRow(other) || isDeepStrictEqual(check, other) ? null : planRule(planning, other);
}
