import type {
  GraphQLEnumType,
  GraphQLEnumValueConfigMap,
  GraphQLInputObjectType,
  GraphQLObjectType,
} from 'graphql';
import type { Table } from '../../catalog/index.ts';
import { namedKeys, upsertColumns } from '../column-support.ts';
import type { Graph } from '../graph.ts';
import type { EnumKind, InputKind, ObjectKind, TypeKind } from '../names/conventions.ts';
import { columnValues, keyValues } from '../names/members.ts';
import { filterFields, type InputFieldsOf } from './filters.ts';
import { nodeType } from './node.ts';
import { objectFields } from './objects.ts';
import { typeClasses } from './transient.ts';
import { writeFields } from './writes.ts';

const inputFields: Readonly<Record<InputKind, InputFieldsOf>> = { ...filterFields, ...writeFields };

type ValuesOf = (graph: Graph, table: Table) => GraphQLEnumValueConfigMap;

const enumValues: Readonly<Record<EnumKind, ValuesOf>> = {
  select_column: (graph, table) => columnEnum(graph, table, false),
  update_column: (graph, table) => columnEnum(graph, table, true),
  constraint: (graph, table) => {
    const named = namedKeys(table);
    const keys = [...keyValues(table, graph.names.naming(table))].filter(([, key]) => named.includes(key));
    const values = keys.map(([name, key]) => {
      const columns = key.columns.map((column) => column.name).join(', ');
      return [
        name,
        { value: key, description: `${key.primary ? 'Primary' : 'Unique'} key: ${columns}.` },
      ] as const;
    });
    return Object.fromEntries(values);
  },
};

/** The placeholder name of Hasura. */
const placeholder = '_PLACEHOLDER';

function columnEnum(graph: Graph, table: Table, writable: boolean): GraphQLEnumValueConfigMap {
  const members = graph.names.members(table);
  const columns = writable ? upsertColumns(table) : table.columns;
  const values = [...columnValues(members, columns, graph.names.naming(table))];
  // GraphQL has no enum without values. In place of this placeholder, only an empty list is accepted.
  if (values.length === 0)
    return { [placeholder]: { value: null, description: 'Stands for no column: give an empty list.' } };
  return Object.fromEntries(values.map(([name, column]) => [name, { value: column }]));
}

/**
 * Settings that are the same for all types. Sharing these empty objects saves memory, since graphql-js would create
 * them for each type.
 */
const bare = { extensions: Object.create(null) as Record<string, never>, extensionASTNodes: [] };

/** Creates one type of a table. Its fields or values are created on first use. */
export function makeTableType(
  graph: Graph,
  table: Table,
  kind: TypeKind,
  name: string,
): GraphQLObjectType | GraphQLInputObjectType | GraphQLEnumType {
  const { ObjectType, InputType, EnumType } = typeClasses[graph.lifetime];
  if (isKind(objectFields, kind)) {
    const description = kind === 'row' ? table.comment : undefined;
    const fieldsOf = objectFields[kind];
    const fields = () => fieldsOf(graph, table);
    if (kind !== 'row') return new ObjectType({ ...bare, name, description, fields });
    const interfaces = () => (graph.names.node.key(table) === null ? [] : [nodeType(graph)]);
    return new ObjectType({ ...bare, name, description, interfaces, fields });
  }
  if (isKind(inputFields, kind)) {
    const fieldsOf = inputFields[kind];
    const description = ruled.has(kind) ? describedRules(table) : undefined;
    return new InputType({ ...bare, name, description, fields: () => fieldsOf(graph, table) });
  }
  const valuesOf = enumValues[kind];
  return new EnumType({ ...bare, name, values: () => valuesOf(graph, table) });
}

/** The inputs whose descriptions list the rules for new rows. */
const ruled: ReadonlySet<TypeKind> = new Set(['insert_input', 'set_input']);

function describedRules({ rowRules }: Table): string | undefined {
  if (rowRules.length === 0) return undefined;
  return `A row is refused with: ${rowRules.map((message) => JSON.stringify(message)).join(', ')}.`;
}

function isKind<Kind extends ObjectKind | InputKind>(
  table: Readonly<Record<Kind, unknown>>,
  kind: TypeKind,
): kind is Kind {
  return kind in table;
}
