import type { namedLists, TableMetadata } from '../../catalog/index.ts';

/** The smallest unit of metadata in a diff, such as one permission. */
export interface Part {
  readonly kind: PartKind;
  /** `select_permissions.buyer` */
  readonly path: string;
  /** The role, relationship, column or setting. */
  readonly name: string;
  readonly value: unknown;
}

export type PartKind =
  | 'entry'
  | 'setting'
  | 'column'
  | 'root field'
  | 'object relationship'
  | 'array relationship'
  | 'relationship to another source'
  | 'validation'
  | 'read'
  | 'insert'
  | 'update'
  | 'delete'
  | 'event trigger'
  | 'inherited role'
  | (typeof namedLists)[number];

const lists = {
  object_relationships: { kind: 'object relationship', name: 'name' },
  array_relationships: { kind: 'array relationship', name: 'name' },
  remote_relationships: { kind: 'relationship to another source', name: 'name' },
  select_permissions: { kind: 'read', name: 'role' },
  insert_permissions: { kind: 'insert', name: 'role' },
  update_permissions: { kind: 'update', name: 'role' },
  delete_permissions: { kind: 'delete', name: 'role' },
  event_triggers: { kind: 'event trigger', name: 'name' },
} as const satisfies Partial<Record<keyof TableMetadata, { kind: PartKind; name: string }>>;

/** All parts of a table's entry. The first one stands for the entry itself, with the spelling of the table. */
export function partsOf(entry: TableMetadata): Part[] {
  const { source: _, table, configuration, validations, ...rest } = entry;
  const parts: Part[] = [{ kind: 'entry', path: 'table', name: 'table', value: table }];
  for (const [key, value] of Object.entries(rest)) {
    if (key in lists) parts.push(...listParts(key as keyof typeof lists, value));
    else parts.push({ kind: 'setting', path: key, name: key, value });
  }
  if (configuration !== undefined) parts.push(...configurationParts(configuration));
  for (const [at, value] of (validations ?? []).entries())
    parts.push({ kind: 'validation', path: `validations[${at}]`, name: value.message, value });
  if (validations?.length === 0)
    parts.push({ kind: 'setting', path: 'validations', name: 'validations', value: validations });
  return parts;
}

function listParts(key: keyof typeof lists, value: unknown): Part[] {
  const { kind, name: by } = lists[key];
  return (value as readonly Readonly<Record<string, unknown>>[]).map((item) => {
    const { [by]: name, ...rest } = item;
    return { kind, path: `${key}.${name}`, name: String(name), value: rest };
  });
}

function configurationParts(configuration: NonNullable<TableMetadata['configuration']>): Part[] {
  const { column_config, custom_root_fields, ...rest } = configuration;
  const parts = Object.entries(rest).map(
    ([key, value]): Part => ({ kind: 'setting', path: `configuration.${key}`, name: key, value }),
  );
  const groups = [
    ['column', 'column_config', column_config],
    ['root field', 'custom_root_fields', custom_root_fields],
  ] as const;
  for (const [kind, group, given] of groups)
    for (const [name, value] of Object.entries(given ?? {}))
      parts.push({ kind, path: `configuration.${group}.${name}`, name, value });
  const empty = Object.entries({ configuration, column_config, custom_root_fields }).filter(
    ([, value]) => value !== undefined && Object.keys(value).length === 0,
  );
  for (const [name, value] of empty)
    parts.push({
      kind: 'setting',
      path: name === 'configuration' ? name : `configuration.${name}`,
      name,
      value,
    });
  return parts;
}
