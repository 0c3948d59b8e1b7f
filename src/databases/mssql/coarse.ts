import type { ValueType } from '../../catalog/index.ts';
import { type Sql, sql } from '../../sql/index.ts';
import { nativeOf } from './types.ts';

/*
 * `datetime` holds three hundredths of a second (.000, .003, .007) of the years from 1753 on, `smalldatetime` minutes from 1900 to 2079. A given
 * moment that is cast to them is rounded, or fails outside of their range (error 242). So columns are compared as the moments that fields show.
 */

interface Coarse {
  readonly least: string;
  readonly most: string;
  /** The digits behind the minute that the type holds. */
  readonly grain: RegExp;
}

const coarse: Readonly<Record<string, Coarse>> = {
  datetime: {
    least: '1753-01-01T00:00:00',
    most: '9999-12-31T23:59:59.997',
    grain: /:\d\d(?:\.(?:\d\d[037]|\d\d?)?0*)?$/,
  },
  smalldatetime: { least: '1900-01-01T00:00:00', most: '2079-06-06T23:59:00', grain: /:00(?:\.0*)?$/ },
};

const coarseOf = (type: ValueType): Coarse | undefined => {
  const { name } = nativeOf(type);
  return Object.hasOwn(coarse, name) ? coarse[name] : undefined;
};

export function isCoarse(type: ValueType): boolean {
  return coarseOf(type) !== undefined;
}

/** Whether a column of the type can hold the moment as it is; of other types: yes. */
export function isOnGrain(moment: string, type: ValueType): boolean {
  const found = coarseOf(type);
  return found === undefined || (found.grain.test(moment) && moment >= found.least && moment <= found.most);
}

/** The column as the moment that fields show. As `datetime2(7)` a `datetime` would be .0033333, which is compared by all its digits. */
export function shownMoment(column: Sql, type: ValueType): Sql {
  return isCoarse(type) ? sql`cast(${column} as datetime2(3))` : column;
}

/** The least and the greatest moment of the type. */
export function rangeOf(type: ValueType): Pick<Coarse, 'least' | 'most'> {
  return coarseOf(type)!;
}
