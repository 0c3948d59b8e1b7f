import { equals, fitsColumn, readValues, valueParam } from '../conditions/exact-values.ts';
import { invalid, literal, type Planning } from '../context.ts';
import type { Input } from '../input/input.ts';
import type { Param } from '../model/param.ts';
import { always, and, type Predicate } from '../model/predicate.ts';
import type { OrderTerm } from '../model/select.ts';

/** A term of an order by a column of the rows themselves. */
export type ColumnTerm = Extract<OrderTerm, { kind: 'column' }>;

/** The response key of the n-th hidden cursor column. GraphQL reserves the prefix. */
export function cursorKey(index: number): string {
  return `__cursor${index}`;
}

/** The same order from its other end. */
export function reverse(term: ColumnTerm): ColumnTerm {
  return { ...term, descending: !term.descending, nulls: term.nulls === 'first' ? 'last' : 'first' };
}

/** Rows after (or before) a cursor of the client in the order of the terms. */
export function cursorPredicate(
  planning: Planning,
  terms: readonly ColumnTerm[],
  input: Input | undefined,
  before: boolean,
): Predicate {
  const text = literal(planning, input) as string | null;
  if (text === null || input === undefined) return always;
  return beyondAll(before ? terms.map(reverse) : terms, cursorParams(text, terms, input.path));
}

/** Rows after the one that has these values: (a > x) or (a = x and b > y) or ..., with NULLs in their position. */
export function beyondAll(terms: readonly ColumnTerm[], values: readonly Param[]): Predicate {
  const branches = terms.map((term, index): Predicate => {
    const equal = terms.slice(0, index).map((prior, at) => equals(prior.column, values[at]!));
    return and(...equal, beyond(term, values[index]!));
  });
  return { kind: 'or', of: branches };
}

/** Rows whose value comes after `value` in the order of the term. */
function beyond({ column, descending, nulls }: ColumnTerm, value: Param): Predicate {
  if (value.source.kind === 'constant' && value.source.value === null)
    return nulls === 'first' ? { kind: 'is null', column, negated: true } : { kind: 'or', of: [] };
  const further: Predicate = { kind: 'compare', column, op: descending ? '_lt' : '_gt', value };
  if (!column.nullable || nulls === 'first') return further;
  return { kind: 'or', of: [further, { kind: 'is null', column, negated: false }] };
}

/** The values of a cursor, one per order term. Some row holds them, even if no client may write them. */
export function cursorParams(text: string, terms: readonly ColumnTerm[], path: string): readonly Param[] {
  const values = readValues(text);
  if (
    values?.length === terms.length &&
    values.every((value, index) => fitsColumn(value, terms[index]!.column))
  )
    return terms.map(({ column }, at) => ({ ...valueParam(column, values[at], path), stored: true }));
  throw invalid(path, 'is not a cursor of this connection and order: use one that this field returned');
}
