import type { SourceName } from '../core/index.ts';
import type {
  Catalog,
  CatalogIssue,
  Customization,
  EnumType,
  Naming,
  Relationship,
  Source,
  Table,
} from './catalog.ts';
import { DeclaredTables } from './declared-tables.ts';
import { EnumTables } from './enum-tables.ts';
import type { SourceFacts } from './facts.ts';
import { type KeptNames, noKeptNames } from './kept-names.ts';
import type { Metadata } from './metadata.ts';
import { addRelationships } from './relationships.ts';
import { type EnumOf, resolveTable } from './resolve-table.ts';
import { TableDraft } from './table-draft.ts';

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

function freezeTable(table: Table): void {
  Object.freeze(table.columns);
  Object.freeze(table.relationships);
  Object.freeze(table);
}
