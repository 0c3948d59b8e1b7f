import { type GraphQLInputType, GraphQLInt, GraphQLString } from 'graphql';
import type { Column, Relationship, Table } from '../../catalog/index.ts';
import {
  canSelect,
  insertColumns,
  isEquatable,
  isOrderable,
  jsonColumns,
  numericColumns,
  updateColumns,
} from '../column-support.ts';
import type { UpdateKind } from '../field-meaning.ts';
import type { Graph } from '../graph.ts';
import { type InputKind, word } from '../names/conventions.ts';
import type { InputFieldsOf } from './filters.ts';
import { type Arguments, argument, fullList, type InputFields, inputField, listOf, nonNull } from './make.ts';
import { columnType, cursorOrderType } from './values.ts';

/**
 * Relationships for nested inserts: within one source, to a table that accepts inserts. Where presets alone
 * determine the foreign key, a nested insert could not set it.
 */
export function nestedInserts(graph: Graph, table: Table): Relationship[] {
  return graph.names
    .relationships(table)
    .filter(
      (relationship) =>
        !relationship.remote && graph.has(relationship.to, 'insert_input') && !isPreset(relationship),
    );
}

function isPreset({ owner, from, to, mapping }: Relationship): boolean {
  const presets = (owner === 'from' ? from : to).access?.insertPresets;
  return presets !== undefined && mapping.every((pair) => presets.has(pair[owner]));
}

/** `orders_insert_input` */
const insertInput: InputFieldsOf = (graph, table) => {
  const fields = columnFields(graph, table, insertColumns(table));
  for (const relationship of nestedInserts(graph, table)) {
    const name = graph.names.relationship(table, relationship);
    const kind = relationship.kind === 'object' ? 'obj_rel_insert_input' : 'arr_rel_insert_input';
    fields[name] = inputField(graph.input(relationship.to, kind), { kind: 'relationship', relationship });
  }
  return fields;
};

function columnFields(
  graph: Graph,
  table: Table,
  columns: readonly Column[],
  type: (column: Column) => GraphQLInputType = (column) => columnType(graph, table, column),
): InputFields {
  const fields: InputFields = {};
  for (const column of columns) {
    fields[graph.names.column(table, column)] = inputField(
      type(column),
      { kind: 'column', column },
      { description: describedColumn(column) },
    );
  }
  return fields;
}

/** The comment of a column and its validation rules. */
function describedColumn({ comment, validation }: Column): string | null {
  if (validation.length === 0) return comment;
  const rules = validation.map(({ text, message }) => (message === null ? text : `${text} (${message})`));
  return [...(comment === null ? [] : [comment]), `A value ${rules.join(', ')}.`].join('\n\n');
}

const ofUpdatable: InputFieldsOf = (graph, table) => columnFields(graph, table, updateColumns(table));
const ofNumbers: InputFieldsOf = (graph, table) => columnFields(graph, table, numericColumns(table));
const ofJson: InputFieldsOf = (graph, table) => columnFields(graph, table, jsonColumns(table));
function ofJsonAs(type: GraphQLInputType): InputFieldsOf {
  return (graph, table) => columnFields(graph, table, jsonColumns(table), () => type);
}

/** `orders_pk_columns_input` */
const pkColumns: InputFieldsOf = (graph, table) =>
  columnFields(graph, table, table.primaryKey!.columns, (column) =>
    nonNull(columnType(graph, table, column)),
  );

/** `orders_if_match_input`: values that the row must still have; otherwise the update is refused as a conflict. */
const ifMatch: InputFieldsOf = (graph, table) =>
  columnFields(graph, table, table.columns.filter(isEquatable));

/** `orders_on_conflict` */
const onConflict: InputFieldsOf = (graph, table) => {
  const naming = graph.names.naming(table);
  const { conflictTarget, conflictWhere } = graph.capabilities(table);
  const constraint = graph.enum(table, 'constraint');
  const fields: InputFields = {
    constraint: inputField(
      conflictTarget ? nonNull(constraint) : constraint,
      { kind: 'constraint' },
      {
        description: conflictTarget
          ? null
          : 'On this database every key of the table decides, not this one alone.',
      },
    ),
  };
  fields[word(naming, 'update_columns')] = inputField(
    fullList(graph.enum(table, 'update_column')),
    { kind: 'update_columns' },
    { defaultValue: [], description: 'Columns of the row that is there already; none: it is left alone.' },
  );
  if (conflictWhere && canSelect(table))
    fields.where = inputField(graph.input(table, 'bool_exp'), { kind: 'where' });
  return fields;
};

const updates = {
  set: 'set_input',
  inc: 'inc_input',
  mul: 'mul_input',
  append: 'append_input',
  prepend: 'prepend_input',
  delete_key: 'delete_key_input',
  delete_elem: 'delete_elem_input',
  delete_at_path: 'delete_at_path_input',
} as const satisfies Record<UpdateKind, InputKind>;

const updateNotes: Record<UpdateKind, string> = {
  set: 'New values.',
  inc: 'Added to the values that are there.',
  mul: 'Multiplied with the values that are there.',
  append: 'JSON put behind what is there: elements, or keys (which win).',
  prepend: 'JSON put before what is there: elements, or keys (which give way).',
  delete_key: 'Key (or text element) taken out at the top.',
  delete_elem: 'Element taken out by its index; negative: from the end.',
  delete_at_path: 'What stands at the path of keys and indexes is taken out.',
};

/** The kinds of update that a table supports. */
function updateKinds(graph: Graph, table: Table): UpdateKind[] {
  return (Object.keys(updates) as UpdateKind[]).filter((kind) => graph.has(table, updates[kind]));
}

/** `_set`, `_inc`, ... as arguments of an update. */
export function updateArguments(graph: Graph, table: Table): Arguments {
  const args: Arguments = {};
  for (const update of updateKinds(graph, table)) {
    args[`_${update}`] = argument(
      graph.input(table, updates[update]),
      { kind: 'update', update },
      updateNotes[update],
    );
  }
  return args;
}

/** `orders_updates` */
const updatesInput: InputFieldsOf = (graph, table) => {
  const fields: InputFields = {};
  for (const update of updateKinds(graph, table)) {
    fields[`_${update}`] = inputField(
      graph.input(table, updates[update]),
      { kind: 'update', update },
      { description: updateNotes[update] },
    );
  }
  fields.where = inputField(nonNull(graph.input(table, 'bool_exp')), { kind: 'where' });
  return fields;
};

/** `orders_obj_rel_insert_input`, `orders_arr_rel_insert_input` */
function nestedInput(many: boolean): InputFieldsOf {
  return (graph, table) => {
    const row = graph.input(table, 'insert_input');
    const fields: InputFields = { data: inputField(many ? fullList(row) : nonNull(row), { kind: 'data' }) };
    if (graph.has(table, 'on_conflict')) {
      const name = word(graph.names.naming(table), 'on_conflict');
      fields[name] = inputField(graph.input(table, 'on_conflict'), { kind: 'on_conflict' });
    }
    return fields;
  };
}

/** `orders_stream_cursor_input` */
const streamCursor: InputFieldsOf = (graph, table) => {
  const naming = graph.names.naming(table);
  return {
    [word(naming, 'initial_value')]: inputField(nonNull(graph.input(table, 'stream_cursor_value_input')), {
      kind: 'initial_value',
    }),
    ordering: inputField(cursorOrderType(graph, naming), { kind: 'ordering' }),
  };
};

/** By kind of input type, the function that makes its fields: types of mutations and of stream cursors. */
export const writeFields = {
  insert_input: insertInput,
  set_input: ofUpdatable,
  inc_input: ofNumbers,
  mul_input: ofNumbers,
  append_input: ofJson,
  prepend_input: ofJson,
  delete_key_input: ofJsonAs(GraphQLString),
  delete_elem_input: ofJsonAs(GraphQLInt),
  delete_at_path_input: ofJsonAs(listOf(GraphQLString)),
  pk_columns_input: pkColumns,
  if_match_input: ifMatch,
  on_conflict: onConflict,
  updates: updatesInput,
  obj_rel_insert_input: nestedInput(false),
  arr_rel_insert_input: nestedInput(true),
  stream_cursor_input: streamCursor,
  stream_cursor_value_input: (graph, table) => columnFields(graph, table, table.columns.filter(isOrderable)),
} as const satisfies Partial<Record<InputKind, InputFieldsOf>>;
