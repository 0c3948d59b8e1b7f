import type { ValueType } from '../../catalog/index.ts';
import { FozError, jsonText } from '../../core/index.ts';
import type { Param } from '../../plan/index.ts';
import { type Sql, sql } from '../../sql/index.ts';
import { castType, elementType, geometryFacts } from './types.ts';

/** Canonical value (not null) to the text that PostgreSQL reads. Throws FozError `data-exception` for text that is not Unicode. */
export function encode(value: unknown, type: ValueType): string {
  return type.array ? arrayText(value as readonly unknown[], type) : encodeOne(value, type);
}

function encodeOne(value: unknown, { scalar }: ValueType): string {
  switch (scalar) {
    case 'json':
    case 'jsonb':
    case 'geometry':
      return jsonText(value);
    case 'bytea':
      return `\\x${Buffer.from(value as string, 'base64').toString('hex')}`;
    case 'text':
    case 'enum':
    case 'opaque':
      return wellFormed(String(value));
    default:
      return Object.is(value, -0) ? '-0' : String(value);
  }
}

/** Throws for half of a surrogate pair, which would be stored as another character. */
function wellFormed(text: string): string {
  if (/\p{Surrogate}/u.test(text))
    throw new FozError(
      'data-exception',
      'A text holds half of a surrogate pair, which is not Unicode: send whole characters.',
    );
  return text;
}

/** `{1,NULL,"a b"}`; nested lists become further dimensions. */
export function arrayText(values: readonly unknown[], type: ValueType): string {
  const element: ValueType = { ...type, array: false };
  const items = values.map((value) => {
    if (value === null || value === undefined) return 'NULL';
    if (Array.isArray(value) && !isDocument(type)) return arrayText(value, type);
    return `"${encodeOne(value, element).replaceAll(/["\\]/g, '\\$&')}"`;
  });
  return `{${items.join(',')}}`;
}

function isDocument({ scalar }: ValueType): boolean {
  return scalar === 'json' || scalar === 'jsonb' || scalar === 'geometry';
}

/** A placeholder with its type. `encodeValue` converts a canonical value (not null) to text. */
export function bound(param: Param, type: Sql, encodeValue: (value: unknown) => string): Sql {
  const slot = sql.bind(
    param,
    (value) => (value === null || value === undefined ? null : encodeValue(value)),
    type,
  );
  return sql`${slot}::${type}`;
}

/** One bound value of `type`. */
export function bindValue(param: Param, type: ValueType): Sql {
  if (type.scalar === 'geometry') return bindGeometry(param, type);
  return bound(param, castType(type), (value) => encode(value, type));
}

function bindGeometry(param: Param, type: ValueType): Sql {
  const { schema, geography, srid } = geometryFacts(type);
  const read = (text: Sql) => {
    const geometry = sql`${schema}st_geomfromgeojson(${text})`;
    const placed = srid === null ? geometry : sql`${schema}st_transform(${geometry}, ${sql.integer(srid)})`;
    return geography ? sql`${placed}::${schema}geography` : placed;
  };
  if (!type.array) return read(bound(param, sql`text`, (value) => encode(value, type)));
  const texts = bound(param, sql`text[]`, (value) => encode(value, type));
  return sql`(select array_agg(${read(sql`e.v`)} order by e.i) from unnest(${texts}) with ordinality as e(v, i))`;
}

/** A bound list of values of `type`, as an array. */
export function bindList(param: Param, type: ValueType): Sql {
  return bound(param, sql`${elementType(type)}[]`, (value) => arrayText(value as readonly unknown[], type));
}

/** A bound list of texts, as an array. */
export function bindTexts(param: Param): Sql {
  return bindList(param, { scalar: 'text', array: false });
}

/** One bound text. */
export function bindText(param: Param, change: (text: string) => string = (text) => text): Sql {
  return bound(param, sql`text`, (value) => wellFormed(change(String(value))));
}

/** The values of one column of a parameter of shape `keys`, as an array whose elements `element` names. */
export function bindKeys(keys: Param, column: number, type: ValueType, element: Sql): Sql {
  return bound(keys, sql`${element}[]`, (value) =>
    arrayText(
      tuples(value).map((tuple) => tuple[column]),
      type,
    ),
  );
}

/** The ranks of a parameter of shape `ranks`: the element after the key in each tuple. */
export function bindRanks(ranks: Param): Sql {
  const column = ranks.keyTypes?.length ?? 0;
  return bound(ranks, sql`int8[]`, (value) =>
    arrayText(
      tuples(value).map((tuple) => tuple[column]),
      { scalar: 'bigint', array: false },
    ),
  );
}

function tuples(value: unknown): readonly (readonly unknown[])[] {
  return value as readonly (readonly unknown[])[];
}
