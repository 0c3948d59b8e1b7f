import { type FindTable, tableFinder } from '../../access/index.ts';
import type {
  BoolExp,
  Catalog,
  Metadata,
  Relationship,
  Table,
  TableMetadata,
  TableName,
} from '../../catalog/index.ts';

const permissionLists = [
  'select_permissions',
  'insert_permissions',
  'update_permissions',
  'delete_permissions',
] as const;

/** Renames a relationship in every condition that refers to it; `catalog` still has the old name. */
export function renameInRules(
  metadata: Metadata,
  catalog: Pick<Catalog, 'sources'>,
  relationship: Relationship,
  name: string,
): Metadata {
  const renamed = new Renaming(catalog, relationship, name);
  return { ...metadata, tables: metadata.tables.map((entry) => renamed.entry(entry)) };
}

class Renaming {
  readonly #find: FindTable;
  readonly #relationship: Relationship;
  readonly #name: string;

  constructor(catalog: Pick<Catalog, 'sources'>, relationship: Relationship, name: string) {
    this.#find = tableFinder(catalog);
    this.#relationship = relationship;
    this.#name = name;
  }

  entry(entry: TableMetadata): TableMetadata {
    const table = this.#find(entry.source, entry.table);
    if (table === undefined) return entry;
    const lists = permissionLists.flatMap((key) => {
      const list: readonly { readonly permission: unknown }[] | undefined = entry[key];
      return list === undefined
        ? []
        : [
            [
              key,
              list.map((one) => ({ ...one, permission: this.#permission(table, one.permission) })),
            ] as const,
          ];
    });
    const validations = entry.validations?.map((one) => ({
      ...one,
      check: this.#rule(table, one.check) as BoolExp,
    }));
    return { ...entry, ...Object.fromEntries(lists), ...(validations === undefined ? {} : { validations }) };
  }

  #permission(table: Table, permission: unknown): unknown {
    return mapped(permission, (key, value) => {
      if (key === 'filter' || key === 'check') return [key, this.#rule(table, value)];
      return [
        key,
        key === 'masks' ? mapped(value, (column, rule) => [column, this.#rule(table, rule)]) : value,
      ];
    });
  }

  #rule(table: Table, rule: unknown): unknown {
    if (Array.isArray(rule)) return rule.map((part) => this.#rule(table, part));
    return mapped(rule, (key, value) => this.#part(table, key, value));
  }

  #part(table: Table, key: string, value: unknown): [string, unknown] {
    const word = key.replace(/^\$/, '_');
    if (['_and', '_or', '_not', '_some', '_every', '_none'].includes(word))
      return [key, this.#rule(table, value)];
    if (word === '_exists') return [key, this.#exists(table, value)];
    const relationship = table.column.has(key)
      ? undefined
      : table.relationships.find(({ name }) => name === key);
    if (relationship === undefined) return [key, value];
    return [relationship === this.#relationship ? this.#name : key, this.#rule(relationship.to, value)];
  }

  #exists(table: Table, value: unknown): unknown {
    const named = (value as { readonly _table?: TableName } | null)?._table;
    const other = this.#find(table.source.name, named);
    if (other === undefined) return value;
    return mapped(value, (key, inner) => [key, key === '_where' ? this.#rule(other, inner) : inner]);
  }
}

/** Maps each key and value of an object; other values are returned unchanged. */
function mapped(value: unknown, change: (key: string, value: unknown) => [string, unknown]): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => change(key, inner)));
}
