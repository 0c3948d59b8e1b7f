import { type Column, familyOf, type Scalar, type ScalarFamily } from '../../catalog/index.ts';
import type { Param } from '../model/param.ts';
import type { Predicate } from '../model/predicate.ts';

/** Reads the values in a cursor or a global id (base64url of a JSON list); `undefined`: the text is neither. */
export function readValues(text: string): readonly unknown[] | undefined {
  try {
    const values: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    return Array.isArray(values) ? values : undefined;
  } catch {
    return undefined;
  }
}

const spellings: Readonly<Partial<Record<ScalarFamily, RegExp>>> = {
  integer: /^-?\d{1,19}$/,
  decimal: /^(?:-?\d+(?:\.\d+)?|NaN|-?Infinity)$/,
  date: /^(?:\d{4,}-\d\d-\d\d(?: BC)?|-?infinity)$/,
  time: /^-?\d{2,3}:\d\d:\d\d(?:\.\d+)?(?:[+-]\d\d:\d\d(?::\d\d)?)?$/,
  timestamp: /^(?:\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:\+00:00)?(?: BC)?|-?infinity)$/,
  uuid: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
};

/** Whether the column can hold the value. */
export function fitsColumn(value: unknown, { type, enumType }: Column): boolean {
  if (value === null) return true;
  const family = familyOf(type.scalar);
  if (family === 'boolean') return typeof value === 'boolean';
  if (family === 'float') return typeof value === 'number' || /^(?:NaN|-?Infinity)$/.test(String(value));
  if (family === 'integer' && type.scalar !== 'bigint') return inRange(value, type.scalar);
  if (typeof value !== 'string') return false;
  if (enumType !== null && type.respelled === undefined)
    return enumType.values.some((entry) => entry.value === value);
  return type.loose === true || (spellings[family]?.test(value) ?? true);
}

function inRange(value: unknown, scalar: Scalar): boolean {
  const limit = scalar === 'smallint' ? 2 ** 15 : 2 ** 31;
  return Number.isInteger(value) && (value as number) >= -limit && (value as number) < limit;
}

/** A value of a cursor or a global id as a bound parameter. */
export function valueParam(column: Column, value: unknown, path: string): Param {
  return { type: column.type, shape: 'value', source: { kind: 'constant', value }, path };
}

/** The condition that the column equals a value of a cursor or a global id. */
export function equals(column: Column, param: Param): Predicate {
  if (param.source.kind === 'constant' && param.source.value === null)
    return { kind: 'is null', column, negated: false };
  return { kind: 'compare', column, op: '_eq', value: param };
}
