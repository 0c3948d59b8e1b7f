import { familyOf, type ValueType } from '../../catalog/index.ts';
import type { Param } from '../../plan/index.ts';
import { type Sql, sql } from '../../sql/index.ts';

/** Canonical value (not null) to what mysql2 binds: text, number (floats only) or Buffer. */
export function encode(value: unknown, type: ValueType): string | number | Buffer {
  switch (familyOf(type.scalar)) {
    case 'boolean':
      return value === true ? '1' : '0';
    case 'float':
      return value as number;
    case 'bytes':
      return Buffer.from(value as string, 'base64');
    case 'json':
    case 'geometry':
      return JSON.stringify(value);
    case 'timestamp':
      return moment(String(value));
    default:
      return String(value);
  }
}

/** `2024-02-29T23:59:59.5+02:00` -> `2024-02-29 21:59:59.5`: these engines keep instants in UTC without saying so. */
function moment(text: string): string {
  const offset = /(Z|[+-]\d\d(?::?\d\d)?)$/i.exec(text.slice(10))?.[1];
  const local = (offset === undefined ? text : text.slice(0, -offset.length))
    .replace('T', ' ')
    .replace('t', ' ');
  if (offset === undefined || /^(Z|[+-]00:?(00)?)$/i.test(offset)) return local;
  const minutes =
    (offset[0] === '-' ? -1 : 1) *
    (Number(offset.slice(1, 3)) * 60 + Number(offset.slice(-2)) * (offset.length > 3 ? 1 : 0));
  const [whole, fraction] = local.split('.');
  const utc = new Date(Date.parse(`${whole!.replace(' ', 'T')}Z`) - minutes * 60_000)
    .toISOString()
    .slice(0, 19)
    .replace('T', ' ');
  return fraction === undefined ? utc : `${utc}.${fraction}`;
}

/** A placeholder for one element of a value, cast so that the engine compares and computes exactly. */
export function typed(slot: Sql, type: ValueType): Sql {
  switch (familyOf(type.scalar)) {
    case 'integer':
    case 'boolean':
      return sql`cast(${slot} as signed)`;
    case 'decimal':
      return sql`cast(${slot} as decimal(65,30))`;
    case 'geometry':
      return sql`st_geomfromgeojson(${slot})`;
    default:
      return slot;
  }
}

/** One bound value: as it is where it is written to a column, cast where it is compared or computed with. */
export function bindValue(param: Param): Sql {
  const slot = sql.bind(param, (value) =>
    value === null || value === undefined ? null : encode(value, param.type),
  );
  if (param.column !== undefined)
    return familyOf(param.type.scalar) === 'geometry' ? typed(slot, param.type) : slot;
  return typed(slot, param.type);
}

/** A bound text, changed on its way. */
export function bindText(param: Param, change: (text: string) => string = (text) => text): Sql {
  return sql.bind(param, (value) => (value === null || value === undefined ? null : change(String(value))));
}

/** Placeholders for a list: as many as its capacity, the last element repeated. */
export function bindElements(param: Param, type: ValueType, capacity: number): Sql[] {
  return Array.from({ length: capacity }, (_, index) =>
    typed(
      sql.bind(param, (value) => {
        const list = value as readonly unknown[];
        return encode(list[Math.min(index, list.length - 1)], type);
      }),
      type,
    ),
  );
}

/** The element of a tuple of a parameter of shape `keys`, the last tuple repeated. */
export function bindTuple(keys: Param, index: number): Sql[] {
  return keys.keyTypes!.map((type, column) =>
    typed(
      sql.bind(keys, (value) => {
        const tuples = value as readonly (readonly unknown[])[];
        const element = tuples[Math.min(index, tuples.length - 1)]![column];
        return element === null || element === undefined ? null : encode(element, type);
      }),
      type,
    ),
  );
}

/** Tuples as one JSON text for JSON_TABLE. Bytes go as hexadecimal digits. */
export function bindDocument(param: Param, types: readonly ValueType[]): Sql {
  return sql.bind(param, (value) =>
    JSON.stringify(
      (value as readonly unknown[]).map((entry) => {
        const tuple = Array.isArray(entry) ? entry : [entry];
        return tuple.map((element, column) => documentValue(element, types[column]));
      }),
    ),
  );
}

function documentValue(element: unknown, type: ValueType | undefined): unknown {
  if (element === null || element === undefined || type === undefined) return element ?? null;
  const encoded = encode(element, type);
  return Buffer.isBuffer(encoded) ? encoded.toString('hex') : encoded;
}
