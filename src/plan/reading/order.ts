import type { Column, Relationship, Table } from '../../catalog/index.ts';
import { aggregateType } from '../../catalog/index.ts';
import { visibleColumn } from '../conditions/masks.ts';
import { visibleRows } from '../conditions/rule-predicates.ts';
import { invalid, literal, type Planning } from '../context.ts';
import type { Input, InputEntry } from '../input/input.ts';
import type { Measure } from '../model/measure.ts';
import type { Predicate } from '../model/predicate.ts';
import type { Direction, Hop, OrderTerm } from '../model/select.ts';
import { addRanks, type RemoteOrder } from '../remote.ts';

interface Rows {
  readonly table: Table;
  readonly where: Predicate;
}

/** Plans `order_by`, an object or a list of objects, as terms over rows of `rows.table`. */
export function planOrder(planning: Planning, rows: Rows, input: Input | undefined): OrderTerm[] {
  if (input === undefined || input.kind === 'null') return [];
  if (input.kind === 'list') return input.items.flatMap((item) => planOrder(planning, rows, item));
  if (input.kind !== 'object') throw invalid(input.path, 'an object is needed here');
  return input.fields.flatMap((entry) => planTerm(planning, rows, [], entry));
}

function planTerm(planning: Planning, rows: Rows, path: readonly Hop[], entry: InputEntry): OrderTerm[] {
  const { meaning, value } = entry;
  if (value.kind === 'null') return [];
  switch (meaning.kind) {
    case 'column':
      return [
        {
          kind: 'column',
          path,
          column: visibleColumn(planning, meaning.column),
          ...direction(planning, value),
        },
      ];
    case 'relationship':
      return planHop(planning, rows, path, meaning.relationship, value);
    case 'relationship aggregate':
      return planMeasures(planning, rows, path, meaning.relationship, value);
    default:
      throw invalid(value.path, 'cannot stand in an order');
  }
}

function direction(planning: Planning, value: Input): Direction {
  return literal(planning, value) as Direction;
}

function planHop(
  planning: Planning,
  rows: Rows,
  path: readonly Hop[],
  relationship: Relationship,
  value: Input,
): OrderTerm[] {
  if (value.kind !== 'object') throw invalid(value.path, 'an object is needed here');
  const where = visibleRows(planning, relationship.to);
  if (!relationship.remote) {
    return value.fields.flatMap((entry) =>
      planTerm(planning, rows, [...path, { relationship, where }], entry),
    );
  }
  const target: Rows = { table: relationship.to, where };
  return value.fields.flatMap((entry) =>
    planTerm(planning, target, [], entry).map((term) =>
      addRanks(planning, rows, {
        path,
        relationship,
        by: { kind: 'term', term },
        where,
        at: entry.value.path,
      }),
    ),
  );
}

function planMeasures(
  planning: Planning,
  rows: Rows,
  path: readonly Hop[],
  relationship: Relationship,
  value: Input,
): OrderTerm[] {
  if (value.kind !== 'object') throw invalid(value.path, 'an object is needed here');
  const where = visibleRows(planning, relationship.to);
  return value.fields.flatMap((entry): OrderTerm[] => {
    if (entry.value.kind === 'null') return [];
    return measuresOf(planning, entry).map(({ measure, direction: towards, path: at }): OrderTerm => {
      if (!relationship.remote) return { kind: 'measure', path, relationship, where, measure, ...towards };
      const by: RemoteOrder = { kind: 'measure', measure, ...towards };
      return addRanks(planning, rows, { path, relationship, by, where, at });
    });
  });
}

/** `count: asc` or `max: { total: desc }` within an aggregate order. */
export function measuresOf(
  planning: Planning,
  entry: InputEntry,
): { readonly measure: Measure; readonly direction: Direction; readonly path: string }[] {
  const { meaning, value } = entry;
  if (meaning.kind === 'count') {
    const measure: Measure = { kind: 'count', columns: [], distinct: false };
    return [{ measure, direction: direction(planning, value), path: value.path }];
  }
  if (meaning.kind !== 'function' || value.kind !== 'object')
    throw invalid(value.path, 'an object is needed here');
  return value.fields.flatMap((item) => {
    if (item.value.kind === 'null' || item.meaning.kind !== 'column') return [];
    const column = visibleColumn(planning, item.meaning.column);
    const measure: Measure = {
      kind: 'function',
      fn: meaning.fn,
      column,
      type: aggregateType(meaning.fn, column.type),
    };
    return [{ measure, direction: direction(planning, item.value), path: item.value.path }];
  });
}

/** Appends the primary key to an order, so that pages are stable. */
export function breakTies(table: Table, terms: readonly OrderTerm[]): readonly OrderTerm[] {
  const key = table.primaryKey;
  if (key === null || coversKey(table, terms)) return terms;
  const missing = key.columns.filter((column) => !terms.some((term) => isPlain(term, column)));
  return [
    ...terms,
    ...missing.map(
      (column): OrderTerm => ({ kind: 'column', path: [], column, descending: false, nulls: 'last' }),
    ),
  ];
}

/** Whether the order already contains all columns of a non-null key. */
function coversKey(table: Table, terms: readonly OrderTerm[]): boolean {
  return table.keys.some((key) =>
    key.columns.every((column) => !column.nullable && terms.some((term) => isPlain(term, column))),
  );
}

function isPlain(term: OrderTerm, column: Column): boolean {
  return term.kind === 'column' && term.path.length === 0 && term.column === column;
}

/** `order_by` must start with the columns of `distinct_on`, in any order (as in PostgreSQL). Missing ones are put in front. */
export function orderForDistinct(
  terms: readonly OrderTerm[],
  distinctOn: readonly Column[],
  path: string,
): readonly OrderTerm[] {
  if (distinctOn.length === 0) return terms;
  const leading = terms.slice(0, distinctOn.length);
  const foreign = leading.find((term) => !distinctOn.some((column) => isPlain(term, column)));
  if (foreign !== undefined) {
    throw invalid(
      path,
      `must start with the columns of distinct_on: ${distinctOn.map((column) => column.name).join(', ')}`,
    );
  }
  const missing = distinctOn.filter((column) => !terms.some((term) => isPlain(term, column)));
  const added = missing.map(
    (column): OrderTerm => ({ kind: 'column', path: [], column, descending: false, nulls: 'last' }),
  );
  return [...leading, ...added, ...terms.slice(distinctOn.length)];
}
