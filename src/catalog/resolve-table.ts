import type { CatalogIssue, Column, EnumType, Key, Relationship, Source, Table } from './catalog.ts';
import { didYouMean } from './did-you-mean.ts';
import type { ColumnFacts, TableFacts } from './facts.ts';
import type { KeptNames } from './kept-names.ts';
import type { TableMetadata } from './metadata.ts';
import { resolveColumn } from './resolve-column.ts';
import { tableId } from './table-id.ts';

/** Finds the enum type of a column; `null`: it has none. */
export type EnumOf = (table: TableFacts, column: ColumnFacts) => EnumType | null;

/** The context that the tables of a source share; `issues` collects their problems. */
export interface TableContext {
  readonly enumOf: EnumOf;
  readonly kept: KeptNames;
  /** The path of an entry in the metadata. */
  readonly pathOf: (entry: TableMetadata | undefined) => readonly (string | number)[];
  readonly issues: CatalogIssue[];
}

/** Resolves a table. Its `relationships` and `lost` ones are filled in later, once all tables are known. */
export function resolveTable(
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
