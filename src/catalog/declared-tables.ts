import type { SourceName } from '../core/index.ts';
import type { CatalogIssue, Source } from './catalog.ts';
import { didYouMean } from './did-you-mean.ts';
import type { TableFacts } from './facts.ts';
import type { Metadata, TableMetadata, TableName } from './metadata.ts';

/** The metadata table by table. Reports at the end which entries belong to no table. */
export class DeclaredTables {
  readonly #unused = new Map<string, TableMetadata[]>();
  readonly #tables: Metadata['tables'];

  constructor({ tables }: Metadata) {
    this.#tables = tables;
    for (const entry of tables) {
      const id = identity(entry.source, namespaceOf(entry.table), nameOf(entry.table));
      const list = this.#unused.get(id);
      if (list === undefined) this.#unused.set(id, [entry]);
      else list.push(entry);
    }
  }

  /** The metadata entry of a table. Each entry is returned once. */
  take(source: string, defaultNamespace: string | null, facts: TableFacts): TableMetadata | undefined {
    const ids = [identity(source, facts.namespace, facts.name)];
    if (facts.namespace === defaultNamespace) ids.unshift(identity(source, null, facts.name));
    for (const id of ids) {
      const [first, ...more] = this.#unused.get(id) ?? [];
      if (first === undefined) continue;
      if (more.length > 0) this.#unused.set(id, more);
      else this.#unused.delete(id);
      return first;
    }
    return undefined;
  }

  /** The path of an entry in the metadata. */
  pathOf(entry: TableMetadata | undefined): readonly (string | number)[] {
    return entry === undefined ? [] : ['tables', this.#tables.indexOf(entry)];
  }

  /** Reports entries for tables or sources that do not exist, and second entries for the same table. */
  reportUnused(sources: ReadonlyMap<string, Source>, issues: CatalogIssue[]): void {
    for (const entry of [...this.#unused.values()].flat()) {
      const { source, table } = entry;
      const parts = [source, namespaceOf(table), nameOf(table)];
      issues.push({
        severity: 'error',
        where: parts.filter((part) => part !== null).join('.'),
        reason: reasonOf(sources, source, table),
        path: ['tables', this.#tables.indexOf(entry), sources.has(source as SourceName) ? 'table' : 'source'],
      });
    }
  }
}

function reasonOf(sources: ReadonlyMap<string, Source>, name: string, table: TableName): string {
  const source = sources.get(name);
  if (source === undefined)
    return `metadata names the source ${name}, which is not there or was never read${didYouMean(name, sources.keys())}`;
  const namespace = namespaceOf(table) ?? source.defaultNamespace;
  return source.tables.some((other) => other.name === nameOf(table) && other.namespace === namespace)
    ? 'metadata names this table twice: this entry is not used'
    : `metadata names a table that does not exist${didYouMean(
        nameOf(table),
        source.tables.filter((other) => other.namespace === namespace).map((other) => other.name),
      )}`;
}

function identity(source: string, namespace: string | null, name: string): string {
  return JSON.stringify([source, namespace, name]);
}

function namespaceOf(table: TableName): string | null {
  return typeof table === 'string' ? null : (table.schema ?? null);
}

function nameOf(table: TableName): string {
  return typeof table === 'string' ? table : table.name;
}
