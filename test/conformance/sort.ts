import type { GraphQLInputType } from 'graphql';
import {
  type AggregateFunction,
  aggregateType,
  type Column,
  type Table,
  type ValueType,
} from '../../src/catalog/index.ts';
import { partners } from './filter.ts';
import { apply } from './functions.ts';
import { itemsOf, type Member, membersOf } from './inputs.ts';
import { compareHeld, type Held, type Row } from './values.ts';
import { storedRow } from './visible-rows.ts';

/** The internal value of `order_by` enums. */
export interface Direction {
  readonly descending: boolean;
  readonly nulls: 'first' | 'last';
}

/** A term of an order: a value of each item, and a direction. */
export interface Term<T> extends Direction {
  readonly type: ValueType;
  readonly of: (item: T) => Held;
  /** The column of the row itself, if it is one. */
  readonly column: Column | null;
}

/** Sorts items by the terms. Items with equal terms keep their order. */
export function sorted<T>(items: readonly T[], terms: readonly Term<T>[]): T[] {
  return [...items].sort((a, b) => {
    for (const term of terms) {
      const order = compareTerm(term, term.of(a), term.of(b));
      if (order !== 0) return order;
    }
    return 0;
  });
}

function compareTerm({ type, descending, nulls }: Term<never>, a: Held, b: Held): number {
  if (a === null || b === null) {
    if (a === b) return 0;
    return (a === null) === (nulls === 'first') ? -1 : 1;
  }
  const order = compareHeld(type, a, b);
  return descending ? -order : order;
}

/** The terms of an `order_by`. */
export function termsOf(type: GraphQLInputType, value: unknown): Term<Row>[] {
  return itemsOf(value).flatMap((item) => membersOf(type, item).flatMap((member) => termsOfMember(member)));
}

const int: ValueType = { scalar: 'int', array: false };

function termsOfMember({ meaning, value, type }: Member): Term<Row>[] {
  if (value === null) return [];
  switch (meaning.kind) {
    case 'column': {
      const { column } = meaning;
      return [{ ...(value as Direction), type: column.type, of: (row) => row[column.name]!, column }];
    }
    case 'relationship':
      return termsOf(type, value).map((term) => ({
        ...term,
        column: null,
        of: (row) => {
          const [partner] = partners(row, meaning.relationship);
          return partner === undefined ? null : term.of(partner);
        },
      }));
    case 'relationship aggregate':
      return measureTerms(type, value).map((term) => ({
        ...term,
        of: (row) => term.of(partners(row, meaning.relationship)),
      }));
    default:
      throw new Error(`${meaning.kind} in an order`);
  }
}

/** Terms over a set of rows: `count`, and functions of columns. */
export function measureTerms(type: GraphQLInputType, value: unknown): Term<readonly Row[]>[] {
  return membersOf(type, value).flatMap((member): Term<readonly Row[]>[] => {
    if (member.value === null) return [];
    if (member.meaning.kind === 'count')
      return [{ ...(member.value as Direction), type: int, of: (rows) => rows.length, column: null }];
    if (member.meaning.kind !== 'function') return [];
    return functionTerms(member.meaning.fn, member);
  });
}

function functionTerms(fn: AggregateFunction, { type, value }: Member): Term<readonly Row[]>[] {
  return membersOf(type, value).flatMap(({ meaning, value: direction }) => {
    if (direction === null || meaning.kind !== 'column') return [];
    const { column } = meaning;
    const of = (rows: readonly Row[]) => apply(fn, column, rows);
    return [{ ...(direction as Direction), type: aggregateType(fn, column.type), of, column: null }];
  });
}

/** The order of a `distinct_on`: its columns come first, those that `order_by` does not name in ascending order. */
export function withDistinct(terms: readonly Term<Row>[], columns: readonly Column[]): Term<Row>[] {
  const leading = terms.slice(0, columns.length);
  const missing = columns.filter((column) => !terms.some((term) => term.column === column));
  return [...leading, ...missing.map(ascending), ...terms.slice(columns.length)];
}

/** A column of the row itself, ascending, NULL last. */
export function ascending(column: Column): Term<Row> {
  return { column, type: column.type, of: (row) => row[column.name]!, descending: false, nulls: 'last' };
}

/** Appends the primary key to the terms as the tie-breaker, also if the role cannot see it. */
export function unambiguous(terms: readonly Term<Row>[], table: Table): Term<Row>[] {
  const key = table.primaryKey?.columns ?? [];
  const behind = key.filter((column) => !terms.some((term) => term.column === column)).map(ascending);
  return [...terms, ...behind.map((term) => ({ ...term, of: (row: Row) => term.of(storedRow(row)) }))];
}
