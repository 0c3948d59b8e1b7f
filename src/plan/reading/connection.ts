import type { Table, ValueType } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import { fieldMeaning } from '../../graph/index.ts';
import { visibleRows } from '../conditions/rule-predicates.ts';
import { planWhere } from '../conditions/where.ts';
import { invalid, literal, type Planning } from '../context.ts';
import {
  type Arguments,
  argumentsOf,
  objectTypeOf,
  type Selected,
  selectionOf,
  subSelections,
} from '../fields.ts';
import type { Input } from '../input/input.ts';
import { and, type Predicate } from '../model/predicate.ts';
import type { Aggregate, Bound, Field, OrderTerm, Select } from '../model/select.ts';
import { type ColumnTerm, cursorKey, cursorPredicate, reverse } from './cursor.ts';
import { breakTies, planOrder } from './order.ts';
import { planFields } from './selection.ts';

/**
 * A Relay connection (GraphQL Cursor Connections Specification). It reads one row more than requested, to know
 * whether there is a next page. Cursors consist of the values that the rows are sorted by.
 */
export interface ConnectionPlan {
  /** The node fields, then one hidden column per order term under `cursorKey(n)`. The order is reversed for `last`. */
  readonly select: Select;
  readonly size: Bound | null;
  readonly backward: boolean;
  readonly hasCursor: boolean;
  readonly cursorTypes: readonly ValueType[];
  readonly count: Aggregate | null;
  readonly parts: readonly ConnectionPart[];
}

export type ConnectionPart =
  | { readonly kind: 'constant'; readonly key: string; readonly json: string }
  | { readonly kind: 'edges'; readonly key: string; readonly parts: readonly EdgePart[] }
  /** Indexes into the fields of `select`. */
  | { readonly kind: 'nodes'; readonly key: string; readonly fields: readonly number[] }
  | { readonly kind: 'page_info'; readonly key: string; readonly parts: readonly PageInfoPart[] }
  | { readonly kind: 'total_count'; readonly key: string };
export type EdgePart =
  | { readonly kind: 'constant'; readonly key: string; readonly json: string }
  | { readonly kind: 'cursor'; readonly key: string }
  | { readonly kind: 'node'; readonly key: string; readonly fields: readonly number[] };
export interface PageInfoPart {
  readonly kind: 'constant' | 'has_next_page' | 'has_previous_page' | 'start_cursor' | 'end_cursor';
  readonly key: string;
  readonly json: string;
}

/** Plans `<table>_connection(first, after, last, before, where, order_by)`. */
export function planConnection(
  planning: Planning,
  table: Table,
  selected: Selected,
  path: string,
): ConnectionPlan {
  const args = argumentsOf(planning.document, selected, path);
  const rule = planning.rules.select(table);
  const where = and(visibleRows(planning, table), planWhere(planning, table, args.get('where')));
  const forward = breakTies(table, planOrder(planning, { table, where }, args.get('order_by')));
  const terms = cursorTerms(table, forward, path);
  const { size, backward } = pageSize(planning, args, rule.limit);
  const after = cursorPredicate(planning, terms, args.get('after'), false);
  const before = cursorPredicate(planning, terms, args.get('before'), true);
  const fields: Field[] = [];
  const parts = planParts(planning, selected, path, fields);
  for (const [index, term] of terms.entries())
    fields.push({ kind: 'column', key: cursorKey(index), column: term.column, jsonPath: null });
  const orderBy = backward ? terms.map(reverse) : terms;
  const select: Select = {
    table,
    where: and(where, after, before),
    orderBy,
    distinctOn: [],
    limit: size === null ? null : oneMore(size),
    offset: null,
    fields,
  };
  const counted = parts.some((part) => part.kind === 'total_count');
  return {
    select,
    size,
    backward,
    hasCursor: args.get('after') !== undefined || args.get('before') !== undefined,
    cursorTypes: terms.map((term) => term.column.type),
    count: counted ? countAll(table, where) : null,
    parts,
  };
}

function cursorTerms(table: Table, terms: readonly OrderTerm[], path: string): ColumnTerm[] {
  if (table.primaryKey === null) {
    throw new FozError(
      'not-supported',
      `${table.name} has no key, so a page of it has no place to go on from: declare a key for it`,
      { path },
    );
  }
  return terms.map((term) => {
    if (term.kind === 'column' && term.path.length === 0) return term;
    throw new FozError(
      'not-supported',
      'a connection can be ordered by columns of its own table only: use the list with limit and offset',
      { path },
    );
  });
}

function pageSize(
  planning: Planning,
  args: Arguments,
  cap: number | null,
): { size: Bound | null; backward: boolean } {
  const first = count(planning, args.get('first'));
  const last = count(planning, args.get('last'));
  if (first !== null && last !== null) throw invalid(args.path, 'first and last cannot be given together');
  const asked = first ?? last;
  return {
    size: asked === null ? cap : cap === null ? asked : Math.min(asked, cap),
    backward: last !== null,
  };
}

function count(planning: Planning, input: Input | undefined): number | null {
  const value = literal(planning, input) as number | null;
  if (value !== null && value < 0) throw invalid(input!.path, `must not be negative, but is ${value}`);
  return value;
}

function oneMore(size: Bound): Bound {
  return typeof size === 'number' ? size + 1 : size;
}

function countAll(table: Table, where: Predicate): Aggregate {
  const items = [{ kind: 'count' as const, key: 'count', columns: [], distinct: false }];
  return {
    table,
    where,
    orderBy: [],
    distinctOn: [],
    limit: null,
    offset: null,
    parts: [{ kind: 'aggregate', key: 'aggregate', items }],
  };
}

function planParts(planning: Planning, selected: Selected, path: string, fields: Field[]): ConnectionPart[] {
  const type = objectTypeOf(selected);
  return selectionOf(planning.document, type, subSelections(selected)).map((part): ConnectionPart => {
    const { key } = part;
    if (part.field === undefined) return { kind: 'constant', key, json: JSON.stringify(type.name) };
    const at = `${path}.selectionSet.${part.name}`;
    switch (fieldMeaning(part.field)?.kind) {
      case 'edges':
        return { kind: 'edges', key, parts: planEdges(planning, part, at, fields) };
      case 'nodes':
        return { kind: 'nodes', key, fields: addFields(planning, part, at, fields) };
      case 'page_info':
        return { kind: 'page_info', key, parts: planPageInfo(planning, part) };
      case 'total_count':
        return { kind: 'total_count', key };
      default:
        throw invalid(at, 'cannot be selected here');
    }
  });
}

function planEdges(planning: Planning, edges: Selected, path: string, fields: Field[]): EdgePart[] {
  const type = objectTypeOf(edges);
  return selectionOf(planning.document, type, subSelections(edges)).map((part): EdgePart => {
    const { key } = part;
    if (part.field === undefined) return { kind: 'constant', key, json: JSON.stringify(type.name) };
    if (fieldMeaning(part.field)?.kind === 'cursor') return { kind: 'cursor', key };
    return {
      kind: 'node',
      key,
      fields: addFields(planning, part, `${path}.selectionSet.${part.name}`, fields),
    };
  });
}

function addFields(planning: Planning, node: Selected, path: string, fields: Field[]): number[] {
  return planFields(planning, objectTypeOf(node), subSelections(node), path).map(
    (field) => fields.push(field) - 1,
  );
}

function planPageInfo(planning: Planning, info: Selected): PageInfoPart[] {
  const type = objectTypeOf(info);
  return selectionOf(planning.document, type, subSelections(info)).map((part): PageInfoPart => {
    const { key } = part;
    if (part.field === undefined) return { kind: 'constant', key, json: JSON.stringify(type.name) };
    return { kind: fieldMeaning(part.field)!.kind as PageInfoPart['kind'], key, json: '' };
  });
}
