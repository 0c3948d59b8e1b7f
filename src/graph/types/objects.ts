import { GraphQLBoolean, GraphQLInt, GraphQLObjectType, GraphQLString } from 'graphql';
import {
  type AggregateFunction,
  aggregates,
  type Column,
  familyOf,
  type Table,
} from '../../catalog/index.ts';
import { aggregatedColumns, isGroupable } from '../column-support.ts';
import type { Graph } from '../graph.ts';
import { type ObjectKind, word } from '../names/conventions.ts';
import { pageInfoName } from '../names/shared.ts';
import { scalarType } from '../scalars/types.ts';
import { groupArguments, rowsArguments } from './arguments.ts';
import { argument, type Fields, field, fullList, listOf, nonNull } from './make.ts';
import { nodeFields } from './node.ts';
import { aggregateType, changeOpType, columnType } from './values.ts';

type FieldsOf = (graph: Graph, table: Table) => Fields;

const functions = Object.keys(aggregates) as readonly AggregateFunction[];

/** `orders` */
const row: FieldsOf = (graph, table) => {
  const fields: Fields = {};
  for (const column of table.columns)
    fields[graph.names.column(table, column)] = columnField(graph, table, column);
  Object.assign(fields, nodeFields(graph, table));
  for (const relationship of graph.names.relationships(table)) {
    const { to, kind, comment, nullable } = relationship;
    const name = graph.names.relationship(table, relationship);
    if (graph.has(to, 'row')) {
      const type = graph.object(to, 'row');
      const one = nullable ? type : nonNull(type);
      fields[name] = field(
        kind === 'object' ? one : fullList(type),
        { kind: 'relationship', relationship },
        { args: kind === 'object' ? undefined : rowsArguments(graph, to), description: comment },
      );
    }
    if (kind === 'object' || !graph.has(to, 'aggregate')) continue;
    fields[graph.names.relationshipAggregate(table, relationship)] = field(
      nonNull(graph.object(to, 'aggregate')),
      { kind: 'relationship aggregate', relationship },
      { args: rowsArguments(graph, to), description: comment },
    );
  }
  return fields;
};

/** The field of a column. A JSON column with the argument `path` is nullable, since the path may lead to nothing. */
function columnField(graph: Graph, table: Table, column: Column) {
  const type = columnType(graph, table, column);
  const hasPath =
    graph.capabilities(table).jsonPath && !column.type.array && familyOf(column.type.scalar) === 'json';
  const args = hasPath
    ? { path: argument(GraphQLString, { kind: 'path' }, 'What to take out of the value: $.lines[0].name') }
    : undefined;
  const description = column.comment ?? originalName(graph, table, column);
  return field(
    column.nullable || hasPath ? type : nonNull(type),
    { kind: 'column', column },
    { args, description },
  );
}

function originalName(graph: Graph, table: Table, column: Column): string | null {
  const name = graph.names.column(table, column);
  const same = name.replaceAll('_', '').toLowerCase() === column.name.replaceAll('_', '').toLowerCase();
  return same || column.customName !== null ? null : `Column ${JSON.stringify(column.name)}.`;
}

/** `orders_aggregate` */
const aggregate: FieldsOf = (graph, table) => {
  const naming = graph.names.naming(table);
  const fields: Fields = {
    aggregate: field(graph.object(table, 'aggregate_fields'), { kind: 'aggregate' }),
  };
  if (!graph.has(table, 'row')) return fields;
  fields.nodes = field(fullList(graph.object(table, 'row')), { kind: 'nodes' });
  if (!graph.has(table, 'aggregate_group')) return fields;
  fields[word(naming, 'group_by')] = field(
    fullList(graph.object(table, 'aggregate_group')),
    { kind: 'group_by' },
    { args: groupArguments(graph, table), description: 'One entry per group of rows that share the keys.' },
  );
  return fields;
};

/** `orders_aggregate_fields` */
const aggregateFields: FieldsOf = (graph, table) => {
  const naming = graph.names.naming(table);
  const args = graph.has(table, 'select_column')
    ? {
        columns: argument(
          listOf(graph.enum(table, 'select_column')),
          { kind: 'columns' },
          'Only rows where none of these is null.',
        ),
        distinct: argument(GraphQLBoolean, { kind: 'distinct' }, 'Each combination of the columns once.'),
      }
    : undefined;
  const fields: Fields = { count: field(nonNull(GraphQLInt), { kind: 'count' }, { args }) };
  for (const fn of functions) {
    if (!graph.has(table, `${fn}_fields`)) continue;
    fields[word(naming, fn)] = field(graph.object(table, `${fn}_fields`), { kind: 'function', fn });
  }
  return fields;
};

/** `orders_sum_fields` */
function functionFields(fn: AggregateFunction): FieldsOf {
  return (graph, table) => {
    const fields: Fields = {};
    for (const column of aggregatedColumns(table, graph.capabilities(table), fn)) {
      const type = aggregateType(graph, table, column, fn);
      fields[graph.names.column(table, column)] = field(
        type,
        { kind: 'column', column },
        { description: column.comment },
      );
    }
    return fields;
  };
}

/** `orders_aggregate_group` */
const group: FieldsOf = (graph, table) => ({
  [word(graph.names.naming(table), 'group_key')]: field(
    nonNull(graph.object(table, 'aggregate_group_key')),
    { kind: 'group_key' },
    {
      description:
        'The values that the rows of the group share; only what is among the keys can be selected.',
    },
  ),
  aggregate: field(nonNull(graph.object(table, 'aggregate_fields')), { kind: 'aggregate' }),
});

/** `orders_aggregate_group_key` */
const groupKey: FieldsOf = (graph, table) => {
  const fields: Fields = {};
  for (const column of table.columns.filter(isGroupable)) {
    fields[graph.names.column(table, column)] = field(columnType(graph, table, column), {
      kind: 'column',
      column,
    });
  }
  return fields;
};

/** `orders_mutation_response` */
const mutationResponse: FieldsOf = (graph, table) => {
  const name = word(graph.names.naming(table), 'affected_rows');
  const fields: Fields = { [name]: field(nonNull(GraphQLInt), { kind: 'affected_rows' }) };
  if (graph.has(table, 'row'))
    fields.returning = field(fullList(graph.object(table, 'row')), { kind: 'returning' });
  return fields;
};

/** `orders_connection`. The Relay specification defines the field names, so they are the same in both conventions. */
const connection: FieldsOf = (graph, table) => {
  const fields: Fields = {
    edges: field(fullList(graph.object(table, 'edge')), { kind: 'edges' }),
    nodes: field(fullList(graph.object(table, 'row')), { kind: 'nodes' }),
    pageInfo: field(nonNull(pageInfo(graph)), { kind: 'page_info' }),
  };
  if (graph.has(table, 'aggregate'))
    fields.totalCount = field(
      nonNull(GraphQLInt),
      { kind: 'total_count' },
      { description: 'Rows of all pages.' },
    );
  return fields;
};

/** `orders_edge` */
const edge: FieldsOf = (graph, table) => ({
  cursor: field(nonNull(GraphQLString), { kind: 'cursor' }),
  node: field(nonNull(graph.object(table, 'row')), { kind: 'node' }),
});

/** `orders_change` */
const change: FieldsOf = (graph, table) => {
  const naming = graph.names.naming(table);
  const image = graph.object(table, 'change_row');
  const text = nonNull(GraphQLString);
  return {
    op: field(nonNull(changeOpType(graph, naming)), { kind: 'op' }),
    old: field(image, { kind: 'old' }, { description: 'The row before; null for a new one.' }),
    new: field(image, { kind: 'new' }, { description: 'The row after; null where it is gone.' }),
    at: field(
      nonNull(scalarType(naming, 'timestamptz')),
      { kind: 'at' },
      { description: 'When it was committed, by the clock of the database.' },
    ),
    source: field(text, { kind: 'change_source' }, { description: 'The name of the source.' }),
    position: field(
      text,
      { kind: 'position' },
      { description: 'Where it is among the changes of the source: `after` takes it.' },
    ),
    transaction: field(
      text,
      { kind: 'transaction' },
      { description: 'Changes of one transaction have the same one.' },
    ),
  };
};

/** `orders_change_row`: the columns of a row as far as the database reports them. */
const changeRow: FieldsOf = (graph, table) => {
  const fields: Fields = {};
  for (const column of table.columns) {
    const { args, description, extensions } = columnField(graph, table, column);
    const type = columnType(graph, table, column);
    fields[graph.names.column(table, column)] = { type, args, description, extensions };
  }
  return fields;
};

/** `PageInfo` of the Relay specification. */
export function pageInfo(graph: Graph): GraphQLObjectType {
  return graph.once(
    pageInfoName,
    (name) =>
      new GraphQLObjectType({
        name,
        fields: () => ({
          hasNextPage: field(nonNull(GraphQLBoolean), { kind: 'has_next_page' }),
          hasPreviousPage: field(nonNull(GraphQLBoolean), { kind: 'has_previous_page' }),
          startCursor: field(GraphQLString, { kind: 'start_cursor' }),
          endCursor: field(GraphQLString, { kind: 'end_cursor' }),
        }),
      }),
  );
}

/** The fields of every object type of a table. */
export const objectFields: Readonly<Record<ObjectKind, FieldsOf>> = {
  row,
  aggregate,
  aggregate_fields: aggregateFields,
  sum_fields: functionFields('sum'),
  avg_fields: functionFields('avg'),
  min_fields: functionFields('min'),
  max_fields: functionFields('max'),
  stddev_fields: functionFields('stddev'),
  stddev_pop_fields: functionFields('stddev_pop'),
  stddev_samp_fields: functionFields('stddev_samp'),
  variance_fields: functionFields('variance'),
  var_pop_fields: functionFields('var_pop'),
  var_samp_fields: functionFields('var_samp'),
  aggregate_group: group,
  aggregate_group_key: groupKey,
  mutation_response: mutationResponse,
  connection,
  edge,
  change,
  change_row: changeRow,
};
