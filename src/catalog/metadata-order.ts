import { isDeepStrictEqual } from 'node:util';
import { type Metadata, namedLists, type TableMetadata, type TableName } from './metadata.ts';

/** The order of a table's keys in its metadata file. */
const tableKeys = [
  'source',
  'table',
  'tracked',
  'is_enum',
  'audit_reads',
  'changes',
  'primary_key',
  'configuration',
  'object_relationships',
  'array_relationships',
  'remote_relationships',
  'validations',
  'select_permissions',
  'insert_permissions',
  'update_permissions',
  'delete_permissions',
  'event_triggers',
] as const satisfies readonly (keyof TableMetadata)[];

const sortedLists = {
  object_relationships: 'name',
  array_relationships: 'name',
  remote_relationships: 'name',
  select_permissions: 'role',
  insert_permissions: 'role',
  update_permissions: 'role',
  delete_permissions: 'role',
  event_triggers: 'name',
} as const satisfies Partial<Record<keyof TableMetadata, string>>;

/**
 * The same metadata in canonical order, as files have it: tables by source and name, relationships by name,
 * permissions by role, workflows and the like by name. Lists whose order has a meaning stay as they are. Empty lists of relationships,
 * permissions, inherited roles and workflows are left out.
 */
export function canonicalMetadata({ tables, inherited_roles = [], ...rest }: Metadata): Metadata {
  const roles = sortedBy(inherited_roles, (role) => role.role_name);
  const named = namedLists.flatMap((list) =>
    (rest[list]?.length ?? 0) === 0 ? [] : [[list, sortedBy(rest[list]!, ({ name }) => name)] as const],
  );
  return {
    tables: sortedBy(tables.map(canonicalTable), sortKey),
    ...(roles.length === 0 ? {} : { inherited_roles: roles }),
    ...Object.fromEntries(named),
  };
}

/** Whether both are equal in canonical order. */
export function sameMetadata(one: Metadata, other: Metadata): boolean {
  return isDeepStrictEqual(plain(canonicalMetadata(one)), plain(canonicalMetadata(other)));
}

/** One table in the form of `canonicalMetadata`. */
export function canonicalTable(entry: TableMetadata): TableMetadata {
  const known = tableKeys.flatMap((key): [string, unknown][] => {
    const value = entry[key];
    if (value === undefined) return [];
    if (!(key in sortedLists)) return [[key, key === 'configuration' ? sortedConfiguration(entry) : value]];
    const by = sortedLists[key as keyof typeof sortedLists];
    const list = value as readonly Readonly<Record<string, unknown>>[];
    return list.length === 0 ? [] : [[key, sortedBy(list, (item) => String(item[by]))]];
  });
  return Object.fromEntries(known) as unknown as TableMetadata;
}

function sortedConfiguration({ configuration = {} }: TableMetadata): TableMetadata['configuration'] {
  const { custom_root_fields: fields, column_config: columns } = configuration;
  return {
    ...configuration,
    ...(fields === undefined ? {} : { custom_root_fields: sortedKeys(fields) }),
    ...(columns === undefined ? {} : { column_config: sortedKeys(columns) }),
  };
}

function sortedKeys<T extends object>(given: T): T {
  return Object.fromEntries(sortedBy(Object.entries(given), ([key]) => key)) as T;
}

/** Sorts by code units, so that every machine sorts alike. The sort is stable. */
export function sortedBy<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  const keyed = items.map((item) => ({ item, key: keyOf(item) }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return keyed.map(({ item }) => item);
}

/** Source, namespace and name of a table, unambiguously in one text. */
export function sortKey({ source, table }: Pick<TableMetadata, 'source' | 'table'>): string {
  return JSON.stringify([source, schemaOf(table) ?? '', nameOf(table)]);
}

/** The namespace of a table name in metadata; `null`: the default namespace. */
export function schemaOf(table: TableName): string | null {
  return typeof table === 'string' ? null : (table.schema ?? null);
}

/** The name of a table without its namespace. */
export function nameOf(table: TableName): string {
  return typeof table === 'string' ? table : table.name;
}

/** A copy without what JSON lacks: `undefined`, prototypes. */
export function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
