import {
  GraphQLBoolean,
  GraphQLEnumType,
  GraphQLFloat,
  GraphQLInputObjectType,
  type GraphQLInputType,
  GraphQLInt,
  type GraphQLList,
  type GraphQLScalarType,
  GraphQLString,
} from 'graphql';
import {
  type AggregateFunction,
  buckets,
  type Column,
  type EnumType,
  type Naming,
  type NativeComparison,
  type OperandKind,
  type Operator,
  operators,
  type Table,
} from '../../catalog/index.ts';
import { aggregatedScalar, allOperators, hasEnum, operatorsFor, shownScalar } from '../column-support.ts';
import type { Graph } from '../graph.ts';
import { fixedValue, labelValues } from '../names/members.ts';
import { classWords, comparisonName, havingName, sharedName } from '../names/shared.ts';
import { scalarName, scalarType } from '../scalars/types.ts';
import { type InputFields, inputField, list, listOf } from './make.ts';

type Leaf = GraphQLScalarType | GraphQLEnumType;

/** The type of a column's values; for an array column, of its elements. */
export function leafType(graph: Graph, table: Table, column: Column): Leaf {
  if (hasEnum(column)) return enumType(graph, column.enumType!);
  return scalarType(graph.names.naming(table), column.type.scalar);
}

/** The name of `leafType`, without creating the type. */
export function leafName(graph: Graph, table: Table, column: Column): string {
  if (hasEnum(column)) return graph.names.enumName(column.enumType!);
  return scalarName(graph.names.naming(table), column.type.scalar);
}

/** The type of a column as output and as input, without non-null. */
export function columnType(graph: Graph, table: Table, column: Column): Leaf | GraphQLList<Leaf> {
  const leaf = leafType(graph, table, column);
  return column.type.array ? list(leaf) : leaf;
}

/** A native enum. Its internal values are the stored labels. */
export function enumType(graph: Graph, type: EnumType): GraphQLEnumType {
  return graph.once(graph.names.enumName(type), (name) => {
    const descriptions = new Map(type.values.map(({ value, description }) => [value, description]));
    const labels = labelValues(type, graph.names.enumNaming(type));
    const values = [...labels].map(([label, value]) => {
      const stored = label === value ? null : `Stored as ${JSON.stringify(value)}.`;
      return [label, { value, description: descriptions.get(value) ?? stored }] as const;
    });
    return new GraphQLEnumType({ name, description: type.comment, values: Object.fromEntries(values) });
  });
}

/** The type of an aggregate of a column. */
export function aggregateType(graph: Graph, table: Table, column: Column, fn: AggregateFunction): Leaf {
  const scalar = aggregatedScalar(column, fn);
  return scalar === null ? GraphQLFloat : scalarType(graph.names.naming(table), scalar);
}

/** The name of a column's comparison type; `null` where the engine supports no operator for it. */
export function comparisonNameOf(graph: Graph, table: Table, column: Column): string | null {
  const { array, compares } = column.type;
  const scalar = shownScalar(column);
  const offered = operatorsFor(graph.capabilities(table), scalar, array, compares);
  if (offered.length === 0) return null;
  if (hasEnum(column)) return graph.names.enums.comparison(column.enumType!, array);
  const naming = graph.names.naming(table);
  const words = classWords(allOperators(scalar, array, compares), offered);
  return comparisonName(naming, scalar, array, [...comparedAs(compares), ...words]);
}

/** The words that name a comparison type of a native type by the comparisons that the database supports. */
function comparedAs(compares: NativeComparison | undefined): readonly string[] {
  if (compares === 'order') return ['ordered'];
  return compares === 'none' ? ['is_null'] : [];
}

/** The comparison type of a column. All columns of a scalar share it, on engines with the same operators. */
export function comparisonType(graph: Graph, table: Table, column: Column): GraphQLInputObjectType | null {
  const name = comparisonNameOf(graph, table, column);
  if (name === null) return null;
  return graph.once(name, () => {
    const { array, compares } = column.type;
    const offered = operatorsFor(graph.capabilities(table), shownScalar(column), array, compares);
    return makeComparison(name, offered, leafType(graph, table, column), array);
  });
}

/** The name of `countComparison`. */
export function countComparisonName(graph: Graph, table: Table): string {
  const offered = operatorsFor(graph.capabilities(table), 'int', false);
  const words = classWords(allOperators('int', false), offered);
  return comparisonName(graph.names.naming(table), 'int', false, words);
}

/** Comparisons of a count: `Int_comparison_exp` with the operators of the table's engine. */
export function countComparison(graph: Graph, table: Table): GraphQLInputObjectType {
  return graph.once(countComparisonName(graph, table), (name) =>
    makeComparison(name, operatorsFor(graph.capabilities(table), 'int', false), GraphQLInt, false),
  );
}

function makeComparison(
  name: string,
  offered: readonly Operator[],
  leaf: Leaf,
  array: boolean,
): GraphQLInputObjectType {
  return new GraphQLInputObjectType({
    name,
    description: 'All operators that are given must hold.',
    fields: () => {
      const fields: InputFields = {};
      for (const operator of offered) {
        const type = operandType(operators[operator].operand, leaf, array);
        fields[operator] = inputField(type, { kind: 'operator', operator }, { description: notes[operator] });
      }
      return fields;
    },
  });
}

function operandType(operand: OperandKind, leaf: Leaf, array: boolean): GraphQLInputType {
  switch (operand) {
    case 'same':
      return array ? list(leaf) : leaf;
    case 'list':
    case 'pair':
      return listOf(leaf);
    case 'boolean':
      return GraphQLBoolean;
    case 'text':
      return GraphQLString;
    case 'text list':
      return listOf(GraphQLString);
  }
}

/** Descriptions of operators whose names do not explain them. */
const notes: Readonly<Partial<Record<Operator, string>>> = {
  _is_null: 'true: there is no value; false: there is one.',
  _between: 'The lowest and the highest value, both included.',
  _is_distinct_from: 'As _neq, but counts no value as a value of its own; takes null.',
  _like: 'Pattern: % is any text, _ any character.',
  _ilike: 'As _like; upper and lower case are the same.',
  _similar: 'SQL regular expression over the whole text.',
  _regex: 'Regular expression somewhere in the text.',
  _iregex: 'As _regex; upper and lower case are the same.',
  _contains: 'The text, JSON value or elements are part of it.',
  _icontains: 'As _contains; upper and lower case are the same.',
  _contained_in: 'It is part of the JSON value or elements.',
  _has_key: 'The key is at the top of the JSON object.',
  _search: 'Full-text search for words.',
};

const measured = ['_eq', '_neq', '_gt', '_gte', '_lt', '_lte'] as const;

/** The comparisons of an aggregate in `having`. */
export function havingType(graph: Graph, naming: Naming, leaf: Leaf): GraphQLInputObjectType {
  return graph.once(havingName(naming, leaf.name), (name) => makeComparison(name, measured, leaf, false));
}

const directions = [
  { word: 'asc', value: { descending: false, nulls: 'last' }, note: 'Ascending, null last.' },
  { word: 'asc_nulls_first', value: { descending: false, nulls: 'first' }, note: 'Ascending, null first.' },
  { word: 'asc_nulls_last', value: { descending: false, nulls: 'last' }, note: 'Ascending, null last.' },
  { word: 'desc', value: { descending: true, nulls: 'first' }, note: 'Descending, null first.' },
  { word: 'desc_nulls_first', value: { descending: true, nulls: 'first' }, note: 'Descending, null first.' },
  { word: 'desc_nulls_last', value: { descending: true, nulls: 'last' }, note: 'Descending, null last.' },
] as const;

/** The enum `order_by`. */
export function orderType(graph: Graph, naming: Naming): GraphQLEnumType {
  return graph.once(sharedName(naming, 'order_by'), (name) => {
    const values = directions.map(({ word, value, note }) => [
      fixedValue(naming, word),
      { value, description: note },
    ]);
    return new GraphQLEnumType({ name, values: Object.fromEntries(values) });
  });
}

/** The enum `time_bucket` of group_by. Its internal values are the buckets of catalog/operators.ts. */
export function bucketType(graph: Graph, naming: Naming): GraphQLEnumType {
  return graph.once(sharedName(naming, 'time_bucket'), (name) => {
    const values = buckets.map((bucket) => [fixedValue(naming, bucket), { value: bucket }]);
    const description = 'What a date or timestamp is cut down to.';
    return new GraphQLEnumType({ name, description, values: Object.fromEntries(values) });
  });
}

/** The enum `change_op` of changes. */
export function changeOpType(graph: Graph, naming: Naming): GraphQLEnumType {
  return graph.once(sharedName(naming, 'change_op'), (name) => {
    const values = (['insert', 'update', 'delete'] as const).map((op) => [
      fixedValue(naming, op),
      { value: op },
    ]);
    return new GraphQLEnumType({ name, values: Object.fromEntries(values) });
  });
}

/** The enum `cursor_ordering` of streams. */
export function cursorOrderType(graph: Graph, naming: Naming): GraphQLEnumType {
  return graph.once(sharedName(naming, 'cursor_ordering'), (name) => {
    const values = (['asc', 'desc'] as const).map((direction) => [
      fixedValue(naming, direction),
      { value: direction },
    ]);
    return new GraphQLEnumType({ name, values: Object.fromEntries(values) });
  });
}
