import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  type GraphQLArgument,
  type GraphQLFieldResolver,
  type GraphQLSchema,
} from 'graphql';
import { type AggregateFunction, aggregateType, type Column, type Table } from '../../src/catalog/index.ts';
import { argumentMeaning, type FieldMeaning, fieldMeaning } from '../../src/graph/index.ts';
import { type Page, pageOf } from './connection.ts';
import { countRows, filtered, partners } from './filter.ts';
import { apply } from './functions.ts';
import { type Group, groupsOf } from './groups.ts';
import { itemsOf, type Member } from './inputs.ts';
import { sorted, termsOf, unambiguous, withDistinct } from './sort.ts';
import { rowsOfTable } from './tables.ts';
import { answered, plain, type Row } from './values.ts';
import { capped } from './visible-rows.ts';

/**
 * The answer to a query over the fixtures, computed in memory by graphql-js without plan, SQL or database. It shares only the
 * meaning of the graph's fields with the product.
 */
export async function answerOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  variables: Readonly<Record<string, unknown>>,
  operationName?: string,
): Promise<ExecutionResult> {
  const result = await execute({
    schema,
    document,
    variableValues: variables,
    operationName,
    rootValue: {},
    fieldResolver: resolve,
    typeResolver: (row) => typesFound.get(row as Row),
  });
  if (result.errors !== undefined) throw result.errors[0]!.originalError ?? result.errors[0]!;
  return result;
}

type Given = ReadonlyMap<string, Member>;

/** Coerced arguments by what they mean. */
function givenOf(definitions: readonly GraphQLArgument[], args: Readonly<Record<string, unknown>>): Given {
  return new Map(
    definitions
      .filter((definition) => definition.name in args)
      .map((definition) => {
        const { kind } = argumentMeaning(definition);
        return [kind, { meaning: { kind: 'filter' }, value: args[definition.name], type: definition.type }];
      }),
  );
}

const numberOf = (given: Given, kind: string) => (given.get(kind)?.value ?? null) as number | null;

/** The rows that pass `where`, `distinct_on`, `order_by`, `limit` and `offset`. */
function listed(table: Table, rows: readonly Row[], given: Given, cap = true): Row[] {
  const where = given.get('where');
  const order = given.get('order_by');
  const columns = itemsOf(given.get('distinct_on')?.value) as readonly Column[];
  const terms = order === undefined ? [] : termsOf(order.type, order.value);
  const passing = where === undefined ? rows : filtered(rows, where.type, where.value);
  const inOrder = sorted(passing, unambiguous(withDistinct(terms, columns), table));
  const seen = new Set<string>();
  const distinct = inOrder.filter((row) => {
    const key = JSON.stringify(columns.map((column) => row[column.name]));
    return columns.length === 0 || (!seen.has(key) && seen.add(key));
  });
  const offset = numberOf(given, 'offset') ?? 0;
  const asked = numberOf(given, 'limit');
  const limit = cap ? capped(asked, table) : asked;
  return distinct.slice(offset, limit === null ? undefined : offset + limit);
}

/** The value behind an object of the answer that is not a row. */
type Behind =
  | { readonly is: 'rows'; readonly rows: readonly Row[]; readonly table: Table | null }
  | { readonly is: 'function'; readonly fn: AggregateFunction; readonly rows: readonly Row[] }
  | { readonly is: 'group'; readonly group: Group }
  | { readonly is: 'page'; readonly page: Page }
  | { readonly is: 'edge'; readonly cursor: string; readonly row: Row };

const resolve: GraphQLFieldResolver<unknown, unknown> = (source, args, _, info) => {
  const field = info.parentType.getFields()[info.fieldName]!;
  return answer(fieldMeaning(field)!, source, givenOf(field.args, args), args, field.args);
};

function answer(
  meaning: FieldMeaning,
  source: unknown,
  given: Given,
  args: Readonly<Record<string, unknown>>,
  definitions: readonly GraphQLArgument[],
): unknown {
  switch (meaning.kind) {
    case 'namespace':
      return {};
    case 'root':
      return rootOf(meaning, given, args, definitions);
    case 'relationship': {
      const rows = partners(source as Row, meaning.relationship);
      if (meaning.relationship.kind === 'object') return rows[0] ?? null;
      return listed(meaning.relationship.to, rows, given);
    }
    case 'relationship aggregate': {
      const { relationship } = meaning;
      const { to: table } = relationship;
      return { is: 'rows', table, rows: listed(table, partners(source as Row, relationship), given, false) };
    }
    case 'column':
      return columnOf(meaning.column, source, given);
    case 'node root':
      return nodeOf(meaning, given);
    case 'node_id': {
      const values = meaning.columns.map((column) => columnOf(column, source, new Map()));
      return Buffer.from(JSON.stringify([meaning.mark, ...values])).toString('base64url');
    }
    default:
      return partOf(meaning, source as Behind, given);
  }
}

function rootOf(
  { root, table }: Extract<FieldMeaning, { kind: 'root' }>,
  given: Given,
  args: Readonly<Record<string, unknown>>,
  definitions: readonly GraphQLArgument[],
): unknown {
  const rows = rowsOfTable(table);
  switch (root) {
    case 'select':
      return listed(table, rows, given);
    case 'select_aggregate':
      return { is: 'rows', table, rows: listed(table, rows, given, false) };
    case 'select_connection':
      return { is: 'page', page: pageOf(table, rows, given) };
    case 'select_by_pk':
      return rows.find((row) =>
        definitions.every((definition) => {
          const meaning = argumentMeaning(definition);
          return (
            meaning.kind === 'key column' &&
            String(row[meaning.column.name]) === String(args[definition.name])
          );
        }),
      );
    default:
      throw new Error(`${root} is not answered here`);
  }
}

/** The types of rows that were found by their global ids. */
const typesFound = new WeakMap<Row, string>();

function nodeOf({ find }: Extract<FieldMeaning, { kind: 'node root' }>, given: Given): Row | null {
  const id = Buffer.from(String(given.get('node_id')!.value), 'base64url').toString();
  const [mark, ...values] = JSON.parse(id) as [string, ...unknown[]];
  const target = find(mark);
  const row =
    target === undefined
      ? undefined
      : rowsOfTable(target.table).find((one) =>
          target.columns.every((column, index) => String(one[column.name]) === String(values[index])),
        );
  if (row === undefined) return null;
  typesFound.set(row, target!.type.name);
  return row;
}

function columnOf(column: Column, source: unknown, given: Given): unknown {
  const behind = source as Behind;
  if (behind.is === 'function')
    return answered(aggregateType(behind.fn, column.type), apply(behind.fn, column, behind.rows));
  if (behind.is === 'group') {
    const { keys, values } = behind.group;
    return answered(column.type, values[keys.findIndex((key) => key.column === column)]!);
  }
  const held = (source as Row)[column.name]!;
  const path = given.get('path')?.value as string | null | undefined;
  return path === null || path === undefined ? answered(column.type, held) : at(plain(held), path);
}

/** `$.blade.cm`, `b[0]`, `objs.[0].k`, `["a b"]`, `['a b']`; a backslash in quotes takes the next character as it is. */
function at(value: unknown, path: string): unknown {
  const steps = path.replace(/^\$/, '').matchAll(/\["((?:[^"\\]|\\.)*)"\]|\['((?:[^'\\]|\\.)*)'\]|[^.[\]]+/g);
  const names = [...steps].map(([step, double, single]) => {
    if (double !== undefined) return JSON.parse(`"${double}"`) as string;
    return single === undefined ? step : single.replace(/\\(.)/g, '$1');
  });
  return names.reduce<unknown>(
    (inner, name) => (inner as Record<string, unknown> | null | undefined)?.[name] ?? null,
    value,
  );
}

function partOf(meaning: FieldMeaning, behind: Behind, given: Given): unknown {
  const rows = behind.is === 'rows' ? behind.rows : behind.is === 'group' ? behind.group.rows : [];
  switch (meaning.kind) {
    case 'aggregate':
      return { is: 'rows', rows, table: null };
    case 'nodes':
      if (behind.is === 'page') return behind.page.rows;
      return rows.slice(0, capBehind(behind) ?? undefined);
    case 'count':
      return countRows(
        rows,
        itemsOf(given.get('columns')?.value) as readonly Column[],
        given.get('distinct')?.value === true,
      );
    case 'function':
      return { is: 'function', fn: meaning.fn, rows };
    case 'group_by':
      return groupsOf(rows, {
        keys: given.get('keys')!,
        having: given.get('having'),
        orderBy: given.get('order_by'),
        limit: least(numberOf(given, 'limit'), capBehind(behind)),
        offset: numberOf(given, 'offset') ?? 0,
      }).map((group) => ({ is: 'group', group }));
    case 'group_key':
      return behind;
    default:
      return pagePart(meaning, behind);
  }
}

/** The role's row limit for the rows of an aggregate. */
function capBehind(behind: Behind): number | null {
  return behind.is === 'rows' && behind.table !== null ? capped(null, behind.table) : null;
}

function least(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other);
}

function pagePart({ kind }: FieldMeaning, behind: Behind): unknown {
  if (behind.is === 'edge') return kind === 'cursor' ? behind.cursor : behind.row;
  if (behind.is !== 'page') throw new Error(`${kind} of ${behind.is}`);
  const { page } = behind;
  switch (kind) {
    case 'edges':
      return page.rows.map((row, index) => ({ is: 'edge', row, cursor: page.cursors[index]! }));
    case 'total_count':
      return page.total;
    case 'page_info':
      return behind;
    case 'has_next_page':
      return page.hasNext;
    case 'has_previous_page':
      return page.hasPrevious;
    case 'start_cursor':
      return page.cursors[0] ?? null;
    case 'end_cursor':
      return page.cursors.at(-1) ?? null;
    default:
      throw new Error(`${kind} of a connection`);
  }
}
