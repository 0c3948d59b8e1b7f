import {
  type GraphQLArgument,
  type GraphQLEnumType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isEnumType,
  isListType,
} from 'graphql';
import { aggregates, type Column, type Table } from '../../src/catalog/index.ts';
import { argumentMeaning, type FieldMeaning, fieldMeaning } from '../../src/graph/index.ts';
import { conditions, havingOf } from './conditions.ts';
import { cursorOf } from './connection.ts';
import { Dice } from './dice.ts';
import { groupOrder, order, ownOrder } from './orders.ts';
import { exceedsDoubles, ordersAlike, sample } from './samples.ts';
import { rowsOfTable } from './tables.ts';

/** An operation, and two sets of values for its variables. */
export interface Operation {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly others: Readonly<Record<string, unknown>>;
}

/** An operation under construction: its dice, and the variables declared so far. */
export class Draft {
  readonly dice: Dice;
  readonly #variables: { readonly type: string; readonly values: readonly [unknown, unknown] }[] = [];

  constructor(seed: number) {
    this.dice = new Dice(seed);
  }

  /** A value as a literal, or as a variable. */
  value(type: GraphQLInputType, make: () => unknown, literal = true): string {
    if (literal && !this.dice.chance(30)) return spelled(type, make());
    this.#variables.push({ type: String(type), values: [make(), make()] });
    return `$v${this.#variables.length - 1}`;
  }

  finish(selection: string): Operation {
    const list = this.#variables.map(({ type }, at) => `$v${at}: ${type}`).join(', ');
    const set = (which: 0 | 1) =>
      Object.fromEntries(this.#variables.map(({ values }, at) => [`v${at}`, values[which]]));
    return {
      query: `query${list === '' ? '' : `(${list})`} { ${selection} }`,
      variables: set(0),
      others: set(1),
    };
  }
}

/** A JSON value as a GraphQL literal. */
function spelled(type: GraphQLInputType, value: unknown): string {
  const bare = getNullableType(type);
  if (value === null) return 'null';
  if (isListType(bare) && Array.isArray(value))
    return `[${value.map((item) => spelled(bare.ofType, item)).join(', ')}]`;
  return isEnumType(getNamedType(type)) ? String(value) : JSON.stringify(value);
}

type Field = GraphQLField<unknown, unknown>;
const meant = (type: GraphQLObjectType) =>
  Object.values(type.getFields()).map((field): [Field, FieldMeaning] => [field, fieldMeaning(field)!]);
const typeOf = (field: Field) => getNamedType(field.type) as GraphQLObjectType;

const readable = new Set(['select', 'select_aggregate', 'select_by_pk', 'select_connection']);

/** The n-th random query over a graph. */
export function operation(schema: GraphQLSchema, seed: number): Operation {
  const draft = new Draft(seed);
  const roots = meant(schema.getQueryType()!).filter(
    ([, meaning]) => meaning.kind === 'root' && readable.has(meaning.root),
  );
  const chosen = draft.dice.some(roots, 1, 2);
  return draft.finish(
    chosen.map(([field, meaning], at) => `r${at}: ${root(draft, field, meaning)}`).join(' '),
  );
}

function root(draft: Draft, field: Field, meaning: FieldMeaning): string {
  if (meaning.kind !== 'root') throw new Error('a root field is needed');
  const { table } = meaning;
  if (meaning.root === 'select_connection') return `${field.name}${connection(draft, field, table)}`;
  if (meaning.root !== 'select_by_pk')
    return `${field.name}${listOf(draft, field, table, meaning.root === 'select_aggregate')}`;
  const keys = field.args.map((arg) => {
    const key = argumentMeaning(arg);
    if (key.kind !== 'key column') throw new Error('a key column is needed');
    return `${arg.name}: ${draft.value(arg.type, () => sample(draft.dice, table, key.column))}`;
  });
  return `${field.name}(${keys.join(', ')}) ${row(draft, typeOf(field), 0)}`;
}

/** A page of a connection, sorted by the table's own columns; the cursor is that of an existing row. */
function connection(draft: Draft, field: Field, table: Table): string {
  const { dice } = draft;
  const typeOfArgument = (kind: string) => field.args.find((arg) => argumentMeaning(arg).kind === kind)!.type;
  const sorting = ownOrder(draft, typeOfArgument('order_by'), table);
  const given = [`order_by: ${sorting.text}`];
  if (dice.chance(40)) given.push(`where: ${conditions(draft, typeOfArgument('where'), table, 1)}`);
  if (dice.chance(80)) given.push(`${dice.pick(['first', 'last'])}: ${dice.whole(5)}`);
  const cursor = () => cursorOf(sorting.terms, dice.pick(rowsOfTable(table)));
  if (dice.chance(60))
    given.push(`${dice.pick(['after', 'before'])}: ${draft.value(typeOfArgument('after'), cursor)}`);
  const type = (getNamedType(field.type) as GraphQLObjectType).getFields();
  const node = row(draft, getNamedType(type.nodes!.type) as GraphQLObjectType, 2);
  const total = type.totalCount === undefined ? '' : 'totalCount ';
  return `(${given.join(', ')}) { edges { cursor node ${node} } nodes ${node} ${total}pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }`;
}

/** Arguments and selection of a list or of an aggregate. */
function listOf(draft: Draft, field: Field, table: Table, aggregate: boolean, depth = 0): string {
  const args = rowsArguments(draft, field.args, table, depth);
  const selection = aggregate
    ? aggregateOf(draft, typeOf(field), table, depth)
    : row(draft, typeOf(field), depth);
  return `${args} ${selection}`;
}

/** `where`, an unambiguous `order_by`, and sometimes `limit`, `offset` and `distinct_on`. */
function rowsArguments(draft: Draft, args: readonly GraphQLArgument[], table: Table, depth: number): string {
  const { dice } = draft;
  const typeOfArgument = (kind: string) => args.find((arg) => argumentMeaning(arg).kind === kind)?.type;
  const given: string[] = [];
  if (dice.chance(60)) given.push(`where: ${conditions(draft, typeOfArgument('where')!, table, depth)}`);
  const distinct = dice.chance(15)
    ? dice.some(
        (getNamedType(typeOfArgument('distinct_on')!) as GraphQLEnumType)
          .getValues()
          .filter(({ value }) => canOrder(table, value as Column)),
        1,
        2,
      )
    : [];
  if (distinct.length > 0) given.push(`distinct_on: [${distinct.map(({ name }) => name).join(', ')}]`);
  const leading = distinct.map(({ value }) => value as Column);
  given.push(`order_by: ${order(draft, typeOfArgument('order_by')!, table, leading, depth)}`);
  // Large limits are bound as parameters, small ones are literals of the statement.
  const count = (given: number) => (given === 6 ? 33 : given);
  const int = (below: number) => draft.value(typeOfArgument('limit')!, () => count(dice.whole(below)));
  if (dice.chance(40)) given.push(`limit: ${int(7)}`);
  if (dice.chance(20)) given.push(`offset: ${int(4)}`);
  return `(${given.join(', ')})`;
}

/** Whether a column can be ordered and all engines order it alike (MariaDB orders UUIDs differently). */
export function canOrder(table: Table, column: Column): boolean {
  return (
    !['json', 'jsonb', 'bytea', 'geometry', 'opaque', 'uuid'].includes(column.type.scalar) &&
    ordersAlike(table, column)
  );
}

function row(draft: Draft, type: GraphQLObjectType, depth: number): string {
  const { dice } = draft;
  const fields = meant(type);
  const columns = dice.some(
    fields.filter(([, meaning]) => meaning.kind === 'column'),
    1,
    5,
  );
  const leading = fields.filter(([, meaning]) => meaning.kind.startsWith('relationship'));
  const nested = depth >= 3 ? [] : dice.some(leading, 0, depth === 0 ? 3 : 2);
  const parts = [...columns, ...nested].map(([field, meaning], at) => {
    if (meaning.kind === 'relationship aggregate')
      return `f${at}: ${field.name}${listOf(draft, field, meaning.relationship.to, true, depth + 1)}`;
    if (meaning.kind !== 'relationship') return field.name;
    const { to, kind } = meaning.relationship;
    if (kind === 'object') return `f${at}: ${field.name} ${row(draft, typeOf(field), depth + 1)}`;
    return `f${at}: ${field.name}${listOf(draft, field, to, false, depth + 1)}`;
  });
  return `{ ${parts.join(' ')} }`;
}

function aggregateOf(draft: Draft, type: GraphQLObjectType, table: Table, depth: number): string {
  const parts = draft.dice.some(meant(type), 1, 3).map(([field, { kind }]) => {
    if (kind === 'nodes') return `${field.name} ${row(draft, typeOf(field), Math.max(depth, 2))}`;
    if (kind === 'aggregate') return `${field.name} ${items(draft, typeOf(field), table)}`;
    return `${field.name}${groups(draft, field, table)}`;
  });
  return `{ ${parts.join(' ')} }`;
}

/** `{ count(columns: [...]) sum { a b } }` */
function items(draft: Draft, type: GraphQLObjectType, table: Table): string {
  const { dice } = draft;
  const parts = dice.some(meant(type), 1, 4).flatMap(([field, meaning]) => {
    if (meaning.kind === 'function') {
      const floating = aggregates[meaning.fn].result === 'float';
      const columns = meant(typeOf(field)).filter(
        ([, inner]) =>
          inner.kind === 'column' &&
          canOrder(table, inner.column) &&
          !(floating && exceedsDoubles(table, inner.column)),
      );
      if (columns.length === 0) return [];
      const chosen = dice.some(columns, 1, 3).map(([column]) => column.name);
      return [`${field.name} { ${chosen.join(' ')} }`];
    }
    if (dice.chance(50)) return [field.name];
    const enumType = getNamedType(field.args[0]!.type) as GraphQLEnumType;
    const chosen = dice.some(
      enumType.getValues().filter(({ value }) => canOrder(table, value as Column)),
      1,
      2,
    );
    return [
      `${field.name}(columns: [${chosen.map(({ name }) => name).join(', ')}], distinct: ${dice.chance(50)})`,
    ];
  });
  return `{ ${[...parts, '__typename'].join(' ')} }`;
}

/** `(keys: [...], having, order_by, limit) { group_key { ... } aggregate { ... } }` */
function groups(draft: Draft, field: Field, table: Table): string {
  const { dice } = draft;
  const group = typeOf(field);
  const parts = meant(group);
  const [keyField] = parts.find(([, { kind }]) => kind === 'group_key')!;
  const [aggregateField] = parts.find(([, { kind }]) => kind === 'aggregate')!;
  const keys = dice.some(
    meant(typeOf(keyField)).filter(
      ([, meaning]) => meaning.kind === 'column' && canOrder(table, meaning.column),
    ),
    1,
    2,
  );
  const typeOfArgument = (kind: string) => field.args.find((arg) => argumentMeaning(arg).kind === kind)!.type;
  const columnOf = (meaning: FieldMeaning) => (meaning as { column: Column }).column;
  const keyValues = (getNamedType(keyColumnType(typeOfArgument('keys'))) as GraphQLEnumType).getValues();
  const spelledKeys = keys.map(([, meaning]) => {
    const column = columnOf(meaning);
    const { name } = keyValues.find(({ value }) => value === column)!;
    const dated = ['date', 'timestamp', 'timestamptz'].includes(column.type.scalar) && dice.chance(70);
    const units = column.type.scalar === 'date' ? buckets.slice(0, 5) : buckets;
    return `{ column: ${name}${dated ? `, bucket: ${dice.pick(units)}` : ''} }`;
  });
  const given = [`keys: [${spelledKeys.join(', ')}]`];
  if (dice.chance(30)) given.push(`having: ${havingOf(draft, typeOfArgument('having'), table)}`);
  if (dice.chance(40)) {
    const leading = keys.map(([, meaning]) => columnOf(meaning));
    given.push(`order_by: ${groupOrder(draft, typeOfArgument('order_by'), table, leading)}`);
  }
  if (dice.chance(40)) given.push(`limit: ${1 + dice.whole(4)}`);
  if (dice.chance(20)) given.push(`offset: ${dice.whole(3)}`);
  const names = keys.map(([key]) => key.name).join(' ');
  return `(${given.join(', ')}) { ${keyField.name} { ${names} } ${aggregateField.name} ${items(draft, typeOf(aggregateField), table)} }`;
}

const buckets = ['year', 'quarter', 'month', 'week', 'day', 'hour', 'minute'];

function keyColumnType(type: GraphQLInputType): GraphQLInputType {
  const input = getNamedType(type) as unknown as { getFields(): Record<string, { type: GraphQLInputType }> };
  return input.getFields().column!.type;
}
