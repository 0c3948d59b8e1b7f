import {
  type CatalogIssue,
  type ColumnConfig,
  type ColumnFacts,
  type Metadata,
  plain,
  type Relationship,
  type SourceFacts,
  type Table,
  type TableFacts,
  type TableMetadata,
  tableId,
} from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import type { Graphs, SourceRegistry } from '../../views/index.ts';
import { entryOf } from './edit.ts';
import type { PermissionOperation } from './permissions.ts';
import { isDeclared } from './relationships.ts';

/** A column of the database, with its metadata. */
export interface ColumnDescription {
  readonly name: string;
  readonly nativeType: string;
  readonly scalar: string;
  readonly array: boolean;
  readonly nullable: boolean;
  readonly hasDefault: boolean;
  readonly generated: boolean;
  /** Values of the column's enum type; `null`: it has another type. */
  readonly values: readonly string[] | null;
  readonly databaseComment: string | null;
  readonly comment: string | null;
  readonly customName: string | null;
  readonly hidden: boolean;
  readonly validation: readonly unknown[];
}

/** A unique key. */
export interface TableKeyDescription {
  readonly name: string;
  readonly primary: boolean;
  readonly columns: readonly string[];
  /** Whether metadata declares it, rather than the database. */
  readonly declared: boolean;
}

/** A relationship of the graph. */
export interface RelationshipDescription {
  readonly name: string;
  readonly kind: Relationship['kind'];
  readonly origin: 'foreign-key' | 'declared';
  readonly toSource: string;
  readonly toNamespace: string | null;
  readonly toTable: string;
  readonly mapping: readonly { readonly from: string; readonly to: string }[];
  /** How keys of two sources are compared; `null`: within a source, the database compares them. */
  readonly compare: 'exact' | 'ignore_case' | null;
  readonly nullable: boolean;
  readonly comment: string | null;
}

export interface PermissionDescription {
  readonly role: string;
  readonly operation: PermissionOperation;
  /** The declaration in metadata. */
  readonly definition: unknown;
  readonly comment: string | null;
}

/** A table of a source, with its metadata. */
export interface TableDescription {
  readonly id: string;
  readonly source: string;
  readonly namespace: string | null;
  readonly name: string;
  readonly kind: string;
  readonly tracked: boolean;
  /** Whether its rows are the values of an enum. */
  readonly isEnum: boolean;
  /** Whether reads of it are recorded in the audit log. */
  readonly auditReads: boolean;
  readonly databaseComment: string | null;
  readonly comment: string | null;
  readonly customName: string | null;
  readonly rootFields: readonly { readonly field: string; readonly name: string }[];
  readonly estimatedRows: number | null;
  readonly columns: readonly ColumnDescription[];
  readonly keys: readonly TableKeyDescription[];
  readonly relationships: readonly RelationshipDescription[];
  readonly permissions: readonly PermissionDescription[];
  readonly validations: readonly unknown[];
  readonly issues: readonly CatalogIssue[];
}

/** Selects tables; absent members match all. */
export interface TableFilter {
  readonly source?: string | null;
  readonly tracked?: boolean | null;
  /** A part of the name, the custom name or the comment, case-insensitive. */
  readonly search?: string | null;
}

interface Live {
  readonly registry: SourceRegistry;
  readonly graphs: Graphs;
}

/** A page of a list. `limit`: `null` for all of the rest. */
export interface Part {
  readonly limit: number | null;
  readonly offset: number;
}

/** The number of matching tables. */
export function countTables({ registry, graphs }: Live, filter: TableFilter = {}): number {
  return found(registry, graphs.metadata, filter).length;
}

/** Tables of all sources that were ever read, ordered, as they are in the graph now. Throws FozError for an invalid page. */
export function describeTables(
  { registry, graphs }: Live,
  filter: TableFilter = {},
  { limit, offset }: Part = { limit: null, offset: 0 },
): TableDescription[] {
  if (offset < 0 || (limit !== null && limit < 0))
    throw new FozError('validation-failed', 'limit and offset must not be negative.');
  const { metadata, catalog } = graphs;
  const served = new Map(
    [...catalog.sources.values()].flatMap(({ tables }) => tables.map((one) => [one.id, one])),
  );
  const { issues } = graphs.resolve(metadata);
  return found(registry, metadata, filter)
    .slice(offset, limit === null ? undefined : offset + limit)
    .map(({ name, facts, table }) => describe(name, facts, table, metadata, served, issues));
}

function found({ sources }: SourceRegistry, metadata: Metadata, filter: TableFilter) {
  return sources.flatMap(({ name, facts }) => {
    if (facts === null || (filter.source && filter.source !== name)) return [];
    return facts.tables
      .filter((table) => fits(table, name, facts, metadata, filter))
      .map((table) => ({ name, facts, table }));
  });
}

/** One table; `null`: it does not exist. `namespace`: absent for the default one. */
export function describeTable(
  live: Live,
  source: string,
  namespace: string | null,
  name: string,
): TableDescription | null {
  const wanted = namespace ?? live.registry.find(source)?.facts?.defaultNamespace ?? null;
  const found = describeTables(live, { source, search: name });
  return found.find((table) => table.name === name && table.namespace === wanted) ?? null;
}

function entryFor(source: string, facts: SourceFacts, { namespace, name }: TableFacts, metadata: Metadata) {
  return entryOf(metadata, { source, namespace, name, plain: namespace === facts.defaultNamespace });
}

function fits(
  table: TableFacts,
  source: string,
  facts: SourceFacts,
  metadata: Metadata,
  { tracked, search }: TableFilter,
): boolean {
  const entry = entryFor(source, facts, table, metadata);
  if (typeof tracked === 'boolean' && tracked !== (entry?.tracked !== false)) return false;
  if (!search) return true;
  const texts = [
    table.name,
    entry?.configuration?.custom_name,
    entry?.configuration?.comment ?? table.comment,
  ];
  return texts.some((text) => text?.toLowerCase().includes(search.toLowerCase()));
}

function describe(
  source: string,
  facts: SourceFacts,
  table: TableFacts,
  metadata: Metadata,
  served: ReadonlyMap<string, Table>,
  issues: readonly CatalogIssue[],
): TableDescription {
  const entry = entryFor(source, facts, table, metadata);
  const { custom_name, custom_root_fields = {}, column_config = {}, comment } = entry?.configuration ?? {};
  const id = tableId(source, table.namespace, table.name);
  return {
    id,
    source,
    namespace: table.namespace,
    name: table.name,
    kind: table.kind,
    tracked: entry?.tracked !== false,
    isEnum: entry?.is_enum === true,
    auditReads: entry?.audit_reads === true,
    databaseComment: table.comment,
    comment: comment ?? table.comment,
    customName: custom_name ?? null,
    rootFields: Object.entries(custom_root_fields).map(([field, name]) => ({ field, name: name as string })),
    estimatedRows: table.estimatedRows,
    columns: table.columns.map((column) => describeColumn(column, own(column_config, column.name), facts)),
    keys: keysOf(table, entry),
    relationships: (served.get(id)?.relationships ?? []).map((one) => describeRelationship(one, entry)),
    permissions: permissionsOf(entry),
    validations: plain(entry?.validations ?? []),
    issues: issues.filter(
      ({ where }) => where === id || (/^[.:,]/.test(where.slice(id.length)) && where.startsWith(id)),
    ),
  };
}

function own<T>(values: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

function describeColumn(
  column: ColumnFacts,
  config: ColumnConfig | undefined,
  { enums }: SourceFacts,
): ColumnDescription {
  return {
    name: column.name,
    nativeType: column.nativeType,
    scalar: column.scalar,
    array: column.array,
    nullable: column.nullable,
    hasDefault: column.defaultExpression !== null,
    generated: column.generated,
    values: enums.find(({ name }) => name === column.enumName)?.values ?? null,
    databaseComment: column.comment,
    comment: config?.comment ?? column.comment,
    customName: config?.custom_name ?? null,
    hidden: config?.hidden === true,
    validation: plain(config?.validation ?? []),
  };
}

function keysOf(table: TableFacts, entry: TableMetadata | undefined): TableKeyDescription[] {
  const declared = table.primaryKey === null ? entry?.primary_key : undefined;
  const primary = table.primaryKey ?? (declared ? { name: `${table.name}_key`, columns: declared } : null);
  return [
    ...(primary === null ? [] : [{ ...primary, primary: true, declared: declared !== undefined }]),
    ...table.uniqueKeys.map((key) => ({ ...key, primary: false, declared: false })),
  ];
}

function describeRelationship(
  { name, kind, to, mapping, compare, nullable, comment }: Relationship,
  entry: TableMetadata | undefined,
): RelationshipDescription {
  return {
    name,
    kind,
    origin: isDeclared(entry, name) ? 'declared' : 'foreign-key',
    toSource: to.source.name,
    toNamespace: to.namespace,
    toTable: to.name,
    mapping: mapping.map((pair) => ({ from: pair.from.name, to: pair.to.name })),
    compare: compare === undefined ? null : compare === 'exact' ? 'exact' : 'ignore_case',
    nullable,
    comment,
  };
}

function permissionsOf(entry: TableMetadata | undefined): PermissionDescription[] {
  const operations: readonly PermissionOperation[] = ['select', 'insert', 'update', 'delete'];
  return operations.flatMap((operation) =>
    (entry?.[`${operation}_permissions`] ?? []).map(({ role, permission, comment }) => ({
      role,
      operation,
      definition: plain(permission) as unknown,
      comment: comment ?? null,
    })),
  );
}
