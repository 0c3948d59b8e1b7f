import { type GraphQLSchema, getNamedType, isListType, isNonNullType, isObjectType } from 'graphql';
import type { Compared, FoundChange, GraphChange } from './change.ts';
import { exists, subject } from './subject.ts';

/**
 * Groups changes by their cause. A column is a field of its table's type, and it is also part of filters, orders, inputs and
 * aggregates. The changes of these parts follow from the change of the field, and get its name in `follows`.
 */
export function followed(changes: readonly FoundChange[], { before, after }: Compared): GraphChange[] {
  const rows = [...new Set([...rowTypes(before), ...rowTypes(after)])];
  const ofRow = (type: string) =>
    rows.reduce<string | null>(
      (best, row) => (type.startsWith(row) && row.length > (best?.length ?? 0) ? row : best),
      null,
    );
  const heads = new Map<string, string>();
  for (const { subject: about, change } of changes)
    if (about.argument === null && rows.includes(about.type))
      heads.set(keyOf(change, about.type, about.member), about.what);
  const roots = new Set([...rootNames(before), ...rootNames(after)]);
  const headOf = ({ subject: about, change }: FoundChange): string | null => {
    const row = roots.has(about.type) ? null : ofRow(about.type);
    const leadsTo = row === null ? (fieldTypeIn(before, about) ?? fieldTypeIn(after, about)) : null;
    const isRoot = leadsTo !== null;
    const table = isRoot ? ofRow(leadsTo) : row;
    if (table === null) return null;
    const whole = heads.get(keyOf(change, table, null));
    if (whole !== undefined) return whole;
    if (isRoot || about.member === null) return null;
    return (
      ofAggregate(heads, change, table, about.member) ?? heads.get(keyOf(change, table, about.member)) ?? null
    );
  };
  // The filters of a scalar belong to no table. They disappear with the last column of the scalar, so they follow from the first
  // change of a column.
  const leftOver = new Map(changes.map(({ change }) => [change, firstOf(heads, change)]));
  return changes.map((one) => {
    const { subject: about, ...fields } = one;
    const isType = about.member === null && !rows.includes(about.type);
    const head = headOf(one) ?? (isType ? leftOver.get(one.change)! : null);
    return { ...fields, what: about.what, follows: head === about.what ? null : head };
  });
}

function firstOf(heads: ReadonlyMap<string, string>, change: GraphChange['change']): string | null {
  for (const [key, what] of heads) if (key.startsWith(`${change} `)) return what;
  const [first] = heads.values();
  return first ?? null;
}

function rootNames(schema: GraphQLSchema): string[] {
  return [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap(
    (type) => type?.name ?? [],
  );
}

/** `orders_aggregate` follows from `orders`. */
function ofAggregate(
  heads: ReadonlyMap<string, string>,
  change: GraphChange['change'],
  table: string,
  member: string,
): string | null {
  const name = plain(member);
  return name.endsWith('aggregate') ? (heads.get(`${change} ${table} ${name.slice(0, -9)}`) ?? null) : null;
}

/** The key of a change in `heads`: its kind, its type, and its member unless the type itself has changed. */
function keyOf(change: GraphChange['change'], type: string, member: string | null): string {
  return member === null ? `${change} ${type}` : `${change} ${type} ${plain(member)}`;
}

/** The conventions spell the values of enums and the fields differently. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll('_', '');
}

function fieldTypeIn(schema: GraphQLSchema, about: FoundChange['subject']): string | null {
  if (about.member === null || !exists(schema, subject(about.type, about.member))) return null;
  const type = schema.getType(about.type);
  return isObjectType(type) ? getNamedType(type.getFields()[about.member]!.type).name : null;
}

/** The types of rows: those of which root fields return lists, also within a namespace. */
function rowTypes(schema: GraphQLSchema): string[] {
  const listed = (fields: Readonly<Record<string, { readonly type: unknown }>>, deep: boolean): string[] =>
    Object.values(fields).flatMap(({ type }) => {
      const inner = isNonNullType(type) ? type.ofType : type;
      if (isListType(inner)) return [getNamedType(inner).name];
      return deep && isObjectType(inner) && !('nodes' in inner.getFields()) && !('edges' in inner.getFields())
        ? listed(inner.getFields(), false)
        : [];
    });
  return listed(schema.getQueryType()?.getFields() ?? {}, true);
}
