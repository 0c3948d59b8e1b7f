import { GraphQLBoolean, GraphQLInt } from 'graphql';
import { type AggregateFunction, aggregates, type Table } from '../../catalog/index.ts';
import { aggregatedColumns, hasBuckets, isOrderable } from '../column-support.ts';
import type { Graph } from '../graph.ts';
import { type InputKind, word } from '../names/conventions.ts';
import { type InputFields, inputField, listOf, nonNull } from './make.ts';
import {
  aggregateType,
  bucketType,
  comparisonType,
  countComparison,
  havingType,
  orderType,
} from './values.ts';

export type InputFieldsOf = (graph: Graph, table: Table) => InputFields;

const functions = Object.keys(aggregates) as readonly AggregateFunction[];

/** `orders_bool_exp` */
const boolExp: InputFieldsOf = (graph, table) => {
  const own = graph.input(table, 'bool_exp');
  const fields: InputFields = {
    _and: inputField(listOf(own), { kind: 'and' }),
    _or: inputField(listOf(own), { kind: 'or' }),
    _not: inputField(own, { kind: 'not' }),
    _some: inputField(
      own,
      { kind: 'some' },
      { description: 'Some row of the relationship passes; the same as the fields beside it.' },
    ),
    _every: inputField(
      own,
      { kind: 'every' },
      { description: 'Every row of the relationship passes, also where there is none.' },
    ),
    _none: inputField(own, { kind: 'none' }, { description: 'No row of the relationship passes.' }),
  };
  for (const column of table.columns) {
    const comparison = comparisonType(graph, table, column);
    if (comparison === null) continue;
    fields[graph.names.column(table, column)] = inputField(comparison, { kind: 'column', column });
  }
  for (const relationship of graph.names.relationships(table)) {
    const { to, kind } = relationship;
    if (!graph.has(to, 'bool_exp')) continue;
    const name = graph.names.relationship(table, relationship);
    fields[name] = inputField(graph.input(to, 'bool_exp'), { kind: 'relationship', relationship });
    if (kind === 'object' || !graph.has(to, 'aggregate_bool_exp')) continue;
    fields[graph.names.relationshipAggregate(table, relationship)] = inputField(
      graph.input(to, 'aggregate_bool_exp'),
      { kind: 'relationship aggregate', relationship },
    );
  }
  return fields;
};

/** `orders_aggregate_bool_exp` */
const aggregateBoolExp: InputFieldsOf = (graph, table) => ({
  count: inputField(graph.input(table, 'aggregate_bool_exp_count'), { kind: 'count' }),
});

/** `orders_aggregate_bool_exp_count` */
const aggregateBoolExpCount: InputFieldsOf = (graph, table) => ({
  arguments: inputField(listOf(graph.enum(table, 'select_column')), { kind: 'arguments' }),
  distinct: inputField(GraphQLBoolean, { kind: 'distinct' }),
  filter: inputField(graph.input(table, 'bool_exp'), { kind: 'filter' }),
  predicate: inputField(nonNull(countComparison(graph, table)), { kind: 'predicate' }),
});

/** `orders_order_by` */
const orderBy: InputFieldsOf = (graph, table) => {
  const fields: InputFields = {};
  const direction = orderType(graph, graph.names.naming(table));
  for (const column of table.columns.filter(isOrderable)) {
    fields[graph.names.column(table, column)] = inputField(direction, { kind: 'column', column });
  }
  for (const relationship of graph.names.relationships(table)) {
    const { to, kind } = relationship;
    if (kind === 'array') {
      if (!graph.has(to, 'aggregate_order_by')) continue;
      const name = graph.names.relationshipAggregate(table, relationship);
      const type = graph.input(to, 'aggregate_order_by');
      fields[name] = inputField(type, { kind: 'relationship aggregate', relationship });
    } else if (graph.has(to, 'order_by')) {
      const name = graph.names.relationship(table, relationship);
      fields[name] = inputField(graph.input(to, 'order_by'), { kind: 'relationship', relationship });
    }
  }
  return fields;
};

/** `orders_aggregate_order_by`: `count`, and one field per aggregate function. */
const aggregateOrderBy: InputFieldsOf = (graph, table) => {
  const naming = graph.names.naming(table);
  const fields: InputFields = { count: inputField(orderType(graph, naming), { kind: 'count' }) };
  for (const fn of functions) {
    const kind: InputKind = `${fn}_order_by`;
    if (graph.has(table, kind))
      fields[word(naming, fn)] = inputField(graph.input(table, kind), { kind: 'function', fn });
  }
  return fields;
};

/** `orders_sum_order_by` */
function functionOrderBy(fn: AggregateFunction): InputFieldsOf {
  return (graph, table) => {
    const direction = orderType(graph, graph.names.naming(table));
    const fields: InputFields = {};
    for (const column of aggregatedColumns(table, graph.capabilities(table), fn)) {
      fields[graph.names.column(table, column)] = inputField(direction, { kind: 'column', column });
    }
    return fields;
  };
}

/** `orders_aggregate_group_key_input`: `{ column: created_at, bucket: month }` */
const groupKeyInput: InputFieldsOf = (graph, table) => {
  const fields: InputFields = {
    column: inputField(nonNull(graph.enum(table, 'select_column')), { kind: 'key' }),
  };
  if (!table.columns.some(hasBuckets)) return fields;
  const description = 'For dates and timestamps: what they are cut down to.';
  fields.bucket = inputField(
    bucketType(graph, graph.names.naming(table)),
    { kind: 'bucket' },
    { description },
  );
  return fields;
};

/** `orders_aggregate_group_key_order_by` */
const groupKeyOrderBy: InputFieldsOf = (graph, table) => {
  const direction = orderType(graph, graph.names.naming(table));
  const fields: InputFields = {};
  for (const column of table.columns.filter(isOrderable)) {
    fields[graph.names.column(table, column)] = inputField(direction, { kind: 'column', column });
  }
  return fields;
};

/** `orders_aggregate_group_order_by` */
const groupOrderBy: InputFieldsOf = (graph, table) => {
  const fields = aggregateOrderBy(graph, table);
  if (graph.has(table, 'aggregate_group_key_order_by')) {
    const type = graph.input(table, 'aggregate_group_key_order_by');
    fields[word(graph.names.naming(table), 'group_key')] = inputField(type, { kind: 'group_key' });
  }
  return fields;
};

/** The having type of each function. Functions with the same operand type share one. */
const havingKinds = {
  sum: 'aggregate_sum_having',
  min: 'aggregate_min_max_having',
  max: 'aggregate_min_max_having',
  avg: 'aggregate_float_having',
  stddev: 'aggregate_float_having',
  stddev_pop: 'aggregate_float_having',
  stddev_samp: 'aggregate_float_having',
  variance: 'aggregate_float_having',
  var_pop: 'aggregate_float_having',
  var_samp: 'aggregate_float_having',
} as const satisfies Record<AggregateFunction, InputKind>;

/** `orders_aggregate_having`: `{ count: { _gt: 3 }, sum: { total: { _lt: "10" } }, _or: [...] }` */
const having: InputFieldsOf = (graph, table) => {
  const naming = graph.names.naming(table);
  const own = graph.input(table, 'aggregate_having');
  const fields: InputFields = {
    _and: inputField(listOf(own), { kind: 'and' }),
    _or: inputField(listOf(own), { kind: 'or' }),
    _not: inputField(own, { kind: 'not' }),
    count: inputField(havingType(graph, naming, GraphQLInt), { kind: 'count' }),
  };
  for (const fn of functions) {
    if (!graph.has(table, `${fn}_fields`)) continue;
    fields[word(naming, fn)] = inputField(graph.input(table, havingKinds[fn]), { kind: 'function', fn });
  }
  return fields;
};

/** `orders_aggregate_sum_having` and the like: the columns that its functions can be computed over. */
function functionHaving(kind: InputKind): InputFieldsOf {
  const fns = functions.filter((fn) => havingKinds[fn] === kind);
  return (graph, table) => {
    const naming = graph.names.naming(table);
    const fields: InputFields = {};
    for (const fn of fns) {
      for (const column of aggregatedColumns(table, graph.capabilities(table), fn)) {
        const type = havingType(graph, naming, aggregateType(graph, table, column, fn));
        fields[graph.names.column(table, column)] = inputField(type, { kind: 'column', column });
      }
    }
    return fields;
  };
}

/** Fields of the input types that filter, order and group. */
export const filterFields = {
  bool_exp: boolExp,
  order_by: orderBy,
  aggregate_bool_exp: aggregateBoolExp,
  aggregate_bool_exp_count: aggregateBoolExpCount,
  aggregate_order_by: aggregateOrderBy,
  sum_order_by: functionOrderBy('sum'),
  avg_order_by: functionOrderBy('avg'),
  min_order_by: functionOrderBy('min'),
  max_order_by: functionOrderBy('max'),
  stddev_order_by: functionOrderBy('stddev'),
  stddev_pop_order_by: functionOrderBy('stddev_pop'),
  stddev_samp_order_by: functionOrderBy('stddev_samp'),
  variance_order_by: functionOrderBy('variance'),
  var_pop_order_by: functionOrderBy('var_pop'),
  var_samp_order_by: functionOrderBy('var_samp'),
  aggregate_group_key_input: groupKeyInput,
  aggregate_group_key_order_by: groupKeyOrderBy,
  aggregate_group_order_by: groupOrderBy,
  aggregate_having: having,
  aggregate_sum_having: functionHaving('aggregate_sum_having'),
  aggregate_float_having: functionHaving('aggregate_float_having'),
  aggregate_min_max_having: functionHaving('aggregate_min_max_having'),
} as const satisfies Partial<Record<InputKind, InputFieldsOf>>;
