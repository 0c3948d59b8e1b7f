import type { Scalar, ValueType } from '../../catalog/index.ts';
import { type Sql, sql } from '../../sql/index.ts';

/** The type of each scalar in a cast, where the catalog has no native type. */
const castTypes = {
  boolean: sql`bool`,
  smallint: sql`int2`,
  int: sql`int4`,
  bigint: sql`int8`,
  numeric: sql`numeric`,
  real: sql`float4`,
  float: sql`float8`,
  text: sql`text`,
  uuid: sql`uuid`,
  date: sql`date`,
  time: sql`time`,
  timetz: sql`timetz`,
  timestamp: sql`timestamp`,
  timestamptz: sql`timestamptz`,
  interval: sql`interval`,
  json: sql`json`,
  jsonb: sql`jsonb`,
  bytea: sql`bytea`,
  geometry: sql`geometry`,
  enum: sql`text`,
  opaque: sql`text`,
} as const satisfies Record<Scalar, Sql>;

/** The type of one element of `type`, as a cast spells it. */
export function elementType(type: ValueType): Sql {
  return type.nativeType === undefined ? castTypes[type.scalar] : sql.nativeType(type.nativeType);
}

/** The type of a value of `type`, as a cast spells it. */
export function castType(type: ValueType): Sql {
  return type.array ? sql`${elementType(type)}[]` : elementType(type);
}

/** A column as its type's own operators take it. */
export function comparedBySelf(expression: Sql, type: ValueType): Sql {
  return type.domain === true && !type.array ? sql`${expression}::${elementType(type)}` : expression;
}

/** Whether the type is blank-padded. Trailing blanks are insignificant, so Foz drops them. */
export function isPadded(type: ValueType): boolean {
  return type.nativeType === 'bpchar';
}

/** Whether the type is `hstore`, whose order has operators of other names than `<`. */
export function isHstore(type: ValueType): boolean {
  return type.nativeType?.endsWith('."hstore"') ?? false;
}

/** Whether the type is the address of a host or a network. */
export function isAddress(type: ValueType): boolean {
  return type.nativeType === '"pg_catalog"."inet"';
}

/**
 * Namespace of the PostGIS functions that belong to a geometry type (with its dot, `"public".`), whether the type is
 * `geography`, and its SRID where the type fixes one other than WGS 84.
 */
export function geometryFacts(type: ValueType): { schema: Sql; geography: boolean; srid: number | null } {
  const native = type.nativeType ?? 'geometry';
  const found = /^((?:"(?:[^"]|"")*"\.)?)"?(geometry|geography)"?(?:\([^,)]*,?\s*(\d*)\))?$/i.exec(native);
  const srid = Number(found?.[3] || 4326);
  return {
    schema: found?.[1] ? sql.nativeType(found[1]) : sql.empty,
    geography: found?.[2]?.toLowerCase() === 'geography',
    srid: srid === 4326 || srid === 0 ? null : srid,
  };
}
