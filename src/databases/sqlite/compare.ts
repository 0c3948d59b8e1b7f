import { familyOf, type Operator, type ValueType } from '../../catalog/index.ts';
import { jsonText } from '../../core/index.ts';
import type { Param } from '../../plan/index.ts';
import { type Sql, sql } from '../../sql/index.ts';
import { encodings, storableText, written } from './encode.ts';
import { hasForms } from './forms.ts';
import { bindCanonical, canonicalForm, compareMixed, isMixed, isMixedOperator } from './mixed.ts';
import { dayCeiling, dayFloor, exactMoment, momentStorage } from './moments.ts';
import { globOfEnd, globOfLike, globOfStart, lower, shortGlob } from './patterns.ts';
import { bytesDocument, momentValue, opaqueText, storedForms, truth } from './values.ts';

type Compared = Exclude<Operator, '_is_null' | '_between' | '_in' | '_nin'>;
type Condition = (x: Sql, param: Param, type: ValueType) => Sql;

/** One bound value, typed where no column gives it an affinity. */
export function bindValue(param: Param): Sql {
  if (param.column === undefined && isMixed(param.type)) return bindCanonical(param, param.type);
  if (holdsNul(param)) return sql`cast(${sql.bind(param, (value) => Buffer.from(String(value)))} as text)`;
  const bound = sql.bind(param, (value) => (value === null ? null : written(value, param)));
  return param.type.scalar === 'numeric' ? sql`cast(${bound} as numeric)` : bound;
}

/** Whether a parameter may be a stored text with NUL, from a cursor. The driver cuts a text at its first NUL, but not bytes. */
function holdsNul({ type, source, stored }: Param): boolean {
  return (
    type.scalar === 'text' &&
    stored === true &&
    source.kind === 'constant' &&
    String(source.value).includes('\0')
  );
}

const bind = (param: Param, encode: (value: unknown) => unknown) =>
  sql.bind(param, (value) => (value === null ? null : encode(value)));
const glob = (param: Param, encode: (value: unknown) => string) =>
  bind(param, (value) => shortGlob(encode(value)));
const as = (encode: (text: string) => unknown) => (value: unknown) => encode(storableText(value));

const plain: Partial<Record<Compared, Condition>> = {
  _eq: (x, p) => sql`${x} = ${bindValue(p)}`,
  _neq: (x, p) => sql`${x} <> ${bindValue(p)}`,
  _gt: (x, p) => sql`${x} > ${bindValue(p)}`,
  _gte: (x, p) => sql`${x} >= ${bindValue(p)}`,
  _lt: (x, p) => sql`${x} < ${bindValue(p)}`,
  _lte: (x, p) => sql`${x} <= ${bindValue(p)}`,
  _is_distinct_from: (x, p) => sql`${x} is not ${bindValue(p)}`,
};

/** LIKE ignores case in SQLite; GLOB does not, and can use an index where the pattern begins with letters. */
const matching: Partial<Record<Compared, Condition>> = {
  _like: (x, p) => sql`${x} glob ${glob(p, globOfLike)}`,
  _nlike: (x, p) => sql`${x} not glob ${glob(p, globOfLike)}`,
  _ilike: (x, p) => sql`foz_lower(${x}) glob ${glob(p, (v) => lower(globOfLike(v)))}`,
  _nilike: (x, p) => sql`foz_lower(${x}) not glob ${glob(p, (v) => lower(globOfLike(v)))}`,
  _contains: (x, p) => sql`instr(${x}, ${bind(p, storableText)}) > 0`,
  _icontains: (x, p) => sql`instr(foz_lower(${x}), ${bind(p, as(lower))}) > 0`,
  _starts_with: (x, p) => sql`${x} glob ${glob(p, globOfStart)}`,
  _istarts_with: (x, p) => sql`foz_lower(${x}) glob ${glob(p, (v) => globOfStart(lower(storableText(v))))}`,
  _ends_with: (x, p) => sql`${x} glob ${glob(p, globOfEnd)}`,
  _iends_with: (x, p) => sql`foz_lower(${x}) glob ${glob(p, (v) => globOfEnd(lower(storableText(v))))}`,
  _regex: (x, p) => sql`foz_regex(${x}, ${bind(p, storableText)}, 0)`,
  _nregex: (x, p) => sql`not foz_regex(${x}, ${bind(p, storableText)}, 0)`,
  _iregex: (x, p) => sql`foz_regex(${x}, ${bind(p, storableText)}, 1)`,
  _niregex: (x, p) => sql`not foz_regex(${x}, ${bind(p, storableText)}, 1)`,
};

/** JSON documents are compared by meaning, not by spelling. */
const documentText = (x: Sql) => sql`iif(typeof(${x}) = 'blob', ${bytesDocument(x)}, ${x})`;
const documentParam = (p: Param) => bind(p, jsonText);
const keys = (p: Param) => bind(p, (value) => JSON.stringify(Array.isArray(value) ? value : [value]));
const documents: Partial<Record<Compared, Condition>> = {
  _eq: (x, p) => sql`foz_doc_canonical(${documentText(x)}) = foz_doc_canonical(${documentParam(p)})`,
  _neq: (x, p) => sql`foz_doc_canonical(${documentText(x)}) <> foz_doc_canonical(${documentParam(p)})`,
  _contains: (x, p) => sql`foz_doc_contains(${documentText(x)}, ${documentParam(p)})`,
  _contained_in: (x, p) => sql`foz_doc_contains(${documentParam(p)}, ${documentText(x)})`,
  _has_key: (x, p) => sql`foz_doc_has(${documentText(x)}, ${keys(p)}, 1)`,
  _has_keys_any: (x, p) => sql`foz_doc_has(${documentText(x)}, ${keys(p)}, 0)`,
  _has_keys_all: (x, p) => sql`foz_doc_has(${documentText(x)}, ${keys(p)}, 1)`,
};

/** A boolean parameter. The index finds all stored forms of a boolean, also numbers other than 0 and 1, and words. */
const truthParam = (p: Param) => bind(p, (value) => encodings.boolean(value));
const booleans: Partial<Record<Compared, Condition>> = {
  _eq: (x, p) => {
    const is = sql`${truth(x)} = ${truthParam(p)}`;
    const odd = [sql`${x} < 0`, sql`${x} > 1`, sql`${x} > 0 and ${x} < 1`].map(
      (range) => sql`(${range} and ${is})`,
    );
    return sql`(${sql.join([sql`${x} = ${truthParam(p)}`, ...odd], sql` or `)})`;
  },
  _neq: (x, p) => sql`${truth(x)} <> ${truthParam(p)}`,
  _gt: (x, p) => sql`${truth(x)} > ${truthParam(p)}`,
  _gte: (x, p) => sql`${truth(x)} >= ${truthParam(p)}`,
  _lt: (x, p) => sql`${truth(x)} < ${truthParam(p)}`,
  _lte: (x, p) => sql`${truth(x)} <= ${truthParam(p)}`,
  _is_distinct_from: (x, p) => sql`${truth(x)} is not ${truthParam(p)}`,
};

/** A parameter for a column of no known type. Its value may be stored as text, number or bytes: an index finds each form, then the text decides. */
const opaqueParam = (p: Param) => bind(p, storableText);
const opaques: Partial<Record<Compared, Condition>> = {
  _eq: (x, p) =>
    sql`(${x} in (${sql.join(storedForms(opaqueParam(p)))}) and ${opaqueText(x)} = ${opaqueParam(p)})`,
  _neq: (x, p) => sql`${opaqueText(x)} <> ${opaqueParam(p)}`,
  _is_distinct_from: (x, p) => sql`${opaqueText(x)} is not ${opaqueParam(p)}`,
};

/**
 * Moments stored as text may have several spellings. The bounds of the day find candidates in an index, which are then compared in
 * canonical form.
 */
const floor = (p: Param) => bind(p, (value) => dayFloor(value, p.type));
const ceiling = (p: Param) => bind(p, (value) => dayCeiling(value, p.type));
const exact = (p: Param) => bind(p, exactMoment);
const moments: Partial<Record<Compared, Condition>> = {
  _eq: (x, p) => sql`(${x} >= ${floor(p)} and ${x} <= ${ceiling(p)} and ${momentValue(x)} = ${exact(p)})`,
  _neq: (x, p) => sql`${momentValue(x)} <> ${exact(p)}`,
  _gt: (x, p) => sql`(${x} >= ${floor(p)} and (${x} > ${ceiling(p)} or ${momentValue(x)} > ${exact(p)}))`,
  _gte: (x, p) => sql`(${x} >= ${floor(p)} and (${x} > ${ceiling(p)} or ${momentValue(x)} >= ${exact(p)}))`,
  _lt: (x, p) => sql`(${x} <= ${ceiling(p)} and (${x} < ${floor(p)} or ${momentValue(x)} < ${exact(p)}))`,
  _lte: (x, p) => sql`(${x} <= ${ceiling(p)} and (${x} < ${floor(p)} or ${momentValue(x)} <= ${exact(p)}))`,
  _is_distinct_from: (x, p) => sql`${momentValue(x)} is not ${exact(p)}`,
};

function conditions(type: ValueType): Partial<Record<Compared, Condition>> {
  switch (familyOf(type.scalar)) {
    case 'text':
      return { ...plain, ...matching };
    case 'json':
      return documents;
    case 'boolean':
      return booleans;
    case 'opaque':
      return opaques;
    case 'timestamp':
      return momentStorage(type).kind === 'text' ? moments : plain;
    default:
      return plain;
  }
}

/** A column operator; the operators of a family that SQLite lacks are not among the capabilities. */
export function compareValue(x: Sql, type: ValueType, operator: Compared, param: Param): Sql {
  const mixed = isMixed(type);
  if (mixed && isMixedOperator(operator)) return compareMixed(x, type, operator, param);
  const condition = conditions(type)[operator];
  if (condition === undefined) throw new TypeError(`${operator} does not exist for ${type.scalar} on SQLite`);
  const matched = mixed && familyOf(type.scalar) === 'text' ? canonicalForm(x, type) : x;
  return condition(matched, { ...param, type: { ...param.type, ...storageOf(type) } }, type);
}

/** The storage of a column. It determines the form of a bound value, not the type of the operand. */
function storageOf(type: ValueType): Partial<ValueType> {
  return hasForms(type.scalar) ? { scalar: type.scalar, nativeType: type.nativeType } : {};
}
