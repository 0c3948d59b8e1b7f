import type { Scalar, ValueType } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import type { Statement } from '../../plan/index.ts';

/** What the server says of one column of an answer. */
export interface WireColumn {
  /** The type's number in the protocol. */
  readonly columnType: number;
}

/** How a value of a scalar comes, so that it can be written into the answer without being looked at. */
interface Expected {
  /** Types of the protocol that bring nothing else. */
  readonly wire: ReadonlySet<number>;
  /** Whether one value that comes as any other type is spelled as the scalar is. */
  isOne(value: unknown): boolean;
  /** What is given for a value that is not; absent: the column must have become another one. */
  otherwise?(value: unknown): unknown;
}

const wire = {
  numbers: new Set([0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x08, 0x09, 0x0d, 0xf6]),
  dates: new Set([0x0a, 0x0e]),
  times: new Set([0x0b]),
  moments: new Set([0x07, 0x0c]),
  json: new Set([0xf5]),
  none: new Set<number>(),
} as const;

const spelled = (pattern: RegExp) => (value: unknown) => pattern.test(String(value));
const number: Expected = { wire: wire.numbers, isOne: spelled(/^-?\d+(?:\.\d*)?(?:e[+-]?\d+)?$/i) };
const moment: Expected = {
  wire: wire.moments,
  isOne: spelled(/^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?$/),
};
const json: Expected = { wire: wire.json, isOne: isJson, otherwise: (value) => JSON.stringify(value) };

/** Scalars that are written as they come; all others are escaped. */
const expectations: Readonly<Partial<Record<Scalar, Expected>>> = {
  boolean: number,
  smallint: number,
  int: number,
  bigint: number,
  numeric: number,
  // The statement asks for their text, so that the type of the protocol says nothing.
  real: number,
  float: number,
  uuid: { wire: wire.none, isOne: spelled(/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/) },
  date: { wire: wire.dates, isOne: spelled(/^\d{4}-\d\d-\d\d$/) },
  time: { wire: wire.times, isOne: spelled(/^-?\d{1,3}:\d\d:\d\d(?:\.\d+)?$/) },
  timestamp: moment,
  timestamptz: moment,
  json,
  jsonb: json,
  bytea: { wire: wire.none, isOne: (value) => Buffer.isBuffer(value) },
};

/** Whether a text is one JSON value. */
function isJson(value: unknown): boolean {
  try {
    JSON.parse(String(value));
    return true;
  } catch {
    return false;
  }
}

/**
 * Holds what came against what the statement was planned with. The server tells the type of each column with each answer, so
 * that no value is looked at where the types agree. MariaDB keeps JSON as text, which may be none: it is given as a JSON string. Throws FozError `not-found` where a column has become another one.
 */
export function guard(
  { columns: planned }: Statement,
  columns: readonly WireColumn[],
  rows: readonly (readonly unknown[])[],
): void {
  if (planned === undefined || rows.length === 0) return;
  for (let index = 0; index < planned.length; index++) {
    const expected = expectedOf(planned[index]);
    if (expected === undefined || expected.wire.has(columns[index]?.columnType ?? -1)) continue;
    for (const row of rows) {
      if (row[index] === null || expected.isOne(row[index])) continue;
      if (expected.otherwise === undefined) throw changed();
      (row as unknown[])[index] = expected.otherwise(row[index]);
    }
  }
}

function expectedOf(type: ValueType | undefined): Expected | undefined {
  return type === undefined ? undefined : expectations[type.scalar];
}

function changed(): FozError {
  return new FozError(
    'not-found',
    'A column of the type that the request needs is not in the database any more: its schema has changed, refresh the catalog.',
  );
}
