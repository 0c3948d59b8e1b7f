import type { GraphQLInputType } from 'graphql';
import {
  type Column,
  familyOf,
  type Operator,
  type Relationship,
  type ValueType,
} from '../../src/catalog/index.ts';
import { itemsOf, type Member, memberOf, membersOf } from './inputs.ts';
import { rowsOfTable } from './tables.ts';
import { compareHeld, type Held, plain, type Row, sameDocument } from './values.ts';
import { storedRow } from './visible-rows.ts';

/** SQL's logic: `null` is unknown. */
export type Truth = boolean | null;

const all = (of: readonly Truth[]): Truth => (of.includes(false) ? false : of.includes(null) ? null : true);
const any = (of: readonly Truth[]): Truth => (of.includes(true) ? true : of.includes(null) ? null : false);
const not = (of: Truth): Truth => (of === null ? null : !of);

/** Rows for which a `<table>_bool_exp` is true. */
export function filtered(rows: readonly Row[], type: GraphQLInputType, where: unknown): Row[] {
  return rows.filter((row) => passes(row, type, where) === true);
}

function passes(row: Row, type: GraphQLInputType, where: unknown): Truth {
  if (where === null || where === undefined) return true;
  if (Array.isArray(where)) return all(where.map((item) => passes(row, type, item)));
  return all(membersOf(type, where).map((member) => passesMember(row, member)));
}

function passesMember(row: Row, { meaning, value, type }: Member): Truth {
  if (value === null) return true;
  switch (meaning.kind) {
    case 'and':
    case 'some':
    case 'every':
      return passes(row, type, value);
    case 'or':
      return any(itemsOf(value).map((item) => passes(row, type, item)));
    case 'not':
    case 'none':
      return not(passes(row, type, value));
    case 'column':
      return all(
        membersOf(type, value).map((member) => compares(row[meaning.column.name]!, meaning.column, member)),
      );
    case 'relationship':
      return related(partners(row, meaning.relationship), meaning.relationship, type, value);
    case 'relationship aggregate':
      return counted(partners(row, meaning.relationship), type, value);
    default:
      throw new Error(`${meaning.kind} in a filter`);
  }
}

/** The rows that a relationship leads to from one row. */
export function partners(row: Row, { to, mapping }: Relationship): Row[] {
  const whole = storedRow(row);
  return rowsOfTable(to).filter((partner) =>
    mapping.every((pair) => {
      const [a, b] = [whole[pair.from.name]!, storedRow(partner)[pair.to.name]!];
      return a !== null && b !== null && compareHeld(pair.from.type, a, b) === 0;
    }),
  );
}

const quantifiers = new Set(['some', 'every', 'none']);

function related(
  rows: readonly Row[],
  relationship: Relationship,
  type: GraphQLInputType,
  where: unknown,
): Truth {
  const some = (of: unknown) => rows.some((row) => passes(row, type, of) === true);
  if (relationship.kind === 'object') return some(where);
  const members = membersOf(type, where);
  const entries = Object.entries(where as object);
  const plainly = Object.fromEntries(entries.filter((_, at) => !quantifiers.has(members[at]!.meaning.kind)));
  const spelled = members.filter(({ meaning, value }) => quantifiers.has(meaning.kind) && value !== null);
  const parts = spelled.map(({ meaning, value }): Truth => {
    if (meaning.kind === 'every') return !rows.some((row) => passes(row, type, value) === false);
    return meaning.kind === 'none' ? !some(value) : some(value);
  });
  return all(Object.keys(plainly).length > 0 || parts.length === 0 ? [some(plainly), ...parts] : parts);
}

function counted(rows: readonly Row[], type: GraphQLInputType, given: unknown): Truth {
  return all(
    membersOf(type, given).map(({ type: countType, value }) => {
      const members = membersOf(countType, value);
      const filter = memberOf(members, 'filter');
      const passing = filter === undefined ? rows : filtered(rows, filter.type, filter.value);
      const columns = itemsOf(memberOf(members, 'arguments')?.value) as readonly Column[];
      const count = countRows(passing, columns, memberOf(members, 'distinct')?.value === true);
      const predicate = memberOf(members, 'predicate')!;
      return all(membersOf(predicate.type, predicate.value).map((member) => compares(count, whole, member)));
    }),
  );
}

/** `count(columns, distinct)`: rows where none of the columns is NULL. */
export function countRows(rows: readonly Row[], columns: readonly Column[], distinct: boolean): number {
  const present = rows.filter((row) => columns.every((column) => row[column.name] !== null));
  if (!distinct || columns.length === 0) return present.length;
  return new Set(present.map((row) => JSON.stringify(columns.map((column) => row[column.name])))).size;
}

const whole: { readonly type: ValueType } = { type: { scalar: 'int', array: false } };

/** Compares a value with the operand of an operator. */
export function compares(held: Held, { type }: { readonly type: ValueType }, member: Member): Truth {
  if (member.meaning.kind !== 'operator') throw new Error(`${member.meaning.kind} is no operator`);
  const { operator } = member.meaning;
  if (operator === '_is_null') return (held === null) === member.value;
  if (operator === '_is_distinct_from') {
    const absent = member.value === null || member.value === undefined;
    if (held === null || absent) return (held === null) !== absent;
    return compareHeld(type, held, member.value as Held) !== 0;
  }
  // Nothing is in an empty list, not even NULL.
  if ((operator === '_in' || operator === '_nin') && itemsOf(member.value).length === 0)
    return operator === '_nin';
  return held === null ? null : decide(operator, type, held, member.value);
}

function decide(operator: Operator, type: ValueType, held: Held, value: unknown): boolean {
  const order = (other: unknown) => compareHeld(type, held, other as Held);
  if (familyOf(type.scalar) === 'json') return decideDocument(operator, plain(held), value);
  switch (operator) {
    case '_eq':
      return order(value) === 0;
    case '_neq':
      return order(value) !== 0;
    case '_gt':
      return order(value) > 0;
    case '_gte':
      return order(value) >= 0;
    case '_lt':
      return order(value) < 0;
    case '_lte':
      return order(value) <= 0;
    case '_in':
      return itemsOf(value).some((item) => order(item) === 0);
    case '_nin':
      return !itemsOf(value).some((item) => order(item) === 0);
    case '_between': {
      const [low, high] = value as [unknown, unknown];
      return order(low) >= 0 && order(high) <= 0;
    }
    default:
      return decideText(operator, String(held), String(value));
  }
}

const lower = (text: string) => text.toLowerCase();
const escaped = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

/** A LIKE pattern, whose escape character is the backslash. */
function like(pattern: string): RegExp {
  const source = pattern.replaceAll(/\\(.)|[\s\S]/gu, (found, literal?: string) => {
    if (literal !== undefined) return escaped(literal);
    return found === '%' ? '.*' : found === '_' ? '.' : escaped(found);
  });
  return new RegExp(`^${source}$`, 'su');
}

/** A pattern of SIMILAR TO: regular expressions with the wildcards of LIKE. */
function similar(pattern: string): RegExp {
  return new RegExp(
    `^(?:${pattern.replaceAll('.', '\\.').replaceAll('%', '.*').replaceAll('_', '.')})$`,
    'su',
  );
}

function decideText(operator: Operator, text: string, value: string): boolean {
  switch (operator) {
    case '_like':
      return like(value).test(text);
    case '_nlike':
      return !like(value).test(text);
    case '_ilike':
      return like(lower(value)).test(lower(text));
    case '_nilike':
      return !like(lower(value)).test(lower(text));
    case '_regex':
      return new RegExp(value, 'su').test(text);
    case '_nregex':
      return !new RegExp(value, 'su').test(text);
    case '_iregex':
      return new RegExp(value, 'siu').test(text);
    case '_niregex':
      return !new RegExp(value, 'siu').test(text);
    case '_similar':
      return similar(value).test(text);
    case '_nsimilar':
      return !similar(value).test(text);
    case '_contains':
      return text.includes(value);
    case '_icontains':
      return lower(text).includes(lower(value));
    case '_starts_with':
      return text.startsWith(value);
    case '_istarts_with':
      return lower(text).startsWith(lower(value));
    case '_ends_with':
      return text.endsWith(value);
    case '_iends_with':
      return lower(text).endsWith(lower(value));
    case '_search':
      return value.split(/\s+/).every((word) => text.split(/\W+/).includes(word));
    default:
      throw new Error(`${operator} of text`);
  }
}

function decideDocument(operator: Operator, held: unknown, value: unknown): boolean {
  const keys = Array.isArray(held) ? held.filter((item) => typeof item === 'string') : keysOf(held);
  switch (operator) {
    case '_eq':
      return sameDocument(held, value);
    case '_neq':
      return !sameDocument(held, value);
    case '_contains':
      return containsDocument(held, value);
    case '_contained_in':
      return containsDocument(value, held);
    case '_has_key':
      return keys.includes(value);
    case '_has_keys_any':
      return itemsOf(value).some((key) => keys.includes(key));
    case '_has_keys_all':
      return itemsOf(value).every((key) => keys.includes(key));
    default:
      throw new Error(`${operator} of JSON`);
  }
}

function keysOf(document: unknown): unknown[] {
  if (typeof document === 'string') return [document];
  return document !== null && typeof document === 'object' ? Object.keys(document) : [];
}

/** Containment as PostgreSQL defines it for jsonb: an array may contain a bare value only at the top. */
function containsDocument(held: unknown, value: unknown, top = true): boolean {
  if (Array.isArray(held)) {
    if (!Array.isArray(value))
      return top && (value === null || typeof value !== 'object') && held.some((item) => item === value);
    return value.every((item) => held.some((own) => containsDocument(own, item, false)));
  }
  if (held === null || typeof held !== 'object') return held === value;
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return false;
  const own = held as Record<string, unknown>;
  return Object.entries(value).every(([key, item]) => key in own && containsDocument(own[key], item, false));
}
