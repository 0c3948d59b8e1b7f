import type { Scalar, ValueType } from '../../catalog/index.ts';
import type { TextOf } from '../../plan/index.ts';
import { type Sql, sql } from '../../sql/index.ts';
import { geometryFacts, isAddress, isPadded } from './types.ts';

type Numbers = 'string' | 'number';

/** How a value of a scalar is selected: as a column of a row, and within JSON text. Both forms give the same text in an answer. */
interface ScalarOutput {
  /** The expression to select; default: the expression itself. */
  readonly flat?: (expression: Sql, type: ValueType) => Sql;
  /** Converts the server's text to canonical text; default: it is canonical. */
  readonly text?: (numbers: Numbers) => TextOf | undefined;
  /** JSON text of the value (SQL type text), NULL for NULL. */
  readonly json: (expression: Sql, type: ValueType, numbers: Numbers) => Sql;
  /** Cast of an array after which `to_json` writes its elements in canonical form. */
  readonly array: 'as is' | 'as text' | 'element by element';
}

const plain = (expression: Sql) => sql`${expression}::text`;
/**
 * The text of a value by the output function of its type. It takes no other type, at no cost per row: a column whose type has
 * changed since the catalog was read makes the statement fail, and its text is not taken for digits or a date.
 */
const by = (output: Sql) => (expression: Sql) => sql`textin(${output}(${expression}))`;
const between = (text: (expression: Sql) => Sql) => (expression: Sql) =>
  sql`('"' || ${text(expression)} || '"')`;
const toJson = (expression: Sql) => sql`to_json(${expression})::text`;
const textToJson = (expression: Sql) => sql`to_json(${expression}::text)::text`;
/** A boolean as text. CASE takes no other type, so a column whose type has changed makes the statement fail. */
const truth = (expression: Sql) =>
  sql`case when ${expression} then 'true' when not ${expression} then 'false' end`;

const isoDateTime: TextOf = (value) => (value as string).replace(' ', 'T');
/** The session runs in UTC, so the offset is always `+00`. An era may follow it. */
const isoInstant: TextOf = (value) => (value as string).replace(' ', 'T').replace('+00', '+00:00');
const fullOffset: TextOf = (value) => (value as string).replace(/[+-]\d\d$/, '$&:00');
const quoteNotFinite: TextOf = (value) =>
  /^[-\d]/.test(value as string) && !(value as string).endsWith('y') ? (value as string) : `"${value}"`;
const boolean: TextOf = (value) => (value === 't' ? 'true' : 'false');
const oneLine: TextOf = (value) => (value as string).replaceAll('\n', '');

const digits = (output: Sql): ScalarOutput => ({
  flat: by(output),
  text: (numbers) => (numbers === 'number' ? quoteNotFinite : undefined),
  json: (expression, _, numbers) =>
    numbers === 'number' ? toJson(expression) : between(by(output))(expression),
  array: 'as text',
});
const integer = (output: Sql): ScalarOutput => ({ flat: by(output), json: by(output), array: 'as is' });
const float = (output: Sql): ScalarOutput => ({
  flat: by(output),
  text: () => quoteNotFinite,
  json: toJson,
  array: 'as is',
});
const iso = (output: Sql): ScalarOutput => ({
  flat: by(output),
  json: between(by(output)),
  array: 'as text',
});
const json = (output: Sql): ScalarOutput => ({ flat: by(output), json: by(output), array: 'as is' });
const label: ScalarOutput = { flat: plain, json: textToJson, array: 'as text' };
const opaque: ScalarOutput = {
  json: (expression, type) => sql`to_json(${ownText(expression, type)})::text`,
  array: 'as text',
};

/**
 * How values of each scalar are selected. Times: trailing zeros of a fraction are dropped; years beyond 9999 have as many digits as they
 * need; years before Christ end in ` BC`; `infinity` and `-infinity` stay words. Floats and decimals that are not finite are the strings
 * `NaN`, `Infinity`, `-Infinity`.
 */
export const scalarOutputs = {
  boolean: { flat: by(sql`boolout`), text: () => boolean, json: truth, array: 'as is' },
  smallint: integer(sql`int2out`),
  int: integer(sql`int4out`),
  bigint: {
    flat: (expression, type) => by(bigintOutput(type))(expression),
    json: (expression, type, numbers) => {
      const digits = by(bigintOutput(type));
      return numbers === 'number' ? digits(expression) : between(digits)(expression);
    },
    array: 'as text',
  },
  numeric: digits(sql`numeric_out`),
  real: float(sql`float4out`),
  float: float(sql`float8out`),
  text: {
    flat: (expression, type) => (isPadded(type) ? plain(expression) : expression),
    json: textToJson,
    array: 'as text',
  },
  uuid: iso(sql`uuid_out`),
  date: iso(sql`date_out`),
  time: iso(sql`time_out`),
  timetz: {
    flat: by(sql`timetz_out`),
    text: () => fullOffset,
    json: (expression) => sql`('"' || ${offsetInFull(expression)} || '"')`,
    array: 'element by element',
  },
  timestamp: { flat: by(sql`timestamp_out`), text: () => isoDateTime, json: toJson, array: 'as is' },
  timestamptz: { flat: by(sql`timestamptz_out`), text: () => isoInstant, json: toJson, array: 'as is' },
  interval: iso(sql`interval_out`),
  json: json(sql`json_out`),
  jsonb: json(sql`jsonb_out`),
  bytea: {
    flat: (expression) => sql`encode(${expression}, 'base64')`,
    text: () => oneLine,
    json: (expression) => sql`('"' || translate(encode(${expression}, 'base64'), chr(10), '') || '"')`,
    array: 'element by element',
  },
  geometry: { flat: geoJson, json: geoJson, array: 'element by element' },
  enum: label,
  opaque,
} as const satisfies Record<Scalar, ScalarOutput>;

/** An oid, or a domain over it, has an output function of its own. */
function bigintOutput({ nativeType }: ValueType): Sql {
  return nativeType === 'oid' ? sql`oidout` : sql`int8out`;
}

function offsetInFull(expression: Sql): Sql {
  return sql`regexp_replace(${by(sql`timetz_out`)(expression)}, '([+-][0-9]{2})$', '\\1:00')`;
}

/** GeoJSON in WGS 84, as RFC 7946 requires. */
function geoJson(expression: Sql, type: ValueType): Sql {
  const { schema, geography } = geometryFacts(type);
  if (geography) return sql`${schema}st_asgeojson(${expression})`;
  const known = sql`${schema}st_srid(${expression}) in (0, 4326)`;
  return sql`${schema}st_asgeojson(case when ${known} then ${expression} else ${schema}st_transform(${expression}, 4326) end)`;
}

/** JSON text of an array, NULL for NULL. Elements have the same text as single values. */
export function arrayJson(expression: Sql, type: ValueType, numbers: Numbers): Sql {
  const facts: ScalarOutput = scalarOutputs[type.scalar];
  if (facts.array === 'as is') return toJson(expression);
  // The cast puts the word `interval` into the statement. By this word a session recognizes statements that need IntervalStyle.
  const named = sql`${expression}::interval[]`;
  if (facts.array === 'as text' && !isAddress(type))
    return numbers === 'number' && isDigits(type)
      ? toJson(expression)
      : sql`to_json(${type.scalar === 'interval' ? named : expression}::text[])::text`;
  const element = facts.json(sql`e.v`, { ...type, array: false }, numbers);
  const elements = sql`select string_agg(coalesce(${element}, 'null'), ',' order by e.i) from unnest(${expression}) with ordinality as e(v, i)`;
  return sql`case when ${expression} is not null then coalesce('[' || (${elements}) || ']', '[]') end`;
}

function isDigits(type: ValueType): boolean {
  return type.scalar === 'bigint' || type.scalar === 'numeric';
}

/** Removes the quotes around whole numbers and decimals in the JSON text of an array of digit strings. */
const bareDigits: TextOf = (value) => (value as string).replaceAll(/"(-?\d[\d.]*)"/g, '$1');

/** The text of a single value, as the server sends it to a client; NULL for NULL. */
export function ownText(expression: Sql, type: ValueType): Sql {
  // A cast to text would add the mask of a single host, which the server omits in results.
  return isAddress(type)
    ? sql`case when ${expression} is not null then format('%s', ${expression}) end`
    : plain(expression);
}

/** The expression to select for a value of `type`. */
export function flat(expression: Sql, type: ValueType): Sql {
  if (type.array) return arrayJson(expression, type, 'string');
  const facts: ScalarOutput = scalarOutputs[type.scalar];
  return facts.flat === undefined ? expression : facts.flat(expression, type);
}

/** How the wire value of `flat` becomes canonical text (arrays: JSON text). */
export function textOf(type: ValueType, numbers: Numbers = 'string'): TextOf | undefined {
  if (type.array) return isDigits(type) && numbers === 'number' ? bareDigits : undefined;
  const facts: ScalarOutput = scalarOutputs[type.scalar];
  return facts.text?.(numbers);
}

/** JSON text (SQL type text) of a value, NULL for NULL. */
export function jsonValue(expression: Sql, type: ValueType, numbers: Numbers): Sql {
  if (type.array) return arrayJson(expression, type, numbers);
  const facts: ScalarOutput = scalarOutputs[type.scalar];
  return facts.json(expression, type, numbers);
}
