/**
 * The JSON form of a scalar's values.
 * - `bare`: unquoted (numbers, booleans, JSON)
 * - `digits`: quoted, or unquoted where the source is configured with `numbers: number`
 * - `quoted`: in quotes, without need for escapes (dates, uuid, base64)
 * - `escaped`: any text
 */
export type JsonForm = 'bare' | 'digits' | 'quoted' | 'escaped';

/** Groups of scalars that share operators, aggregates and checks. */
export type ScalarFamily =
  | 'boolean'
  | 'integer'
  | 'decimal'
  | 'float'
  | 'text'
  | 'uuid'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'interval'
  | 'json'
  | 'bytes'
  | 'geometry'
  | 'enum'
  | 'opaque';

interface ScalarFacts {
  readonly family: ScalarFamily;
  readonly form: JsonForm;
  /** GraphQL name under `naming: hasura-default`. */
  readonly name: string;
  /** GraphQL name under `naming: graphql-default`. */
  readonly graphqlDefault: string;
  readonly description: string;
}

const facts = (
  family: ScalarFamily,
  form: JsonForm,
  name: string,
  graphqlDefault: string,
  description: string,
): ScalarFacts => ({ family, form, name, graphqlDefault, description });

/** Every value type of Foz. An engine maps its native types onto these, unknown ones onto `text` or `opaque`. */
export const scalars = {
  boolean: facts('boolean', 'bare', 'Boolean', 'Boolean', 'true or false'),
  smallint: facts('integer', 'bare', 'smallint', 'SmallInt', 'Whole number, 16 bits.'),
  int: facts('integer', 'bare', 'Int', 'Int', 'Whole number, 32 bits.'),
  bigint: facts(
    'integer',
    'digits',
    'bigint',
    'BigInt',
    'Whole number, 64 bits; a string in JSON, so that no digit is lost.',
  ),
  numeric: facts(
    'decimal',
    'digits',
    'numeric',
    'Decimal',
    'Exact decimal number; a string in JSON, so that no digit is lost.',
  ),
  real: facts('float', 'bare', 'real', 'Real', 'Floating point number, 32 bits.'),
  float: facts('float', 'bare', 'float8', 'Float8', 'Floating point number, 64 bits.'),
  text: facts('text', 'escaped', 'String', 'String', 'Text'),
  uuid: facts('uuid', 'quoted', 'uuid', 'UUID', 'UUID, lower case with hyphens.'),
  date: facts('date', 'quoted', 'date', 'Date', 'Calendar date, `2024-02-29`.'),
  time: facts('time', 'quoted', 'time', 'Time', 'Time of day, `23:59:59.5`.'),
  timetz: facts('time', 'quoted', 'timetz', 'TimeTZ', 'Time of day with offset, `23:59:59+02:00`.'),
  timestamp: facts(
    'timestamp',
    'quoted',
    'timestamp',
    'LocalDateTime',
    'Date and time without offset, `2024-02-29T23:59:59.5`.',
  ),
  timestamptz: facts(
    'timestamp',
    'quoted',
    'timestamptz',
    'DateTime',
    'Instant, given in UTC: `2024-02-29T23:59:59+00:00`.',
  ),
  interval: facts('interval', 'quoted', 'interval', 'Interval', 'ISO 8601 duration, `P1DT2H`.'),
  json: facts('json', 'bare', 'json', 'JSON', 'Any JSON value, spelled as it was stored.'),
  jsonb: facts('json', 'bare', 'jsonb', 'JSON', 'Any JSON value.'),
  bytea: facts('bytes', 'quoted', 'bytea', 'Bytes', 'Bytes as base64.'),
  geometry: facts('geometry', 'bare', 'geometry', 'GeoJSON', 'GeoJSON geometry (RFC 7946).'),
  enum: facts(
    'enum',
    'escaped',
    'String',
    'String',
    'One of a closed list; each list is a GraphQL enum of its own.',
  ),
  /** Native types in their text form: ranges, composites, network addresses, types that Foz does not know. */
  opaque: facts('opaque', 'escaped', 'String', 'String', 'The text form of a native type.'),
} as const satisfies Record<string, ScalarFacts>;

export type Scalar = keyof typeof scalars;

/** The family of a scalar. */
export function familyOf(scalar: Scalar): ScalarFamily {
  return scalars[scalar].family;
}

/** The type of a value: a scalar, or an array of it. */
export interface ValueType {
  readonly scalar: Scalar;
  readonly array: boolean;
  /** The native type name for casts, where the engine needs one (`"public"."mood"`, `numeric(12,2)`). */
  readonly nativeType?: string;
  /** Digits after the point, for decimals and fractional seconds. */
  readonly scale?: number | null;
  /** Values with different canonical forms may be equal in the database, for example under a case-insensitive collation. */
  readonly lenient?: true;
  /** A domain that the database compares only after a cast to `nativeType`. */
  readonly domain?: true;
  /** The collation, quoted as needed, where it is not the default and the database compares texts of one collation only. */
  readonly collation?: string;
  /** The column may hold texts that are no values of the scalar. */
  readonly loose?: true;
  /** The labels of an enum whose column may hold them in other spellings, which its collation takes for equal. Fields show the labels. */
  readonly respelled?: readonly string[];
  /** For `opaque`: the comparisons that the database supports. Absent: their texts are compared. */
  readonly compares?: NativeComparison | undefined;
}

/** The comparisons of a native type: none, equality only, or equality and order. */
export type NativeComparison = 'none' | 'equality' | 'order';
