import type { Scalar } from '../../catalog/index.ts';

/** A column as information_schema tells it. */
export interface ColumnRow {
  readonly table: string;
  readonly name: string;
  readonly dataType: string;
  readonly columnType: string;
  readonly nullable: boolean;
  readonly defaultText: string | null;
  readonly maxLength: number | null;
  readonly precision: number | null;
  readonly scale: number | null;
  readonly fraction: number | null;
  readonly collation: string | null;
  readonly extra: string;
  readonly generation: string | null;
  readonly comment: string;
}

/** What a native type is to Foz. */
export interface Native {
  readonly scalar: Scalar;
  readonly range?: readonly [string, string];
  readonly note?: string;
}

const integers: Readonly<
  Record<string, { readonly bits: number; readonly signed: Scalar; readonly unsigned: Scalar }>
> = {
  tinyint: { bits: 8, signed: 'smallint', unsigned: 'smallint' },
  smallint: { bits: 16, signed: 'smallint', unsigned: 'int' },
  mediumint: { bits: 24, signed: 'int', unsigned: 'int' },
  int: { bits: 32, signed: 'int', unsigned: 'bigint' },
  bigint: { bits: 64, signed: 'bigint', unsigned: 'numeric' },
};

const plain: Readonly<Record<string, Scalar>> = {
  decimal: 'numeric',
  float: 'real',
  double: 'float',
  year: 'int',
  date: 'date',
  time: 'time',
  datetime: 'timestamp',
  timestamp: 'timestamptz',
  char: 'text',
  varchar: 'text',
  tinytext: 'text',
  text: 'text',
  mediumtext: 'text',
  longtext: 'text',
  enum: 'enum',
  set: 'opaque',
  json: 'json',
  uuid: 'uuid',
  inet4: 'opaque',
  inet6: 'opaque',
  binary: 'bytea',
  varbinary: 'bytea',
  tinyblob: 'bytea',
  blob: 'bytea',
  mediumblob: 'bytea',
  longblob: 'bytea',
  geometry: 'geometry',
  point: 'geometry',
  linestring: 'geometry',
  polygon: 'geometry',
  multipoint: 'geometry',
  multilinestring: 'geometry',
  multipolygon: 'geometry',
  geomcollection: 'geometry',
  geometrycollection: 'geometry',
};

/** The scalar of a column; `isJson` says that a check makes JSON of a text column (MariaDB). */
export function nativeOf(
  column: ColumnRow,
  options: { readonly tinyint1IsBoolean: boolean; readonly isJson: boolean },
): Native {
  const { dataType, columnType } = column;
  if (options.isJson) return { scalar: 'json' };
  if (dataType === 'bit') return columnType === 'bit(1)' ? { scalar: 'boolean' } : { scalar: 'opaque' };
  if (options.tinyint1IsBoolean && /^tinyint\(1\)(?! unsigned)/.test(columnType))
    return { scalar: 'boolean' };
  const integer = integers[dataType];
  if (integer !== undefined) return integerOf(integer, columnType.includes('unsigned'));
  const scalar = plain[dataType];
  if (scalar !== undefined) return { scalar };
  return { scalar: 'opaque', note: `the type ${columnType} is not known: the column is kept as text` };
}

function integerOf({ bits, signed, unsigned }: (typeof integers)[string], isUnsigned: boolean): Native {
  const high = isUnsigned ? 2n ** BigInt(bits) - 1n : 2n ** BigInt(bits - 1) - 1n;
  const low = isUnsigned ? 0n : -high - 1n;
  return { scalar: isUnsigned ? unsigned : signed, range: [low.toString(), high.toString()] };
}

/** The labels of `enum('a','it''s')`. */
export function enumLabels(columnType: string): string[] {
  return [...columnType.slice(5).matchAll(/'((?:[^']|'')*)'/g)].map(([, label]) =>
    label!.replaceAll("''", "'"),
  );
}

/**
 * The values that a check of one column allows, when it is a closed list of texts; `null` for every other condition. MySQL
 * prints `(`a` in (_utf8mb4\'x\',_utf8mb4\'y\'))`, MariaDB `` `a` in ('x','y')``.
 */
export function allowedValues(
  clause: string,
): { readonly column: string; readonly values: readonly string[] } | null {
  const text = clause.replaceAll("\\'", "'").trim();
  const match = /^\(*\s*`((?:[^`]|``)+)`\s+in\s+\(((?:\s*(?:_\w+)?'(?:[^']|'')*'\s*,?)+)\)\s*\)*$/is.exec(
    text,
  );
  if (match === null) return null;
  const values = [...match[2]!.matchAll(/'((?:[^']|'')*)'/g)].map(([, value]) =>
    value!.replaceAll("''", "'"),
  );
  return { column: match[1]!.replaceAll('``', '`'), values };
}
