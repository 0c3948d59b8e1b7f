import type { Table } from '../../catalog/index.ts';
import { visibleColumn } from '../conditions/masks.ts';
import { visibleRows } from '../conditions/rule-predicates.ts';
import { planWhere } from '../conditions/where.ts';
import { invalid, literal, type Planning, paramOf } from '../context.ts';
import { argumentsOf, objectTypeOf, type Selected, subSelections } from '../fields.ts';
import type { Input, InputEntry } from '../input/input.ts';
import type { Param } from '../model/param.ts';
import { and, type Predicate } from '../model/predicate.ts';
import type { Field } from '../model/select.ts';
import type { ConnectionPlan } from './connection.ts';
import { beyondAll, type ColumnTerm, cursorKey, cursorParams } from './cursor.ts';
import { breakTies } from './order.ts';
import { planFields } from './selection.ts';

/**
 * The next batch of `<table>_stream`: rows after the client's cursor, or after the last row that was sent. As in a
 * connection, `select` ends with hidden columns that hold the position of each row.
 */
export type StreamPlan = Pick<ConnectionPlan, 'select' | 'size' | 'backward' | 'cursorTypes'>;

/**
 * Plans `<table>_stream(batch_size, cursor, where)`. Rows are ordered by the columns of the cursor, then by the primary key, so
 * that no row is skipped where many have the same value. `after`: the position of the last row that was sent; `null`: the
 * client's cursor.
 */
export function planStream(
  planning: Planning,
  table: Table,
  selected: Selected,
  path: string,
  after: string | null,
): StreamPlan {
  const args = argumentsOf(planning.document, selected, path);
  const start = startOf(planning, args.get('cursor'), path);
  const ordered = start.map(({ term }) => term);
  const terms = breakTies(table, ordered) as readonly ColumnTerm[];
  const where = and(
    visibleRows(planning, table),
    planWhere(planning, table, args.get('where')),
    ...ordered.flatMap(hasValue),
    after === null ? behindStart(start, path) : beyondAll(terms, cursorParams(after, terms, path)),
  );
  const size = batchSize(planning, args.get('batch_size'), planning.rules.select(table).limit, path);
  const fields: Field[] = planFields(planning, objectTypeOf(selected), subSelections(selected), path);
  for (const [index, { column }] of terms.entries())
    fields.push({ kind: 'column', key: cursorKey(index), column, jsonPath: null });
  return {
    select: { table, where, orderBy: terms, distinctOn: [], limit: size, offset: null, fields },
    size,
    backward: false,
    cursorTypes: terms.map(({ column }) => column.type),
  };
}

/** A column of the cursor; `value`: rows after this value are read; `null`: all rows. */
interface Start {
  readonly term: ColumnTerm;
  readonly value: Param | null;
}

function startOf(planning: Planning, input: Input | undefined, path: string): readonly Start[] {
  const items = input === undefined ? [] : input.kind === 'list' ? input.items : [input];
  const start = items.flatMap((item) => (item.kind === 'null' ? [] : startOfItem(planning, item)));
  const at = input?.path ?? path;
  if (start.length === 0) throw invalid(at, 'must name the column that the rows are sent in the order of');
  const columns = new Set(start.map(({ term }) => term.column.name));
  if (columns.size < start.length) throw invalid(at, 'names a column twice');
  return start;
}

function startOfItem(planning: Planning, item: Input): readonly Start[] {
  if (item.kind !== 'object') throw invalid(item.path, 'an object is needed here');
  const part = (kind: InputEntry['meaning']['kind']) =>
    item.fields.find(({ meaning }) => meaning.kind === kind)?.value;
  const descending = literal(planning, part('ordering')) === 'desc';
  const columns = part('initial_value');
  if (columns?.kind !== 'object') throw invalid(item.path, 'needs an initial_value');
  return columns.fields.map(({ meaning, value }): Start => {
    if (meaning.kind !== 'column') throw invalid(value.path, 'cannot stand in a cursor');
    const column = visibleColumn(planning, meaning.column);
    const term: ColumnTerm = { kind: 'column', path: [], column, descending, nulls: 'last' };
    return { term, value: value.kind === 'null' ? null : paramOf(planning, value, column.type) };
  });
}

/** Excludes rows with NULL in a column of the cursor, since no position after them can be compared. */
function hasValue({ column }: ColumnTerm): readonly Predicate[] {
  return column.nullable || column.mask !== null ? [{ kind: 'is null', column, negated: true }] : [];
}

function behindStart(start: readonly Start[], path: string): Predicate {
  const given = start.flatMap(({ value }) => (value === null ? [] : [value]));
  if (given.length === 0) return and();
  if (given.length < start.length)
    throw invalid(path, 'initial_value must have a value for each column, or null for all of them');
  return beyondAll(
    start.map(({ term }) => term),
    given,
  );
}

function batchSize(planning: Planning, input: Input | undefined, cap: number | null, path: string): number {
  const size = literal(planning, input) as number | null;
  if (size === null || size < 1) throw invalid(input?.path ?? path, `must be at least 1, but is ${size}`);
  return cap === null ? size : Math.min(size, cap);
}
