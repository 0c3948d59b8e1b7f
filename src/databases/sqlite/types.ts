import type { Scalar } from '../../catalog/index.ts';

/** The facts of a declared column type. */
export interface DeclaredType {
  readonly scalar: Scalar;
  /** Whether the type is unknown: its values are handled as text. */
  readonly unknown: boolean;
  readonly maxLength: number | null;
  readonly precision: number | null;
  readonly scale: number | null;
}

/** Declared names, upper case without their arguments; SQLite itself takes any words. */
const names: Readonly<Record<string, Scalar>> = {
  BOOLEAN: 'boolean',
  BOOL: 'boolean',
  TINYINT: 'smallint',
  SMALLINT: 'smallint',
  INT2: 'smallint',
  YEAR: 'smallint',
  INT: 'int',
  INTEGER: 'int',
  INT4: 'int',
  MEDIUMINT: 'int',
  SERIAL: 'int',
  BIGINT: 'bigint',
  INT8: 'bigint',
  BIGSERIAL: 'bigint',
  'INTEGER UNSIGNED': 'bigint',
  'INT UNSIGNED': 'bigint',
  'UNSIGNED INTEGER': 'bigint',
  'UNSIGNED INT': 'bigint',
  'BIG INT': 'bigint',
  'UNSIGNED BIG INT': 'bigint',
  'BIGINT UNSIGNED': 'bigint',
  'UNSIGNED BIGINT': 'bigint',
  'SMALLINT UNSIGNED': 'int',
  'TINYINT UNSIGNED': 'smallint',
  'MEDIUMINT UNSIGNED': 'int',
  DECIMAL: 'numeric',
  DEC: 'numeric',
  NUMERIC: 'numeric',
  NUMBER: 'numeric',
  /** SQLite's name for a computed number in a view. */
  NUM: 'numeric',
  MONEY: 'numeric',
  REAL: 'float',
  DOUBLE: 'float',
  'DOUBLE PRECISION': 'float',
  FLOAT: 'float',
  FLOAT4: 'float',
  FLOAT8: 'float',
  TEXT: 'text',
  CLOB: 'text',
  CHAR: 'text',
  CHARACTER: 'text',
  VARCHAR: 'text',
  'CHARACTER VARYING': 'text',
  'VARYING CHARACTER': 'text',
  'NATIVE CHARACTER': 'text',
  NCHAR: 'text',
  NVARCHAR: 'text',
  VARCHAR2: 'text',
  NVARCHAR2: 'text',
  STRING: 'text',
  CITEXT: 'text',
  TINYTEXT: 'text',
  MEDIUMTEXT: 'text',
  LONGTEXT: 'text',
  UUID: 'uuid',
  GUID: 'uuid',
  UNIQUEIDENTIFIER: 'uuid',
  DATE: 'date',
  TIME: 'time',
  'TIME WITHOUT TIME ZONE': 'time',
  DATETIME: 'timestamp',
  TIMESTAMP: 'timestamp',
  'TIMESTAMP WITHOUT TIME ZONE': 'timestamp',
  TIMESTAMPTZ: 'timestamptz',
  'TIMESTAMP WITH TIME ZONE': 'timestamptz',
  'DATETIME WITH TIME ZONE': 'timestamptz',
  DATETIMEOFFSET: 'timestamptz',
  JSON: 'json',
  JSONB: 'jsonb',
  BLOB: 'bytea',
  BYTEA: 'bytea',
  BINARY: 'bytea',
  VARBINARY: 'bytea',
  TINYBLOB: 'bytea',
  MEDIUMBLOB: 'bytea',
  LONGBLOB: 'bytea',
  ANY: 'opaque',
  '': 'opaque',
};

const plain = { unknown: false, maxLength: null, precision: null, scale: null };

/**
 * Reads a declared type: `VARCHAR(40)`, `decimal (10, 2)`, `TIMESTAMP(3) WITH TIME ZONE`. SQLite enforces it only in STRICT tables; Foz
 * enforces it for values that it writes.
 */
export function declaredType(declared: string): DeclaredType {
  const numbers =
    /\(([^)]*)\)/
      .exec(declared)?.[1]
      ?.split(',')
      .map((part) => Number.parseInt(part, 10)) ?? [];
  const words = declared
    .replace(/\([^)]*\)/g, ' ')
    .trim()
    .replace(/\s+/g, ' ')
    .toUpperCase();
  const [first = null, second = null] = numbers.map((number) => (Number.isNaN(number) ? null : number));
  if (words === 'TINYINT' && first === 1) return { ...plain, scalar: 'boolean' };
  const scalar = Object.hasOwn(names, words) ? names[words]! : undefined;
  if (scalar === undefined) return { ...plain, scalar: 'opaque', unknown: true };
  if (scalar === 'numeric' && first !== null) {
    return { ...plain, scalar, precision: first, scale: second ?? 0 };
  }
  if ((scalar === 'text' || scalar === 'bytea') && first !== null && first > 0) {
    return { ...plain, scalar, maxLength: first };
  }
  return { ...plain, scalar };
}
