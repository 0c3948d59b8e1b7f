import type { Catalog, Metadata, SourceFacts, TableMetadata, TableName } from '../../catalog/index.ts';
import { nameOf, schemaOf } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';

/** A table by its names; `namespace`: absent for the default one. */
export interface TableRef {
  readonly source: string;
  readonly namespace?: string | null;
  readonly table: string;
}

/** A table of a source. `plain`: metadata spells it without its namespace. */
export interface TableAddress {
  readonly source: string;
  readonly namespace: string | null;
  readonly name: string;
  readonly plain: boolean;
}

/** The state that an edit is applied to. */
export interface EditBase {
  readonly metadata: Metadata;
  /** The catalog that results from metadata and sources. */
  readonly catalog: Catalog;
  /** The facts of each source; `null`: it was never read. */
  readonly facts: ReadonlyMap<string, SourceFacts | null>;
}

/** One change of the metadata. */
export interface MetadataEdit {
  /** The name of the edit in the audit log: `table.track` */
  readonly operation: string;
  /** The table that the edit changes; absent: several tables, or something else. */
  readonly table?: TableRef;
  /** Returns the changed metadata; the base stays unchanged. Throws FozError for missing objects and invalid changes. */
  readonly apply: (base: EditBase) => Metadata;
}

/** Resolves a reference to a table. Throws FozError `not-found` when neither the source nor the metadata has it. */
export function addressOf(
  { facts, metadata }: EditBase,
  { source, namespace, table }: TableRef,
): TableAddress {
  const known = facts.get(source);
  const wanted = namespace ?? known?.defaultNamespace ?? null;
  if (known?.tables.some((one) => one.name === table && one.namespace === wanted))
    return { source, namespace: wanted, name: table, plain: wanted === known.defaultNamespace };
  const plain = namespace === undefined || namespace === null;
  const address = { source, namespace: wanted, name: table, plain };
  if (entryOf(metadata, address) !== undefined) return address;
  const place = namespace ? `${namespace}.${table}` : table;
  throw new FozError(
    'not-found',
    facts.has(source) ? `The source ${source} has no table ${place}.` : `There is no source "${source}".`,
  );
}

/** The spelling of a table that is new in metadata. */
export function spelledTable({ namespace, name, plain }: TableAddress): TableName {
  return plain || namespace === null ? name : { schema: namespace, name };
}

/** The metadata entry of a table; of several, the one that takes effect. */
export function entryOf({ tables }: Metadata, address: TableAddress): TableMetadata | undefined {
  const named = tables.filter(
    ({ source, table }) => source === address.source && nameOf(table) === address.name,
  );
  const bare = address.plain ? named.find(({ table }) => schemaOf(table) === null) : undefined;
  return bare ?? named.find(({ table }) => schemaOf(table) === address.namespace);
}

/** Changes the entry of one table. An entry that becomes empty is removed. */
export function editTable(
  base: EditBase,
  ref: TableRef,
  change: (entry: TableMetadata, address: TableAddress) => TableMetadata,
): Metadata {
  const { metadata } = base;
  const address = addressOf(base, ref);
  const found = entryOf(metadata, address);
  const before = found ?? { source: address.source, table: spelledTable(address) };
  const after = withoutNothing(change(before, address));
  const entries = Object.keys(after).length > 2 ? [after] : [];
  const at = found === undefined ? metadata.tables.length : metadata.tables.indexOf(found);
  return {
    ...metadata,
    tables: [...metadata.tables.slice(0, at), ...entries, ...metadata.tables.slice(at + 1)],
  };
}

/** The value with another member; `undefined` and `null` remove the member. */
export function withPart<T extends object, K extends keyof T>(value: T, key: K, part: T[K] | null): T {
  const { [key]: _, ...rest } = value;
  return (part === undefined || part === null ? rest : { ...value, [key]: part }) as T;
}

/** The entry without empty lists and settings. */
function withoutNothing(entry: TableMetadata): TableMetadata {
  const { configuration, ...rest } = entry;
  const lists = Object.entries(rest).filter(([, value]) => !(Array.isArray(value) && value.length === 0));
  const parts = Object.entries(configuration ?? {})
    .map(([key, value]) => [key, key === 'column_config' ? full(value as object) : value] as const)
    .filter(([, value]) => typeof value !== 'object' || !isEmpty(value));
  const settings = parts.length === 0 ? {} : { configuration: Object.fromEntries(parts) };
  return { ...Object.fromEntries(lists), ...settings } as unknown as TableMetadata;
}

function full(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => !isEmpty(inner as object)));
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}
