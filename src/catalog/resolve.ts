import type { SourceName } from '../core/index.ts';
import type {
  Catalog,
  CatalogIssue,
  Column,
  Customization,
  EnumType,
  Key,
  Naming,
  Relationship,
  Source,
  Table,
} from './catalog.ts';
import { DeclaredTables } from './declared-tables.ts';
import { didYouMean } from './did-you-mean.ts';
import { EnumTables } from './enum-tables.ts';
import type { ColumnFacts, SourceFacts, TableFacts } from './facts.ts';
import { type KeptNames, noKeptNames } from './kept-names.ts';
import type { ColumnConfig, Metadata, TableMetadata } from './metadata.ts';
import { addRelationships } from './relationships.ts';
import { TableDraft } from './table-draft.ts';
import { validationRules } from './validation.ts';

/** One source as configured, with the facts of its database. */
export interface SourceInput {
  readonly name: SourceName;
  readonly naming: Naming;
  readonly numbers: 'string' | 'number';
  readonly customization: Customization;
  readonly facts: SourceFacts;
}

/**
 * Resolves facts and metadata into a frozen catalog. What does not fit is left out and reported in `issues`. `kept`:
 * names that were assigned earlier and stay. `unread`: sources that were never read.
 */
export function resolveCatalog(
  inputs: readonly SourceInput[],
  metadata: Metadata,
  kept: KeptNames = noKeptNames,
  unread: ReadonlySet<string> = new Set(),
): Catalog {
  const issues: CatalogIssue[] = [];
  const drafts: TableDraft[] = [];
  const sources = new Map<SourceName, Source>();
  const declared = new DeclaredTables(metadata);
  for (const input of inputs) sources.set(input.name, resolveSource(input, declared, kept, drafts, issues));
  declared.reportUnused({ sources, unread, kept }, issues);
  addRelationships({ sources, unread }, drafts, { metadata, kept }, issues);
  for (const { table } of drafts) freezeTable(table);
  return Object.freeze({ sources, unread, issues: Object.freeze(issues) });
}

/** `shop.public.orders`, or `shop.orders` on engines without namespaces. */
export function tableId(source: string, namespace: string | null, name: string): string {
  return namespace === null ? `${source}.${name}` : `${source}.${namespace}.${name}`;
}

function resolveSource(
  input: SourceInput,
  declared: DeclaredTables,
  kept: KeptNames,
  drafts: TableDraft[],
  issues: CatalogIssue[],
): Source {
  const { facts, name } = input;
  const enums = new Map(
    facts.enums.map((entry): [string, EnumType] => [
      entry.name,
      { ...entry, values: entry.values.map((value) => ({ value, description: null })) },
    ]),
  );
  const entries = facts.tables.map((table) => ({
    facts: table,
    metadata: declared.take(name, facts.defaultNamespace, table),
  }));
  const enumTables = new EnumTables(name, facts, entries, issues);
  const enumOf: EnumOf = (table, column) =>
    column.enumName === null ? enumTables.typeOf(table, column) : (enums.get(column.enumName) ?? null);
  const tables: Table[] = [];
  const source: Source = {
    name,
    engine: facts.engine,
    version: facts.version,
    naming: input.naming,
    customization: input.customization,
    numbers: input.numbers,
    defaultNamespace: facts.defaultNamespace,
    tables,
    enums: [...enums.values(), ...enumTables.types],
    unreadable: facts.unreadable ?? [],
  };
  for (const issue of facts.issues) {
    issues.push({
      severity: issue.severity ?? 'note',
      where: [name, issue.namespace, issue.table, issue.column].filter((part) => part !== null).join('.'),
      reason: issue.reason,
    });
  }
  if (facts.tables.length === 0 && facts.issues.length === 0)
    issues.push({
      severity: 'note',
      where: name,
      reason:
        'there is no table that its user may read: make one, grant the right to read, or look at "namespaces" and "tables" of the source',
    });
  for (const { facts: tableFacts, metadata } of entries) {
    if (metadata?.tracked === false) continue;
    const lists = { relationships: [] as Relationship[], lost: [...(metadata?.lost_relationships ?? [])] };
    const table = resolveTable(source, tableFacts, metadata, lists, {
      ...{ enumOf, kept, issues },
      pathOf: (entry) => declared.pathOf(entry),
    });
    tables.push(table);
    drafts.push(new TableDraft(table, lists, tableFacts, metadata));
  }
  return source;
}

/** Finds the enum type of a column; `null`: it has none. */
type EnumOf = (table: TableFacts, column: ColumnFacts) => EnumType | null;

/** The context that the tables of a source share; `issues` collects their problems. */
interface TableContext {
  readonly enumOf: EnumOf;
  readonly kept: KeptNames;
  /** The path of an entry in the metadata. */
  readonly pathOf: (entry: TableMetadata | undefined) => readonly (string | number)[];
  readonly issues: CatalogIssue[];
}

function resolveTable(
  source: Source,
  facts: TableFacts,
  metadata: TableMetadata | undefined,
  {
    relationships,
    lost,
  }: { readonly relationships: readonly Relationship[]; readonly lost: readonly string[] },
  { enumOf, kept, pathOf, issues }: TableContext,
): Table {
  const configuration = metadata?.configuration;
  const config = configuration?.column_config ?? {};
  const customName = configuration?.custom_name ?? null;
  const id = tableId(source.name, facts.namespace, facts.name);
  const missing = (name: string, ...path: readonly string[]) =>
    issues.push(missingColumn(id, facts, name, [...pathOf(metadata), ...path]));
  for (const name of Object.keys(config))
    if (!facts.columns.some((column) => column.name === name))
      missing(name, 'configuration', 'column_config', name);
  const visible = facts.columns.filter((column) => config[column.name]?.hidden !== true);
  const columns = visible.map((column, ordinal) =>
    resolveColumn(column, ordinal, config[column.name], enumOf(facts, column), (reason) =>
      issues.push({ severity: 'error', where: `${id}.${column.name}`, reason }),
    ),
  );
  const byName = new Map(columns.map((column) => [column.name, column]));
  const { primaryKey, keys } = resolveKeys(facts, metadata, byName, id, issues);
  const versionColumn = versionColumnOf(facts, metadata, (name) =>
    missing(name, 'changes', 'version_column'),
  );
  return {
    source,
    namespace: facts.namespace,
    name: facts.name,
    id,
    kind: facts.kind,
    comment: configuration?.comment ?? facts.comment,
    customName,
    keptName: kept.table({ source, namespace: facts.namespace, name: facts.name, customName }),
    customRootFields: configuration?.custom_root_fields ?? {},
    columns,
    column: byName,
    primaryKey,
    keys,
    relationships,
    constraints: constraintsOf(facts),
    lostRelationships: lost,
    insertable: facts.insertable,
    updatable: facts.updatable,
    deletable: facts.deletable,
    triggers: facts.triggers ?? {},
    resolvesConflicts: facts.resolvesConflicts ?? false,
    rowRules: (metadata?.validations ?? []).map(({ message }) => message),
    auditReads: metadata?.audit_reads ?? false,
    versionColumn,
    access: null,
  };
}

/** The issue of a name in the metadata of a table that none of its columns has. */
function missingColumn(
  id: string,
  { columns }: TableFacts,
  name: string,
  path: readonly (string | number)[],
): CatalogIssue {
  const like = didYouMean(
    name,
    columns.map((column) => column.name),
  );
  return {
    severity: 'error',
    where: `${id}.${name}`,
    reason: `metadata names a column that does not exist${like}`,
    path,
  };
}

/** The declared version column, which may be hidden; `null`: there is none. `refuse`: called for a name that no column has. */
function versionColumnOf(
  { columns }: TableFacts,
  metadata: TableMetadata | undefined,
  refuse: (name: string) => void,
): Column | null {
  const name = metadata?.changes?.version_column;
  if (name === undefined) return null;
  const found = columns.findIndex((column) => column.name === name);
  if (found >= 0) return resolveColumn(columns[found]!, found, undefined, null, () => {});
  refuse(name);
  return null;
}

function constraintsOf({ primaryKey, uniqueKeys, foreignKeys, constraints = [] }: TableFacts) {
  const keys = [...uniqueKeys, ...(primaryKey === null ? [] : [primaryKey])];
  return new Map(
    [...constraints, ...foreignKeys, ...keys].map(({ name, columns }): [string, readonly string[]] => [
      name,
      columns,
    ]),
  );
}

function resolveColumn(
  facts: ColumnFacts,
  ordinal: number,
  config: ColumnConfig | undefined,
  enumType: EnumType | null,
  refuse: (reason: string) => void,
): Column {
  return Object.freeze({
    name: facts.name,
    customName: config?.custom_name ?? null,
    type: Object.freeze({
      scalar: facts.scalar,
      array: facts.array,
      nativeType: facts.castType ?? undefined,
      scale: facts.scale,
      ...(facts.compares === undefined ? {} : { compares: facts.compares }),
      ...(facts.lenient === true ? { lenient: true as const } : {}),
      ...(facts.domain === true ? { domain: true as const } : {}),
      ...(facts.collation === undefined ? {} : { collation: facts.collation }),
      ...(facts.loose === true ? { loose: true as const } : {}),
      ...(facts.respelled === true && enumType !== null
        ? { respelled: enumType.values.map(({ value }) => value) }
        : {}),
    }),
    enumType,
    nativeType: facts.nativeType,
    nullable: facts.nullable,
    hasDefault: facts.defaultExpression !== null,
    identity: facts.identity,
    generated: facts.generated,
    maxLength: facts.maxLength,
    precision: facts.precision,
    scale: facts.scale,
    range: facts.range,
    comment: config?.comment ?? facts.comment,
    ordinal,
    mask: null,
    validation: validationOf(config, facts, refuse),
  });
}

/** The validation rules of a column. An impossible rule is left out and reported. */
function validationOf(
  config: ColumnConfig | undefined,
  { scalar, array }: ColumnFacts,
  refuse: (reason: string) => void,
): Column['validation'] {
  return (config?.validation ?? []).flatMap((given) => {
    try {
      return validationRules([given], { scalar, array });
    } catch (error) {
      refuse(`a validation rule is not used: ${(error as Error).message}`);
      return [];
    }
  });
}

function resolveKeys(
  facts: TableFacts,
  metadata: TableMetadata | undefined,
  byName: ReadonlyMap<string, Column>,
  id: string,
  issues: CatalogIssue[],
) {
  const keyOf = (name: string, primary: boolean, names: readonly string[]): Key | null => {
    const columns = names.map((column) => byName.get(column));
    if (columns.some((column) => column === undefined)) return null;
    return Object.freeze({ name, primary, columns: columns as Column[] });
  };
  let primaryKey =
    facts.primaryKey === null ? null : keyOf(facts.primaryKey.name, true, facts.primaryKey.columns);
  if (facts.primaryKey !== null && metadata?.primary_key !== undefined) {
    issues.push({
      severity: 'note',
      where: id,
      reason: 'the table has a primary key, so the declared one is not used',
    });
  } else if (metadata?.primary_key !== undefined) {
    primaryKey = keyOf(`${facts.name}_key`, true, metadata.primary_key);
    if (primaryKey === null)
      issues.push({
        severity: 'error',
        where: id,
        reason: `the declared primary_key names a column that does not exist: ${metadata.primary_key.join(', ')}`,
      });
  }
  const unique = facts.uniqueKeys
    .map((key) => keyOf(key.name, false, key.columns))
    .filter((key) => key !== null);
  const keys = [
    ...(primaryKey === null ? [] : [primaryKey]),
    ...unique.sort((a, b) => (a.name < b.name ? -1 : 1)),
  ];
  return { primaryKey, keys };
}

function freezeTable(table: Table): void {
  Object.freeze(table.columns);
  Object.freeze(table.relationships);
  Object.freeze(table);
}
