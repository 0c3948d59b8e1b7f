import { tableFinder } from '../../access/index.ts';
import type {
  Relationship,
  RelationshipMetadata,
  RemoteRelationshipMetadata,
  TableMetadata,
} from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import {
  addressOf,
  type EditBase,
  editTable,
  type MetadataEdit,
  spelledTable,
  type TableAddress,
  type TableRef,
} from './edit.ts';
import { renameInRules } from './rename-in-rules.ts';

/** A relationship to be created, by either `foreignKey` or `mapping`. */
export interface NewRelationship {
  readonly name: string;
  readonly kind: 'object' | 'array';
  readonly comment?: string | null;
  /** The target table; one in another source requires `mapping`. */
  readonly to: TableRef;
  /** The columns of a foreign key of this table or of the target. */
  readonly foreignKey?: { readonly columns: readonly string[]; readonly on: 'this' | 'other' } | null;
  /** Pairs of columns whose values have to be equal. */
  readonly mapping?: readonly { readonly from: string; readonly to: string }[] | null;
  /** How keys are compared, for a target in another source. */
  readonly compare?: 'exact' | 'ignore_case' | null;
}

const lists = ['object_relationships', 'array_relationships', 'remote_relationships'] as const;

/** Declares a relationship. Fails with FozError `conflict` for a name that is declared already. */
export function createRelationship(table: TableRef, given: NewRelationship): MetadataEdit {
  return {
    operation: 'relationship.create',
    table,
    apply: (base) => {
      const to = addressOf(base, given.to);
      return editTable(base, table, (entry, address) => {
        refuseTaken(entry, given.name);
        return withDeclared(entry, address, given, to);
      });
    },
  };
}

/** Renames a relationship, also in the conditions of permissions. One derived from a foreign key becomes a declared one. */
export function renameRelationship(table: TableRef, name: string, newName: string): MetadataEdit {
  return {
    operation: 'relationship.rename',
    table,
    apply: (base) => {
      const address = addressOf(base, table);
      const relationship = tableFinder(base.catalog)(table.source, spelledTable(address))?.relationships.find(
        (one) => one.name === name,
      );
      const renamed = editTable(base, table, (entry) => {
        if (newName !== name) refuseTaken(entry, newName);
        if (isDeclared(entry, name)) return mapDeclared(entry, name, (one) => [{ ...one, name: newName }]);
        if (relationship === undefined) throw missing(table, name);
        return withForeignKey(base, entry, relationship, newName);
      });
      return relationship === undefined
        ? renamed
        : renameInRules(renamed, base.catalog, relationship, newName);
    },
  };
}

/** Removes a declared relationship. Fails with FozError `not-supported` for one derived from a foreign key, else `not-found`. */
export function dropRelationship(table: TableRef, name: string): MetadataEdit {
  return {
    operation: 'relationship.drop',
    table,
    apply: (base) => {
      const address = addressOf(base, table);
      return editTable(base, table, (entry) => {
        if (isDeclared(entry, name)) return mapDeclared(entry, name, () => []);
        const found = tableFinder(base.catalog)(table.source, spelledTable(address));
        if (!found?.relationships.some((one) => one.name === name)) throw missing(table, name);
        throw new FozError(
          'not-supported',
          `The relationship ${name} of ${table.table} follows from a foreign key: it is there as long as both tables are.`,
        );
      });
    },
  };
}

/** Whether metadata declares a relationship, rather than a foreign key. */
export function isDeclared(entry: TableMetadata | undefined, name: string): boolean {
  return lists.some((key) => entry?.[key]?.some((one) => one.name === name));
}

function missing({ table }: TableRef, name: string): FozError {
  return new FozError('not-found', `The table ${table} has no relationship "${name}".`);
}

function refuseTaken(entry: TableMetadata, name: string): void {
  if (isDeclared(entry, name))
    throw new FozError('conflict', `There is a relationship "${name}" already: drop or rename it first.`);
}

type Listed = RelationshipMetadata | RemoteRelationshipMetadata;

function mapDeclared(
  entry: TableMetadata,
  name: string,
  change: (one: Listed) => readonly Listed[],
): TableMetadata {
  const changed = lists.flatMap((key) => {
    const list: readonly Listed[] | undefined = entry[key];
    return list === undefined
      ? []
      : [[key, list.flatMap((one) => (one.name === name ? change(one) : [one]))] as const];
  });
  return { ...entry, ...Object.fromEntries(changed) };
}

function withDeclared(
  entry: TableMetadata,
  from: TableAddress,
  { name, kind, comment, foreignKey, mapping, compare }: NewRelationship,
  to: TableAddress,
): TableMetadata {
  const named = { name, ...(comment ? { comment } : {}) };
  if (Boolean(foreignKey) === Boolean(mapping))
    throw new FozError(
      'validation-failed',
      `The relationship ${name} needs either "foreignKey" or "mapping".`,
    );
  const columns = Object.fromEntries((mapping ?? []).map((pair) => [pair.from, pair.to]));
  const table = spelledTable(to);
  if (to.source !== from.source) {
    if (foreignKey)
      throw new FozError(
        'validation-failed',
        `No foreign key leads to another source: give "mapping" to ${name}.`,
      );
    const keys = compare === 'ignore_case' ? { compare } : {};
    const to_source = { source: to.source, table, relationship_type: kind, field_mapping: columns, ...keys };
    return {
      ...entry,
      remote_relationships: [...(entry.remote_relationships ?? []), { ...named, definition: { to_source } }],
    };
  }
  if (compare)
    throw new FozError(
      'validation-failed',
      `"compare" is for relationships into another source: leave it out of ${name}, since within a source the database compares.`,
    );
  const using = foreignKey
    ? {
        foreign_key_constraint_on:
          foreignKey.on === 'this' ? one(foreignKey.columns) : { table, columns: foreignKey.columns },
      }
    : { manual_configuration: { remote_table: table, column_mapping: columns } };
  return added(entry, kind, { ...named, using });
}

/** A declaration, under another name, that is equivalent to a relationship derived from a foreign key. */
function withForeignKey(
  { facts }: EditBase,
  entry: TableMetadata,
  { kind, from, to, mapping, owner }: Relationship,
  name: string,
): TableMetadata {
  const plain = to.namespace === facts.get(to.source.name)?.defaultNamespace;
  const table = spelledTable({ source: to.source.name, namespace: to.namespace, name: to.name, plain });
  const columns = mapping.map((pair) => pair.from.name);
  const isSame = (other: Relationship) =>
    other.owner === owner && other.mapping.every((pair) => columns.includes(pair.from.name));
  // Where several foreign keys have these columns, both sides are named.
  const twins = from.relationships.filter(
    (other) => isSame(other) && other.mapping.length === columns.length,
  );
  const using =
    owner === 'to'
      ? { foreign_key_constraint_on: { table, columns: mapping.map((pair) => pair.to.name) } }
      : twins.length === 1
        ? { foreign_key_constraint_on: one(columns) }
        : {
            manual_configuration: {
              remote_table: table,
              column_mapping: Object.fromEntries(mapping.map((pair) => [pair.from.name, pair.to.name])),
            },
          };
  return added(entry, kind, { name, using });
}

function added(
  entry: TableMetadata,
  kind: 'object' | 'array',
  declared: RelationshipMetadata,
): TableMetadata {
  const key = `${kind}_relationships` as const;
  return { ...entry, [key]: [...(entry[key] ?? []), declared] };
}

function one(columns: readonly string[]): string | readonly string[] {
  return columns.length === 1 ? columns[0]! : columns;
}
