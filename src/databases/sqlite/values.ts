import { type Scalar, scalars, type ValueType } from '../../catalog/index.ts';
import type { TextOf } from '../../plan/index.ts';
import { type Sql, sql } from '../../sql/index.ts';
import type { Stored } from './engine/canonical.js';
import * as canonical from './engine/canonical.js';

type Numbers = 'string' | 'number';

/**
 * How a stored value is selected. `flat`: the expression to select (default: the column). `text`: converts the selected value to canonical
 * text. `json`: its JSON text inside the database, `null` for NULL. Both forms give the same text in an answer.
 */
interface ValueSpelling {
  readonly flat?: (expression: Sql, type: ValueType) => Sql;
  readonly json: (expression: Sql, type: ValueType, numbers: Numbers) => Sql;
  readonly text?: (value: Stored, type: ValueType) => string;
}

/** `2024-02-29 23:59:59`, with any sign in the middle. */
const plainMoment = sql`'[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][ T][0-9][0-9]:[0-9][0-9]:[0-9][0-9]'`;
const asText = (x: Sql) => sql`json_quote(cast(${x} as text))`;

/** Numbers and NULL without a call of a function; anything else that stands in the column as a JSON string. */
const digits = (x: Sql) =>
  sql`case typeof(${x}) when 'integer' then ${x} when 'null' then 'null' else foz_json_integer(${x}) end`;
const integer: ValueSpelling = { json: digits, text: canonical.integerText };
const float: ValueSpelling = { json: (x) => sql`foz_json_float(${x})`, text: canonical.floatText };
/** Text for the driver, which cuts a text at its first NUL, but not bytes: a text with NUL is selected as bytes. */
export const wholeText = (x: Sql) => sql`iif(instr(${x}, char(0)), cast(${x} as blob), ${x})`;
const text: ValueSpelling = { flat: wholeText, json: asText, text: canonical.plainText };
/** Blobs as base64, anything else as its text. */
export const opaqueText = (x: Sql) => sql`iif(typeof(${x}) = 'blob', foz_base64(${x}), cast(${x} as text))`;
const opaque: ValueSpelling = {
  flat: (x) => wholeText(opaqueText(x)),
  text: canonical.plainText,
  json: (x) => sql`json_quote(${opaqueText(x)})`,
};
/** A stored JSON document as text. Invalid JSON (also text that continues after a NUL) becomes a JSON string; SQLite's binary form becomes text. */
const document = (x: Sql) =>
  sql`case when typeof(${x}) = 'blob' then ${bytesDocument(x)} when json_valid(${x}) and not instr(${x}, char(0)) then cast(${x} as text) else json_quote(${x}) end`;
/** Bytes in a column of documents: SQLite's binary form, the text of a document, or any other bytes. */
export const bytesDocument = (x: Sql) => sql`iif(json_valid(${x}, 8), json(${x}), foz_document(${x}))`;
/** A document for SQLite's own functions, which refuse text that is no JSON. */
export const readableDocument = (x: Sql) => sql`iif(json_valid(${x}, 9), ${x}, foz_document(${x}))`;
const json: ValueSpelling = {
  flat: (x) => sql`case when ${x} is not null then ${document(x)} end`,
  json: (x) => document(x),
};
const scaleOf = (type: ValueType) => type.scale ?? null;

const spellings = {
  boolean: {
    json: (x) => sql`case ${x} when 1 then 'true' when 0 then 'false' else foz_json_boolean(${x}) end`,
    text: canonical.booleanText,
  },
  smallint: integer,
  int: integer,
  bigint: {
    json: (x, _, numbers) =>
      numbers === 'number' ? digits(x) : sql`ifnull(json_quote(cast(${x} as text)), 'null')`,
    text: canonical.bigintText,
  },
  numeric: {
    json: (x, type, numbers) =>
      sql`foz_json_decimal(${x}, ${sql.integer(scaleOf(type) ?? -1)}, ${sql.integer(numbers === 'string' ? 1 : 0)})`,
    text: (value, type) => canonical.decimalText(value, scaleOf(type)),
  },
  real: float,
  float,
  text,
  uuid: { json: (x) => sql`foz_json_uuid(${x})`, text: canonical.uuidText },
  date: {
    json: (x) =>
      sql`case when ${x} glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]' then '"'||substr(${x},1,10)||'"' else foz_json_date(${x}) end`,
    text: canonical.dateText,
  },
  time: { json: (x) => sql`foz_json_time(${x})`, text: canonical.timeText },
  timetz: text,
  timestamp: {
    json: (x) =>
      sql`case when ${x} glob ${plainMoment} then '"'||substr(${x},1,10)||'T'||substr(${x},12)||'"' else foz_json_timestamp(${x}) end`,
    text: canonical.timestampText,
  },
  timestamptz: {
    json: (x) =>
      sql`case when ${x} glob ${plainMoment} then '"'||substr(${x},1,10)||'T'||substr(${x},12)||'+00:00"' else foz_json_timestamptz(${x}) end`,
    text: canonical.timestamptzText,
  },
  interval: text,
  json,
  jsonb: json,
  bytea: { flat: (x) => sql`foz_base64(${x})`, json: (x) => sql`json_quote(foz_base64(${x}))` },
  geometry: json,
  enum: text,
  opaque,
} as const satisfies Record<Scalar, ValueSpelling>;

const spelling = (type: ValueType): ValueSpelling => spellings[type.scalar];

/** The expression to select for a value. */
export function flatValue(expression: Sql, type: ValueType): Sql {
  return spelling(type).flat?.(expression, type) ?? expression;
}

/** Converts a selected value (not null) to canonical text. Where numbers have no quotes, a value that is not a number gets them. */
export function textOfValue(type: ValueType, numbers: Numbers = 'string'): TextOf | undefined {
  const { text } = spelling(type);
  if (text === undefined) return undefined;
  if (numbers === 'string' || scalars[type.scalar].form !== 'digits')
    return (value) => text(value as Stored, type);
  return (value) => {
    const digits = text(value as Stored, type);
    return /^-?\d+(?:\.\d+)?$/.test(digits) ? digits : `"${digits}"`;
  };
}

/** JSON text of a value inside the database; `null` as text for NULL. */
export function jsonValue(expression: Sql, type: ValueType, numbers: Numbers): Sql {
  return spelling(type).json(expression, type, numbers);
}

/** The stored forms of a value with this text in an answer, in a column of no known type. */
export function storedForms(text: Sql): readonly Sql[] {
  return [text, sql`cast(${text} as numeric)`, sql`foz_unbase64(${text})`];
}

/** 1 where the value is true in an answer, 0 where it is false. */
export function truth(x: Sql): Sql {
  return sql`(case ${x} when 1 then 1 when 0 then 0 else foz_truth(${x}) end)`;
}

/** The date as `2024-02-29`, for any stored form; a text that is none stays as it is. */
export function dateValue(x: Sql): Sql {
  return sql`iif(typeof(${x}) = 'text' and octet_length(${x}) = 10 and ${x} glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]', ${x}, foz_date(${x}))`;
}

/** The time of day as `23:59:59.5`, for any stored form; a text that is none stays as it is. */
export function timeValue(x: Sql): Sql {
  return sql`iif(typeof(${x}) = 'text' and octet_length(${x}) = 8 and ${x} glob '[0-9][0-9]:[0-9][0-9]:[0-9][0-9]', ${x}, foz_time(${x}))`;
}

/** The moment in UTC as `2024-02-29T23:59:59.5`, for any stored spelling. */
export function momentValue(x: Sql): Sql {
  return sql`case when octet_length(${x}) = 19 and ${x} glob ${plainMoment} then substr(${x},1,10)||'T'||substr(${x},12) else foz_timestamp(${x}) end`;
}
