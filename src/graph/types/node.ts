import { GraphQLID, GraphQLInterfaceType } from 'graphql';
import type { Table } from '../../catalog/index.ts';
import type { NodeTarget } from '../field-meaning.ts';
import type { Graph } from '../graph.ts';
import { nodeMark, nodeTypeName } from '../names/node.ts';
import { argument, type Fields, field, nonNull } from './make.ts';

/** The interface of rows that have a global id. */
export function nodeType(graph: Graph): GraphQLInterfaceType {
  return graph.once(
    nodeTypeName,
    (name) =>
      new GraphQLInterfaceType({
        name,
        description: 'A row that can be asked for by its global id.',
        fields: () => ({
          [graph.names.node.field]: field(
            nonNull(GraphQLID),
            { kind: 'interface' },
            { description: 'Tells the row from every other one of the graph.' },
          ),
        }),
      }),
  );
}

/** The field `node_id` of a row type; empty where the rows have no global id. */
export function nodeFields(graph: Graph, table: Table): Fields {
  const { node } = graph.names;
  const key = node.key(table);
  if (key === null) return {};
  const meaning = { kind: 'node_id', mark: nodeMark(table), columns: key.columns } as const;
  return { [node.field]: field(nonNull(GraphQLID), meaning) };
}

/** The root field `node`. */
export function nodeRoot(graph: Graph) {
  const args = { [graph.names.node.field]: argument(nonNull(GraphQLID), { kind: 'node_id' }) };
  const description =
    'The row that has this global id, of whichever table; null where there is none to be read.';
  let targets: Map<string, Table> | undefined;
  const find = (mark: string): NodeTarget | undefined => {
    targets ??= new Map(graph.tables.map((table) => [nodeMark(table), table]));
    const table = targets.get(mark);
    const key = table === undefined ? null : graph.names.node.key(table);
    if (table === undefined || key === null) return undefined;
    return { table, columns: key.columns, type: graph.object(table, 'row') };
  };
  return field(nodeType(graph), { kind: 'node root', find }, { args, description });
}
