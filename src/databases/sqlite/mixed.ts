import { familyOf, type Operator, type ValueType } from '../../catalog/index.ts';
import type { Param } from '../../plan/index.ts';
import { type Sql, sql, type TypedColumn } from '../../sql/index.ts';
import { storableText } from './encode.ts';
import { plainUuid } from './engine/canonical.js';
import { hasForms } from './forms.ts';
import { dayCeiling, dayFloor, exactOrText, isMoment } from './moments.ts';
import { dateValue, momentValue, timeValue } from './values.ts';

/** Whether the column stores its values in several forms (see forms.ts), so that they are compared in canonical form. */
export const isMixed = ({ nativeType = '' }: ValueType): boolean =>
  nativeType.endsWith('mixed') || nativeType === 'uuid forms';

/** A value in canonical form, for comparisons byte by byte; text that is no value of the type stays as it is. */
export function canonicalForm(x: Sql, type: ValueType): Sql {
  switch (familyOf(type.scalar)) {
    case 'date':
      return dateValue(x);
    case 'time':
      return timeValue(x);
    case 'uuid':
      return sql`foz_uuid(${x})`;
    case 'text':
    case 'enum':
      return sql`cast(${x} as text)`;
    default:
      return momentValue(x);
  }
}

/** The stored forms of a UUID but those that mix upper and lower case, from the SQL of its canonical text. */
export function uuidForms(canonical: Sql): readonly Sql[] {
  const digits = sql`replace(${canonical}, '-', '')`;
  return [canonical, sql`upper(${canonical})`, digits, sql`upper(${digits})`, sql`unhex(${digits})`];
}

/** Whether columns of two types store equal values in different forms. */
export function differentForms(type: ValueType, beside: ValueType | undefined): boolean {
  return beside !== undefined && (isMixed(beside) || formOf(type) !== formOf(beside));
}

/** The form of a column; `plain`: values are stored as they are shown. */
function formOf({ scalar, nativeType = '' }: ValueType): string {
  const family = familyOf(scalar);
  if (!hasForms(scalar) || (nativeType === '' && family !== 'timestamp')) return 'plain';
  return `${family} ${nativeType}`;
}

/** See Dialect.joinEquals. */
export function joinForms(to: TypedColumn, from: TypedColumn): Sql | null {
  if (!isMixed(to.type) && !differentForms(to.type, from.type)) return null;
  const key = shownForm(from);
  const equal = sql`${shownForm(to)} = ${key}`;
  const isIndexed = to.type.scalar === 'uuid' && to.type.nativeType !== 'mixed';
  return isIndexed ? sql`(${to.expression} in (${sql.join(uuidForms(key))}) and ${equal})` : equal;
}

const shownForm = ({ expression, type }: TypedColumn) =>
  hasForms(type.scalar) || isMixed(type) ? canonicalForm(expression, type) : expression;

type Compared = Extract<Operator, '_eq' | '_neq' | '_gt' | '_gte' | '_lt' | '_lte' | '_is_distinct_from'>;

const operators: Readonly<Record<Compared, Sql>> = {
  _eq: sql`=`,
  _neq: sql`<>`,
  _gt: sql`>`,
  _gte: sql`>=`,
  _lt: sql`<`,
  _lte: sql`<=`,
  _is_distinct_from: sql`is not`,
};

export const isMixedOperator = (operator: Operator): operator is Compared =>
  Object.hasOwn(operators, operator);

/** A column operator over a mixed column. An index on the column finds candidates, then their canonical form decides. */
export function compareMixed(x: Sql, type: ValueType, operator: Compared, param: Param): Sql {
  const value = bindCanonical(param, type);
  const decided = sql`${canonicalForm(x, type)} ${operators[operator]} ${value}`;
  const candidates = candidatesOf(x, type, operator, param);
  return candidates === null ? decided : sql`(${candidates} and ${decided})`;
}

/**
 * A condition that an index can serve, for all rows that may satisfy the operator; `null`: there is none. In an index, SQLite sorts numbers
 * before texts, and texts before bytes, so those of another storage class than text are always candidates. A stored text of a moment
 * sorts within a day of its canonical form.
 */
function candidatesOf(x: Sql, type: ValueType, operator: Compared, param: Param): Sql | null {
  const value = bindCanonical(param, type);
  // Bytes are shown as the text that they spell.
  if (familyOf(type.scalar) === 'text')
    return operator === '_eq' ? sql`${x} in (${value}, cast(${value} as blob))` : null;
  if (familyOf(type.scalar) === 'uuid') {
    if (operator !== '_eq' || type.nativeType !== 'uuid forms') return null;
    return sql`${x} in (${sql.join(uuidForms(bindCanonical(param, type)))})`;
  }
  const floor = bounded(param, type, 'floor');
  const ceiling = bounded(param, type, 'ceiling');
  switch (operator) {
    case '_eq':
      return sql`((${x} >= ${floor} and ${x} <= ${ceiling}) or ${x} < '' or ${x} >= x'')`;
    case '_gt':
    case '_gte':
      return sql`(${x} >= ${floor} or ${x} < '')`;
    case '_lt':
    case '_lte':
      return sql`(${x} <= ${ceiling} or ${x} >= x'')`;
    default:
      return null;
  }
}

/** The value in canonical form, as a bound text. */
export function bindCanonical(param: Param, type: ValueType): Sql {
  return sql.bind(param, (value) => (value === null ? null : canonicalText(value, type)));
}

/** A text that is no moment of the calendar, such as `infinity`, stays as it is: the column may hold it. */
export function canonicalText(value: unknown, type: ValueType): string {
  const text = storableText(value);
  switch (familyOf(type.scalar)) {
    case 'uuid':
      return plainUuid(text);
    case 'timestamp':
      return exactOrText(text);
    default:
      return text;
  }
}

const bounds = { floor: '', ceiling: '\u{10ffff}' } as const;

function bounded(param: Param, type: ValueType, side: keyof typeof bounds): Sql {
  return sql.bind(param, (value) => (value === null ? null : boundOf(storableText(value), type, side)));
}

/** A text that is not after, or not before, any stored text of values beyond the given one. */
function boundOf(text: string, type: ValueType, side: keyof typeof bounds): string {
  if (familyOf(type.scalar) === 'time') {
    if (!/^\d\d:\d\d/.test(text)) return bounds[side];
    return side === 'floor' ? text.slice(0, 5) : `${text.slice(0, 5)}~`;
  }
  const moment = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00` : text;
  if (!isMoment(moment)) return bounds[side];
  // With the widest offset, a moment is shown on the day before or after the one it is stored with.
  const instant: ValueType = { scalar: 'timestamptz', array: false };
  return side === 'floor' ? dayFloor(moment, instant) : dayCeiling(moment, instant);
}
