import { type GraphQLFieldConfig, GraphQLInt, GraphQLString } from 'graphql';
import type { Key, RootFieldKind, Table } from '../../catalog/index.ts';
import type { Graph } from '../graph.ts';
import { word } from '../names/conventions.ts';
import type { RootEntry } from '../names/lookups.ts';
import { orderArgument, rowsArguments } from './arguments.ts';
import { type Arguments, argument, field, fullList, list, listOf, nonNull } from './make.ts';
import { changeOpType, columnType } from './values.ts';
import { updateArguments } from './writes.ts';

type RootField = GraphQLFieldConfig<unknown, unknown>;
type Make = (graph: Graph, entry: RootEntry) => RootField;

/** One root field, with its arguments. */
export function rootField(graph: Graph, entry: RootEntry): RootField {
  return makers[entry.kind](graph, entry);
}

const root = ({ kind, table, key }: RootEntry) => ({ kind: 'root', root: kind, table, key }) as const;
const about = (text: string, { table }: RootEntry) => `${text} ${table.name}.`;

/** Arguments that identify a row by a key. */
function keyArguments(graph: Graph, table: Table, key: Key): Arguments {
  const args: Arguments = {};
  for (const column of key.columns) {
    const type = nonNull(columnType(graph, table, column));
    args[graph.names.column(table, column)] = argument(type, { kind: 'key column', column });
  }
  return args;
}

const select: Make = (graph, entry) =>
  field(fullList(graph.object(entry.table, 'row')), root(entry), {
    args: rowsArguments(graph, entry.table),
    description: entry.table.comment ?? about('Rows of', entry),
  });

const selectByKey: Make = (graph, entry) =>
  field(graph.object(entry.table, 'row'), root(entry), {
    args: keyArguments(graph, entry.table, entry.key!),
    description: about('One row by its key, of', entry),
  });

const selectAggregate: Make = (graph, entry) =>
  field(nonNull(graph.object(entry.table, 'aggregate')), root(entry), {
    args: rowsArguments(graph, entry.table),
    description: about('Counts, sums, groups, ... over rows of', entry),
  });

const selectConnection: Make = (graph, entry) => {
  const { table } = entry;
  const args: Arguments = {
    first: argument(GraphQLInt, { kind: 'first' }, 'Size of the page, from the start or behind `after`.'),
    after: argument(GraphQLString, { kind: 'after' }),
    last: argument(GraphQLInt, { kind: 'last' }, 'Size of the page, from the end or before `before`.'),
    before: argument(GraphQLString, { kind: 'before' }),
    where: argument(graph.input(table, 'bool_exp'), { kind: 'where' }),
    ...orderArgument(graph, table),
  };
  const description = about('Pages (Relay connection) of', entry);
  return field(nonNull(graph.object(table, 'connection')), root(entry), { args, description });
};

const selectStream: Make = (graph, entry) => {
  const { table } = entry;
  const naming = graph.names.naming(table);
  const args: Arguments = {
    [word(naming, 'batch_size')]: argument(
      nonNull(GraphQLInt),
      { kind: 'batch_size' },
      'Most rows in one message.',
    ),
    cursor: argument(nonNull(list(graph.input(table, 'stream_cursor_input'))), { kind: 'cursor' }),
    where: argument(graph.input(table, 'bool_exp'), { kind: 'where' }),
  };
  return field(fullList(graph.object(table, 'row')), root(entry), {
    args,
    description: about('Each new row once, of', entry),
  });
};

const selectChanges: Make = (graph, entry) => {
  const { table } = entry;
  const naming = graph.names.naming(table);
  const args: Arguments = {
    where: argument(graph.input(table, 'bool_exp'), { kind: 'where' }, 'Of which rows; default: all.'),
    ops: argument(listOf(changeOpType(graph, naming)), { kind: 'ops' }, 'Which kinds; default: all.'),
    after: argument(
      GraphQLString,
      { kind: 'after' },
      'The position of the last change that the client has; default: changes from now on.',
    ),
    [word(naming, 'batch_size')]: argument(
      GraphQLInt,
      { kind: 'batch_size' },
      'Most changes in one answer; default: 100.',
    ),
  };
  return field(fullList(graph.object(table, 'change')), root(entry), {
    args,
    description: about('Each change once, in order, of rows of', entry),
  });
};

function conflictArgument(graph: Graph, table: Table): Arguments {
  if (!graph.has(table, 'on_conflict')) return {};
  const name = word(graph.names.naming(table), 'on_conflict');
  return {
    [name]: argument(
      graph.input(table, 'on_conflict'),
      { kind: 'on_conflict' },
      'What to do with rows that are there already.',
    ),
  };
}

const insert: Make = (graph, entry) => {
  const { table } = entry;
  const args: Arguments = {
    objects: argument(fullList(graph.input(table, 'insert_input')), { kind: 'objects' }),
    ...conflictArgument(graph, table),
  };
  return field(graph.object(table, 'mutation_response'), root(entry), {
    args,
    description: about('Inserts rows into', entry),
  });
};

const insertOne: Make = (graph, entry) => {
  const { table } = entry;
  const args: Arguments = {
    object: argument(nonNull(graph.input(table, 'insert_input')), { kind: 'object' }),
    ...conflictArgument(graph, table),
  };
  return field(graph.object(table, 'row'), root(entry), {
    args,
    description: about('Inserts one row into', entry),
  });
};

function whereArgument(graph: Graph, table: Table): Arguments {
  return {
    where: argument(
      nonNull(graph.input(table, 'bool_exp')),
      { kind: 'where' },
      'Which rows; {} is all of them.',
    ),
  };
}

const update: Make = (graph, entry) => {
  const { table } = entry;
  const args: Arguments = { ...updateArguments(graph, table), ...whereArgument(graph, table) };
  return field(graph.object(table, 'mutation_response'), root(entry), {
    args,
    description: about('Updates rows of', entry),
  });
};

const updateByKey: Make = (graph, entry) => {
  const { table } = entry;
  const naming = graph.names.naming(table);
  const args: Arguments = {
    ...updateArguments(graph, table),
    [word(naming, 'pk_columns')]: argument(nonNull(graph.input(table, 'pk_columns_input')), {
      kind: 'pk_columns',
    }),
  };
  if (graph.has(table, 'if_match_input')) {
    const note = 'What the row must still hold; if it does not, the update is refused as a conflict.';
    args[word(naming, 'if_match')] = argument(
      graph.input(table, 'if_match_input'),
      { kind: 'if_match' },
      note,
    );
  }
  return field(graph.object(table, 'row'), root(entry), {
    args,
    description: about('Updates one row of', entry),
  });
};

const updateMany: Make = (graph, entry) => {
  const { table } = entry;
  const args: Arguments = { updates: argument(fullList(graph.input(table, 'updates')), { kind: 'updates' }) };
  const description = about('Several updates, one after the other, of', entry);
  return field(list(graph.object(table, 'mutation_response')), root(entry), { args, description });
};

const remove: Make = (graph, entry) => {
  const { table } = entry;
  const args = whereArgument(graph, table);
  return field(graph.object(table, 'mutation_response'), root(entry), {
    args,
    description: about('Deletes rows of', entry),
  });
};

const removeByKey: Make = (graph, entry) =>
  field(graph.object(entry.table, 'row'), root(entry), {
    args: keyArguments(graph, entry.table, entry.key!),
    description: about('Deletes one row of', entry),
  });

const makers = {
  select,
  select_by_pk: selectByKey,
  select_aggregate: selectAggregate,
  select_connection: selectConnection,
  select_stream: selectStream,
  select_changes: selectChanges,
  insert,
  insert_one: insertOne,
  update,
  update_by_pk: updateByKey,
  update_many: updateMany,
  delete: remove,
  delete_by_pk: removeByKey,
} as const satisfies Record<RootFieldKind, Make>;
