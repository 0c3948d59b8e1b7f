import {
  type GraphQLEnumType,
  type GraphQLInputField,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  GraphQLInt,
  getNamedType,
  isEnumType,
} from 'graphql';
import {
  aggregateType,
  type Column,
  familyOf,
  type Operator,
  operators,
  type Table,
} from '../../src/catalog/index.ts';
import { inputMeaning } from '../../src/graph/index.ts';
import type { Draft } from './operations.ts';
import { document, documentKey, fragment, ordersAlike, sample } from './samples.ts';
import { rowsOfTable } from './tables.ts';

const fieldsOf = (type: GraphQLInputType) =>
  Object.values((getNamedType(type) as GraphQLInputObjectType).getFields());

/** A random `<table>_bool_exp`. */
export function conditions(draft: Draft, type: GraphQLInputType, table: Table, depth: number): string {
  const fields = fieldsOf(type).filter(
    (field) => depth < 3 || ['column', 'not'].includes(inputMeaning(field).kind),
  );
  const columns = fields.filter((field) => inputMeaning(field).kind === 'column');
  const others = fields.filter((field) => !columns.includes(field));
  const chosen = [
    ...draft.dice.some(columns, 0, 2),
    ...(draft.dice.chance(60) ? draft.dice.some(others, 1, 1) : []),
  ];
  return `{ ${chosen.map((field) => `${field.name}: ${condition(draft, field, table, depth)}`).join(', ')} }`;
}

function condition(draft: Draft, field: GraphQLInputField, table: Table, depth: number): string {
  const meaning = inputMeaning(field);
  const { dice } = draft;
  const below = (type: GraphQLInputType, to: Table) => conditions(draft, type, to, depth + 1);
  switch (meaning.kind) {
    case 'and':
    case 'or':
      return `[${Array.from({ length: dice.whole(3) }, () => below(field.type, table)).join(', ')}]`;
    case 'column':
      return comparison(draft, field.type, table, meaning.column);
    case 'relationship': {
      const { to, kind } = meaning.relationship;
      if (kind === 'object' || dice.chance(50)) return below(field.type, to);
      return `{ ${dice.pick(['_some', '_every', '_none'])}: ${below(field.type, to)} }`;
    }
    case 'relationship aggregate':
      return `{ count: ${countCondition(draft, fieldsOf(field.type)[0]!.type, meaning.relationship.to, depth)} }`;
    default:
      return below(field.type, table);
  }
}

function countCondition(draft: Draft, type: GraphQLInputType, table: Table, depth: number): string {
  const { dice } = draft;
  const fields = fieldsOf(type);
  const part = (kind: string) => fields.find((field) => inputMeaning(field).kind === kind)!;
  const operator = dice.pick(['_eq', '_neq', '_gt', '_gte', '_lt', '_lte']);
  const given = [`predicate: { ${operator}: ${draft.value(GraphQLInt, () => dice.whole(4))} }`];
  if (dice.chance(40)) given.push(`filter: ${conditions(draft, part('filter').type, table, depth + 1)}`);
  if (dice.chance(30)) {
    const columns = (getNamedType(part('arguments').type) as GraphQLEnumType)
      .getValues()
      .filter(({ value }) => !['json', 'jsonb'].includes((value as Column).type.scalar));
    given.push(`arguments: [${dice.pick(columns).name}], distinct: ${dice.chance(50)}`);
  }
  return `{ ${given.join(', ')} }`;
}

/** Operators whose operand is not a value of the column. */
const unlike = new Set<Operator>(['_regex', '_nregex', '_iregex', '_niregex', '_similar', '_nsimilar']);
const ordering = new Set<Operator>(['_gt', '_gte', '_lt', '_lte', '_between']);

function comparison(draft: Draft, type: GraphQLInputType, table: Table, column: Column): string {
  const { dice } = draft;
  const fields = fieldsOf(type).filter((field) => {
    const { operator } = inputMeaning(field) as { operator: Operator };
    return operator !== '_search' && (!ordering.has(operator) || ordersAlike(table, column));
  });
  const chosen = dice.some(fields, 1, dice.chance(20) ? 2 : 1);
  return `{ ${chosen.map((field) => `${field.name}: ${operand(draft, field, table, column)}`).join(', ')} }`;
}

function operand(draft: Draft, field: GraphQLInputField, table: Table, column: Column): string {
  const { dice } = draft;
  const { operator } = inputMeaning(field) as { operator: Operator };
  const json = familyOf(column.type.scalar) === 'json';
  const one = () => named(field.type, json ? document(dice, table, column) : sample(dice, table, column));
  const piece = () => fragment(dice, table, column);
  if (operator === '_is_null') return draft.value(field.type, () => dice.chance(50));
  if (operator === '_between') return draft.value(field.type, () => [one(), one()], false);
  if (operator === '_has_key') return draft.value(field.type, () => documentKey(dice, table, column));
  if (operator === '_in' || operator === '_nin')
    return draft.value(field.type, () => Array.from({ length: dice.pick([0, 1, 2, 3, 5]) }, one));
  if (operators[operator].operand === 'text list')
    return draft.value(field.type, () =>
      Array.from({ length: 1 + dice.whole(2) }, () => documentKey(dice, table, column)),
    );
  if (json) return draft.value(field.type, one, false);
  if (unlike.has(operator)) return draft.value(field.type, () => pattern(operator, piece()));
  if (operator.endsWith('like'))
    return draft.value(field.type, () => dice.pick([`%${piece()}%`, `${piece()}%`, `_${piece()}%`]));
  if (operator.endsWith('contains') || operator.endsWith('_with')) return draft.value(field.type, piece);
  return draft.value(field.type, one);
}

const pattern = (operator: Operator, piece: string) =>
  operator.endsWith('similar') ? `%(${piece}|zz)%` : `(${piece}|^z)`;

/** Enum columns are sent by the name that the graph gives to the value. */
function named(type: GraphQLInputType, value: unknown): unknown {
  const bare = getNamedType(type);
  return isEnumType(bare) ? bare.getValues().find((entry) => entry.value === value)!.name : value;
}

const measured = ['_gt', '_lte', '_eq', '_neq'] as const;

/** A random `having`. */
export function havingOf(draft: Draft, type: GraphQLInputType, table: Table): string {
  const { dice } = draft;
  const field = dice.pick(
    fieldsOf(type).filter((entry) => ['count', 'function', 'not', 'or'].includes(inputMeaning(entry).kind)),
  );
  const meaning = inputMeaning(field);
  if (meaning.kind === 'not') return `{ ${field.name}: ${havingOf(draft, type, table)} }`;
  if (meaning.kind === 'or')
    return `{ ${field.name}: [${havingOf(draft, type, table)}, ${havingOf(draft, type, table)}] }`;
  if (meaning.kind === 'count') return `{ ${field.name}: { ${dice.pick(measured)}: ${dice.whole(4)} } }`;
  if (meaning.kind !== 'function') throw new Error(meaning.kind);
  const columns = fieldsOf(field.type).filter((entry) => {
    const { column } = inputMeaning(entry) as { column: Column };
    return ordersAlike(table, column) && rowsOfTable(table).some((row) => row[column.name] !== null);
  });
  if (columns.length === 0) return '{ }';
  const chosen = dice.pick(columns);
  const { column } = inputMeaning(chosen) as { column: Column };
  const floating = familyOf(aggregateType(meaning.fn, column.type).scalar) === 'float';
  const comparisons = fieldsOf(chosen.type);
  const operator = floating ? '_gt' : dice.pick(measured);
  const operand = comparisons.find((entry) => entry.name === operator)!;
  const value = () => (floating ? dice.whole(100) + 0.123 : sample(dice, table, column));
  return `{ ${field.name}: { ${chosen.name}: { ${operator}: ${draft.value(operand.type, value)} } } }`;
}
