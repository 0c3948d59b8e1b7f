import type { Table } from '../../src/catalog/index.ts';
import { filtered } from './filter.ts';
import type { Member } from './inputs.ts';
import { sorted, type Term, termsOf, unambiguous } from './sort.ts';
import { answered, compareHeld, type Held, type Row } from './values.ts';
import { capped } from './visible-rows.ts';

/** One page of a connection. */
export interface Page {
  readonly rows: readonly Row[];
  readonly cursors: readonly string[];
  readonly total: number;
  readonly hasNext: boolean;
  readonly hasPrevious: boolean;
}

/** `first`, `after`, `last`, `before` applied to the rows that pass `where`, in order (GraphQL Cursor Connections). */
export function pageOf(table: Table, all: readonly Row[], given: ReadonlyMap<string, Member>): Page {
  const where = given.get('where');
  const order = given.get('order_by');
  const rows = where === undefined ? [...all] : filtered(all, where.type, where.value);
  const terms = unambiguousUnlessKeyed(order === undefined ? [] : termsOf(order.type, order.value), table);
  const value = (kind: string) => given.get(kind)?.value ?? null;
  const [after, before] = [value('after'), value('before')].map((text) =>
    text === null ? null : valuesOf(text),
  );
  const inOrder = sorted(rows, terms).filter(
    (row) =>
      (after === null || compareToCursor(terms, row, after!) > 0) &&
      (before === null || compareToCursor(terms, row, before!) < 0),
  );
  const [first, last] = [value('first'), value('last')] as [number | null, number | null];
  const size = capped(first ?? last, table);
  const page =
    size === null ? inOrder : last === null ? inOrder.slice(0, size) : inOrder.slice(-size || inOrder.length);
  const more = page.length < inOrder.length;
  const limited = after !== null || before !== null;
  return {
    rows: page,
    cursors: page.map((row) => cursorOf(terms, row)),
    total: rows.length,
    hasNext: last === null ? more : limited,
    hasPrevious: last === null ? limited : more,
  };
}

/** An order that contains a key without NULLs is unambiguous already. */
function unambiguousUnlessKeyed(terms: readonly Term<Row>[], table: Table): readonly Term<Row>[] {
  const keyed = table.keys.some((key) =>
    key.columns.every((column) => !column.nullable && terms.some((term) => term.column === column)),
  );
  return keyed ? terms : unambiguous(terms, table);
}

function valuesOf(cursor: unknown): readonly Held[] {
  return JSON.parse(Buffer.from(String(cursor), 'base64url').toString()) as Held[];
}

/** The cursor of a row in an order. */
export function cursorOf(terms: readonly Term<Row>[], row: Row): string {
  return Buffer.from(JSON.stringify(terms.map((term) => answered(term.type, term.of(row))))).toString(
    'base64url',
  );
}

/** Compares a row with the row of a cursor. */
function compareToCursor(terms: readonly Term<Row>[], row: Row, values: readonly Held[]): number {
  for (const [at, term] of terms.entries()) {
    const [a, b] = [term.of(row), values[at]!];
    if (a === null && b === null) continue;
    if (a === null) return term.nulls === 'first' ? -1 : 1;
    if (b === null) return term.nulls === 'first' ? 1 : -1;
    const order = compareHeld(term.type, a, b);
    if (order !== 0) return term.descending ? -order : order;
  }
  return 0;
}
