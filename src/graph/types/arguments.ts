import { GraphQLInt } from 'graphql';
import type { Table } from '../../catalog/index.ts';
import { canSelect } from '../column-support.ts';
import type { Graph } from '../graph.ts';
import { word } from '../names/conventions.ts';
import { type Arguments, argument, fullList, listOf, put } from './make.ts';

const known = new WeakMap<Graph, Map<Table, Arguments>>();

/** `where order_by limit offset distinct_on` of a list of rows, in the naming convention of the table. */
export function rowsArguments(graph: Graph, table: Table): Arguments {
  let ofGraph = known.get(graph);
  if (ofGraph === undefined) {
    ofGraph = new Map();
    known.set(graph, ofGraph);
  }
  let args = ofGraph.get(table);
  if (args === undefined) {
    args = makeRowsArguments(graph, table);
    ofGraph.set(table, args);
  }
  return args;
}

function makeRowsArguments(graph: Graph, table: Table): Arguments {
  const naming = graph.names.naming(table);
  const range = {
    limit: argument(GraphQLInt, { kind: 'limit' }),
    offset: argument(GraphQLInt, { kind: 'offset' }),
  };
  if (!canSelect(table)) return range;
  return {
    [word(naming, 'distinct_on')]: argument(listOf(graph.enum(table, 'select_column')), {
      kind: 'distinct_on',
    }),
    ...range,
    ...orderArgument(graph, table),
    where: argument(graph.input(table, 'bool_exp'), { kind: 'where' }),
  };
}

/** `order_by`, if the table has a column that rows can be ordered by. */
export function orderArgument(graph: Graph, table: Table): Arguments {
  const args: Arguments = {};
  const name = word(graph.names.naming(table), 'order_by');
  const has = graph.has(table, 'order_by');
  put(args, name, has ? argument(listOf(graph.input(table, 'order_by')), { kind: 'order_by' }) : null);
  return args;
}

/** Arguments of `group_by`. */
export function groupArguments(graph: Graph, table: Table): Arguments {
  const naming = graph.names.naming(table);
  return {
    keys: argument(fullList(graph.input(table, 'aggregate_group_key_input')), { kind: 'keys' }),
    having: argument(graph.input(table, 'aggregate_having'), { kind: 'having' }, 'Only groups that pass.'),
    [word(naming, 'order_by')]: argument(listOf(graph.input(table, 'aggregate_group_order_by')), {
      kind: 'order_by',
    }),
    limit: argument(GraphQLInt, { kind: 'limit' }),
    offset: argument(GraphQLInt, { kind: 'offset' }),
  };
}
