import type { GraphQLInputType } from 'graphql';
import { aggregateType, type Bucket, type Column, type ValueType } from '../../src/catalog/index.ts';
import { compares, countRows, type Truth } from './filter.ts';
import { apply } from './functions.ts';
import { itemsOf, type Member, memberOf, membersOf } from './inputs.ts';
import { type Direction, measureTerms, sorted, type Term } from './sort.ts';
import type { Held, Row } from './values.ts';

/** One group of rows, with the values that they share. */
export interface Group {
  readonly keys: readonly { readonly column: Column; readonly bucket: Bucket | null }[];
  readonly values: readonly Held[];
  readonly rows: readonly Row[];
}

/** The arguments of `group_by`, each with its type. */
export interface GroupArguments {
  readonly keys: Member;
  readonly having: Member | undefined;
  readonly orderBy: Member | undefined;
  readonly limit: number | null;
  readonly offset: number;
}

/** The groups of `group_by` that pass `having`, in order; the keys break ties. */
export function groupsOf(rows: readonly Row[], args: GroupArguments): Group[] {
  const keys = itemsOf(args.keys.value).map((item) => {
    const members = membersOf(args.keys.type, item);
    return {
      column: memberOf(members, 'key')!.value as Column,
      bucket: (memberOf(members, 'bucket')?.value ?? null) as Bucket | null,
    };
  });
  const groups = new Map<string, { values: Held[]; rows: Row[] }>();
  for (const row of rows) {
    const values = keys.map(({ column, bucket }) => truncated(row[column.name]!, bucket));
    const name = JSON.stringify(values);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, { values, rows: [row] });
    else group.rows.push(row);
  }
  const all = [...groups.values()].map((group): Group => ({ keys, ...group }));
  const passing = all.filter(
    (group) => args.having === undefined || has(group, args.having.type, args.having.value) === true,
  );
  const given = args.orderBy === undefined ? [] : orderOf(args.orderBy, keys);
  const byKeys = keys.map((key, at) => keyTerm(key.column.type, at, { descending: false, nulls: 'last' }));
  const end = args.limit === null ? undefined : args.offset + args.limit;
  return sorted(passing, [...given, ...byKeys]).slice(args.offset, end);
}

function keyTerm(type: ValueType, at: number, direction: Direction): Term<Group> {
  return { ...direction, type, of: (group) => group.values[at]!, column: null };
}

function orderOf({ type, value }: Member, keys: Group['keys']): Term<Group>[] {
  return itemsOf(value).flatMap((item) =>
    membersOf(type, item).flatMap((member): Term<Group>[] => {
      if (member.value === null) return [];
      if (member.meaning.kind !== 'group_key') {
        const one = Object.fromEntries(
          Object.entries(item as object).filter(([, given]) => given === member.value),
        );
        return measureTerms(type, one).map((term) => ({ ...term, of: (group) => term.of(group.rows) }));
      }
      return membersOf(member.type, member.value).flatMap((entry) => {
        if (entry.meaning.kind !== 'column' || entry.value === null) return [];
        const { column } = entry.meaning;
        const at = keys.findIndex((key) => key.column === column);
        return [keyTerm(column.type, at, entry.value as Direction)];
      });
    }),
  );
}

function has(group: Group, type: GraphQLInputType, having: unknown): Truth {
  if (having === null || having === undefined) return true;
  const truths = membersOf(type, having).map((member): Truth => {
    const { meaning, value } = member;
    if (value === null) return true;
    if (meaning.kind === 'and') return every(itemsOf(value).map((item) => has(group, member.type, item)));
    if (meaning.kind === 'or') return some(itemsOf(value).map((item) => has(group, member.type, item)));
    if (meaning.kind === 'not') {
      const inner = has(group, member.type, value);
      return inner === null ? null : !inner;
    }
    if (meaning.kind === 'count')
      return every(
        membersOf(member.type, value).map((operator) =>
          compares(countRows(group.rows, [], false), { type: { scalar: 'int', array: false } }, operator),
        ),
      );
    if (meaning.kind !== 'function') throw new Error(`${meaning.kind} in having`);
    const { fn } = meaning;
    return every(
      membersOf(member.type, value).flatMap((entry) => {
        if (entry.meaning.kind !== 'column') throw new Error('a column is needed');
        const { column } = entry.meaning;
        const held = apply(fn, column, group.rows);
        const type = aggregateType(fn, column.type);
        return membersOf(entry.type, entry.value).map((operator) => compares(held, { type }, operator));
      }),
    );
  });
  return every(truths);
}

const every = (of: readonly Truth[]): Truth => (of.includes(false) ? false : of.includes(null) ? null : true);
const some = (of: readonly Truth[]): Truth => (of.includes(true) ? true : of.includes(null) ? null : false);

/** Truncates a date or timestamp to its year, month, ... */
function truncated(value: Held, bucket: Bucket | null): Held {
  if (value === null || bucket === null) return value;
  const [, year, month, day, hour = '00', minute = '00', offset = ''] =
    /^(\d+)-(\d+)-(\d+)(?:T(\d+):(\d+)[^+]*)?(\+00:00)?$/.exec(String(value))!;
  const monday = () => {
    const date = new Date(`${year}-${month}-${day}T00:00:00Z`);
    date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
    return date.toISOString().slice(0, 10);
  };
  const quarter = String(Math.floor((Number(month) - 1) / 3) * 3 + 1).padStart(2, '0');
  const days = {
    year: () => `${year}-01-01`,
    quarter: () => `${year}-${quarter}-01`,
    month: () => `${year}-${month}-01`,
    week: monday,
  };
  const date = bucket in days ? days[bucket as keyof typeof days]() : `${year}-${month}-${day}`;
  if (!String(value).includes('T')) return date;
  const time =
    bucket === 'hour' ? `${hour}:00:00` : bucket === 'minute' ? `${hour}:${minute}:00` : '00:00:00';
  return `${date}T${time}${offset}`;
}
