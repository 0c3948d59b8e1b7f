import type { Scalar, ValueType } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import type { Statement } from '../../plan/index.ts';

/** The server's metadata about one column of a result set. */
export interface WireColumn {
  /** The number of the type in the protocol. */
  readonly columnType: number;
}

/** The wire format of a scalar whose values go into the answer unescaped. */
interface Expected {
  /** Protocol types whose values always have this format. */
  readonly wire: ReadonlySet<number>;
  /** Whether a value of another protocol type has this format, too. */
  isOne(value: unknown): boolean;
  /** Replaces a value of another format; absent: such a value shows that the type of the column was changed. */
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

/** Scalars whose values go into the answer unescaped; values of all others are escaped. */
const expectations: Readonly<Partial<Record<Scalar, Expected>>> = {
  boolean: number,
  smallint: number,
  int: number,
  bigint: number,
  numeric: number,
  // The statement selects these as text, so the protocol type alone does not show their format.
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
 * Compares the column types of a result set with those that the statement was planned for. The server sends the types with each result
 * set, so values are only checked where the types differ. MariaDB stores JSON as text: text that is not JSON becomes a JSON string.
 * Returns FozError `not-found` where the type of a column was changed; `null`: none was.
 */
export function checkWireFormat(
  { columns: planned }: Statement,
  columns: readonly WireColumn[],
  rows: readonly (readonly unknown[])[],
): FozError | null {
  if (planned === undefined || rows.length === 0) return null;
  for (let index = 0; index < planned.length; index++) {
    const expected = expectedOf(planned[index]);
    if (expected === undefined || expected.wire.has(columns[index]?.columnType ?? -1)) continue;
    for (const row of rows) {
      if (row[index] === null || expected.isOne(row[index])) continue;
      if (expected.otherwise === undefined) return changed();
      (row as unknown[])[index] = expected.otherwise(row[index]);
    }
  }
  return null;
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
