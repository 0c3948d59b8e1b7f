import type { Scalar, ValueType } from '../../catalog/index.ts';
import { type Sql, sql } from '../../sql/index.ts';

/** Length of a `bit` column; `null` for every other type. */
export function bitsOf(type: ValueType): number | null {
  const found = /^bit\((\d+)\)$/.exec(type.nativeType ?? '');
  return found === null ? null : Number(found[1]);
}

/** Whether the type is a boolean that is stored as a number. The number may be other than 0 and 1. */
export function isTruth(type: ValueType): boolean {
  return type.scalar === 'boolean' && bitsOf(type) === null;
}

/** 1 where the stored number is true (not 0), else 0. */
export function truthOf(column: Sql): Sql {
  return sql`(${column} <> 0)`;
}

/** Whether the type is `year`. The server takes 1 to 99 for years of the 20th and 21st century. */
export function isYear(type: ValueType): boolean {
  return type.nativeType === 'year';
}

/** Whether the type is `zerofill`: the server prints its values with leading zeros. */
export function isZerofill(type: ValueType): boolean {
  return type.nativeType?.endsWith(' zerofill') ?? false;
}

/** Collations in which texts differ wherever a character differs, trailing blanks included. */
const exactCollations = /^(?:utf8mb4_0900_bin|binary|\w+_nopad_bin)$/;

/** Whether different texts may be equal by the collation of the column. */
export function isLenient(type: ValueType): boolean {
  const collation = / character set \w+ collate (\w+)$/.exec(type.nativeType ?? '')?.[1];
  return collation !== undefined && !exactCollations.test(collation);
}

const labels = new WeakMap<ValueType, readonly string[] | null>();

/** The labels of a native enum in their order, by which its values are sorted; `null` for every other type. */
export function labelsOf(type: ValueType): readonly string[] | null {
  let known = labels.get(type);
  if (known === undefined) {
    known = type.nativeType?.startsWith('enum(') ? listedValues(type.nativeType) : null;
    labels.set(type, known);
  }
  return known;
}

const escapes: Readonly<Record<string, string>> = {
  '0': '\0',
  b: '\b',
  n: '\n',
  r: '\r',
  t: '\t',
  Z: '\x1a',
};

/** The texts of `enum('a','it''s')` or `set(...)`, as the server spells the type. */
export function listedValues(spelling: string): readonly string[] {
  const inner = spelling.slice(spelling.indexOf('(') + 1);
  return [...inner.matchAll(/'((?:[^'\\]|''|\\.)*)'/gs)].map(([, body]) => unescaped(body!));
}

/** Unescapes the content of a text literal. */
export function unescaped(body: string): string {
  return body.replaceAll(/''|\\(.)/gs, (all, escaped?: string) =>
    escaped === undefined ? (all === "''" ? "'" : all) : (escapes[escaped] ?? escaped),
  );
}

/** Types of key columns in a table of keys, where the catalog has no native type. */
const keyTypes = {
  boolean: sql`tinyint`,
  smallint: sql`bigint`,
  int: sql`bigint`,
  bigint: sql`bigint`,
  numeric: sql`decimal(65, 30)`,
  real: sql`double`,
  float: sql`double`,
  text: sql`longtext`,
  uuid: sql`char(36)`,
  date: sql`date`,
  time: sql`time(6)`,
  timetz: sql`longtext`,
  timestamp: sql`datetime(6)`,
  timestamptz: sql`datetime(6)`,
  interval: sql`longtext`,
  json: sql`longtext`,
  jsonb: sql`longtext`,
  // As hexadecimal digits.
  bytea: sql`longtext`,
  geometry: sql`longtext`,
  enum: sql`longtext`,
  opaque: sql`longtext`,
} as const satisfies Record<Scalar, Sql>;

/**
 * The type of a key column in a table of keys: that of the column it is compared with, since other collations and decimals
 * would not be comparable, or not by index.
 */
export function keyType(type: ValueType): Sql {
  const native = type.nativeType;
  if (native === undefined || type.scalar === 'bytea') return keyTypes[type.scalar];
  if (bitsOf(type) !== null) return sql`bigint unsigned`;
  const collation = / character set \w+ collate \w+$/.exec(native)?.[0];
  if (collation !== undefined) {
    // A char would lose the trailing blanks of a key, and the key would be another text.
    const plain = /^(?:var)?char\(\d+\)|^(?:tiny|medium|long)?text/
      .exec(native)?.[0]
      .replace(/^char/, 'varchar');
    // Labels of an enum are compared as texts of its collation.
    return sql.nativeType(`${plain ?? 'varchar(255)'}${collation}`);
  }
  if (native.startsWith('bigint')) return sql`bigint unsigned`;
  // The derived table of keys has no type for UUIDs and addresses. Their texts are converted to the type of the column when they
  // are compared.
  const exact = /^decimal\(\d+,\d+\)/.exec(native)?.[0];
  return exact === undefined ? keyTypes[type.scalar] : sql.nativeType(exact);
}
