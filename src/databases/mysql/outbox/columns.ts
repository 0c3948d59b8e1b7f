import { quotedName } from './names.ts';

/**
 * How a stored value is read. `i`: a number, `t`: a text, `b`: bytes, `g`: a geometry, `v`: a vector, `s3`: seconds since 1970 with three
 * digits of a second.
 */
export type Kind = 'i' | 't' | 'b' | 'g' | 'v' | `s${string}`;

/** A column as the catalog of the server describes it. */
export interface DescribedColumn {
  readonly name: string;
  readonly dataType: string;
  readonly bits: string;
  readonly digits: string;
}

/** A column that triggers store. `value`: the SQL of its value in a row (`old` or `new`), as the bytes that are stored. */
export interface StoredColumn {
  readonly name: string;
  readonly kind: Kind;
  readonly value: (row: 'old' | 'new') => string;
}

const integers = /^(?:tiny|small|medium)?int$/;
const exact = /^(?:bigint|decimal|date|time|datetime)$/;
const texts = /^(?:(?:var)?char|(?:tiny|medium|long)?text|enum|set)$/;
const bytes = /^(?:(?:var)?binary|(?:tiny|medium|long)?blob)$/;
const shapes = /^(?:geometry|point|linestring|polygon|multi\w+|geometrycollection|geomcollection)$/;
/** Types whose text the server makes: documents of MySQL, addresses and UUIDs of MariaDB. */
const printed = /^(?:json|uuid|inet4|inet6)$/;

/** How triggers store a column; `null`: values of its type cannot be stored. */
export function storedColumn({ name, dataType, bits, digits }: DescribedColumn): StoredColumn | null {
  const made = kindOf(dataType, bits, digits);
  if (made === null) return null;
  const [kind, value] = made;
  return { name, kind, value: (row) => value(`${row}.${quotedName(name)}`) };
}

type Made = readonly [kind: Kind, value: (column: string) => string];

const asItIs = (column: string) => column;
const asBytes = (text: string) => `cast(${text} as binary)`;

function kindOf(dataType: string, bits: string, digits: string): Made | null {
  if (integers.test(dataType)) return ['i', asItIs];
  if (exact.test(dataType)) return ['t', asItIs];
  if (bytes.test(dataType)) return ['b', asItIs];
  if (shapes.test(dataType)) return ['g', asItIs];
  if (texts.test(dataType)) return ['t', (column) => asBytes(`convert(${column} using utf8mb4)`)];
  if (printed.test(dataType))
    return ['t', (column) => asBytes(`cast(${column} as char character set utf8mb4)`)];
  switch (dataType) {
    case 'year':
      return ['i', (column) => `(${column} + 0)`];
    case 'bit':
      return ['t', (column) => `lpad(bin(${column}), ${bits}, '0')`];
    // As a double, a float keeps all of its digits.
    case 'float':
    case 'double':
      return ['t', (column) => `(${column} + 0e0)`];
    // The seconds do not depend on the time zone of the session that writes. MariaDB has none for the zero date.
    case 'timestamp':
      return [`s${digits}`, (column) => `coalesce(unix_timestamp(${column}), ${column} + 0)`];
    case 'vector':
      return ['v', asBytes];
    default:
      return null;
  }
}
