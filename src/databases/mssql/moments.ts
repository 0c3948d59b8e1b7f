import type { ValueType } from '../../catalog/index.ts';
import type { Param } from '../../plan/index.ts';
import { type Sql, sql } from '../../sql/index.ts';
import { rangeOf, shownMoment } from './coarse.ts';
import { encode } from './encode.ts';
import { nativeOf } from './types.ts';
import { bound } from './values.ts';

export type ComparisonSign = '=' | '>' | '>=' | '<' | '<=';

const signs: Readonly<Record<ComparisonSign, Sql>> = {
  '=': sql`=`,
  '>': sql`>`,
  '>=': sql`>=`,
  '<': sql`<`,
  '<=': sql`<=`,
};

/** The spelling of a sign. */
export const signOf = (sign: ComparisonSign): Sql => signs[sign];

/**
 * A relation of a `datetime` or `smalldatetime` column and any moment. The first condition finds at least these rows by the index: the moment as
 * the column would hold it, rounded and within its range.
 */
export function coarseRelation(column: Sql, type: ValueType, sign: ComparisonSign, param: Param): Sql {
  const { least, most } = rangeOf(type);
  const nearest = bound(param, (value) => {
    const moment = encode(value, type);
    if (moment < least) return least;
    if (moment > most) return most;
    return moment;
  });
  const held = sql`cast(cast(${nearest} as datetime2(7)) as ${sql.nativeType(nativeOf(type).name)})`;
  const about = sign === '=' ? '=' : sign.startsWith('>') ? '>=' : '<=';
  return sql`${column} ${signs[about]} ${held} and ${shownMoment(column, type)} ${signs[sign]} ${givenMoment(param, type)}`;
}

/** The moment as it was given. */
export function givenMoment(param: Param, type: ValueType): Sql {
  return sql`cast(${bound(param, (value) => encode(value, type))} as datetime2(7))`;
}
