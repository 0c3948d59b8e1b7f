import {
  type GraphQLInputField,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  getNamedType,
} from 'graphql';
import type { Column, Table } from '../../src/catalog/index.ts';
import { inputMeaning } from '../../src/graph/index.ts';
import { canOrder, type Draft } from './operations.ts';
import { ascending, type Term } from './sort.ts';
import type { Row } from './values.ts';

const directions = [
  'asc',
  'desc',
  'asc_nulls_first',
  'asc_nulls_last',
  'desc_nulls_first',
  'desc_nulls_last',
];
const fieldsOf = (type: GraphQLInputType) =>
  Object.values((getNamedType(type) as GraphQLInputObjectType).getFields());
const columnOf = (field: GraphQLInputField) => {
  const meaning = inputMeaning(field);
  return meaning.kind === 'column' ? meaning.column : null;
};

/** A random unambiguous `order_by` that begins with the given columns. */
export function order(
  draft: Draft,
  type: GraphQLInputType,
  table: Table,
  leading: readonly Column[],
  depth: number,
): string {
  const { dice } = draft;
  const fields = fieldsOf(type);
  const nameOf = (column: Column) => fields.find((field) => columnOf(field) === column)!.name;
  const first = leading.map((column) => `{ ${nameOf(column)}: ${dice.pick(directions)} }`);
  const free = fields.filter((field) => {
    const column = columnOf(field);
    return column === null || (canOrder(table, column) && !leading.includes(column));
  });
  const chosen = dice.some(free, 0, 2);
  const middle = chosen.flatMap((field) => {
    const text = term(draft, field, depth);
    return text === null ? [] : [`{ ${field.name}: ${text} }`];
  });
  const rest = (
    table.primaryKey?.columns ??
    table.columns.filter((column) => canOrder(table, column) || table.name === 'visits')
  )
    .filter((column) => !leading.includes(column) && !chosen.some((field) => columnOf(field) === column))
    .map((column) => `{ ${nameOf(column)}: asc }`);
  return `[${[...first, ...middle, ...rest].join(', ')}]`;
}

function term(draft: Draft, field: GraphQLInputField, depth: number): string | null {
  const meaning = inputMeaning(field);
  const { dice } = draft;
  if (meaning.kind === 'relationship aggregate') return measure(draft, field.type, meaning.relationship.to);
  if (meaning.kind !== 'relationship') return dice.pick(directions);
  if (depth > 3) return null;
  const { to } = meaning.relationship;
  const candidates = fieldsOf(field.type).filter((entry) => {
    const column = columnOf(entry);
    return column === null || canOrder(to, column);
  });
  if (candidates.length === 0) return null;
  const inner = dice.pick(candidates);
  const text = term(draft, inner, depth + 1);
  return text === null ? null : `{ ${inner.name}: ${text} }`;
}

/** `count`, or a function whose value is the same on every engine to the last digit. */
function measure(draft: Draft, type: GraphQLInputType, table: Table): string | null {
  const { dice } = draft;
  const fields = fieldsOf(type).filter((field) => {
    const meaning = inputMeaning(field);
    return (
      meaning.kind === 'count' || (meaning.kind === 'function' && ['min', 'max', 'sum'].includes(meaning.fn))
    );
  });
  const field = dice.pick(fields);
  if (inputMeaning(field).kind === 'count') return `{ ${field.name}: ${dice.pick(directions)} }`;
  const columns = fieldsOf(field.type).filter((entry) => {
    const column = columnOf(entry)!;
    return canOrder(table, column) && !['real', 'float'].includes(column.type.scalar);
  });
  if (columns.length === 0) return null;
  return `{ ${field.name}: { ${dice.pick(columns).name}: ${dice.pick(directions)} } }`;
}

/** A random `order_by` of groups; the keys break ties. */
export function groupOrder(
  draft: Draft,
  type: GraphQLInputType,
  table: Table,
  keys: readonly Column[],
): string {
  const { dice } = draft;
  const key = fieldsOf(type).find((field) => inputMeaning(field).kind === 'group_key');
  if (key === undefined || dice.chance(50)) return measure(draft, type, table) ?? '{ count: desc }';
  const entry = fieldsOf(key.type).find((field) => columnOf(field) === dice.pick(keys));
  return entry === undefined
    ? '{ count: asc }'
    : `{ ${key.name}: { ${entry.name}: ${dice.pick(directions)} } }`;
}

/** A random `order_by` of the table's own columns that ends with its key, as text and as terms. */
export function ownOrder(
  draft: Draft,
  type: GraphQLInputType,
  table: Table,
): { text: string; terms: Term<Row>[] } {
  const { dice } = draft;
  const fields = fieldsOf(type);
  const free = fields.flatMap((field) => {
    const column = columnOf(field);
    return column !== null && canOrder(table, column) ? [{ name: field.name, column }] : [];
  });
  const chosen = dice.some(free, 0, 2);
  const key = table.primaryKey!.columns.filter((column) => !chosen.some((entry) => entry.column === column));
  const entries = [
    ...chosen.map((entry) => ({ ...entry, direction: dice.pick(directions) })),
    ...key.map((column) => ({
      name: fields.find((field) => columnOf(field) === column)!.name,
      column,
      direction: dice.pick(['asc', 'desc']),
    })),
  ];
  return {
    text: `[${entries.map(({ name, direction }) => `{ ${name}: ${direction} }`).join(', ')}]`,
    terms: entries.map(({ column, direction }) => {
      const descending = direction.startsWith('desc');
      const first = direction.includes('nulls') ? direction.endsWith('first') : descending;
      return { ...ascending(column), descending, nulls: first ? 'first' : 'last' };
    }),
  };
}
