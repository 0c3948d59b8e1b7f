import type { SourceName } from '../core/index.ts';
import type { Catalog, CatalogIssue, Source } from './catalog.ts';
import { didYouMean } from './did-you-mean.ts';
import type { TableFacts } from './facts.ts';
import type { KeptNames } from './kept-names.ts';
import type { Metadata, TableMetadata, TableName } from './metadata.ts';
import { renamedHint } from './renamed.ts';

/** The metadata table by table. Reports at the end which entries belong to no table. */
export class DeclaredTables {
  readonly #unused = new Map<string, TableMetadata[]>();
  /** The tables that have an entry. */
  readonly #declared = new Set<string>();
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
      this.#declared.add(identity(source, facts.namespace, facts.name));
      return first;
    }
    return undefined;
  }

  /** The path of an entry in the metadata. */
  pathOf(entry: TableMetadata | undefined): readonly (string | number)[] {
    return entry === undefined ? [] : ['tables', this.#tables.indexOf(entry)];
  }

  /** Reports entries for tables or sources that do not exist or cannot be read, and second entries for the same table. */
  reportUnused(
    { sources, unread, kept }: Pick<Catalog, 'sources' | 'unread'> & { readonly kept: KeptNames },
    issues: CatalogIssue[],
  ): void {
    const unused = [...this.#unused.values()].flat();
    const forbidden = new Map<Source, TableMetadata[]>();
    for (const entry of unused) {
      const source = sources.get(entry.source as SourceName);
      if (source !== undefined && isUnreadable(source, entry.table))
        forbidden.set(source, [...(forbidden.get(source) ?? []), entry]);
      else if (source === undefined) this.#report(entry, noSource({ sources, unread }, entry.source), issues);
      else
        this.#report(
          entry,
          { reason: this.#reasonOf(source, entry, kept), follows: false, at: 'table' },
          issues,
        );
    }
    for (const [source, entries] of forbidden) this.#reportForbidden(source, entries, issues);
  }

  #reasonOf(source: Source, entry: TableMetadata, kept: KeptNames): string {
    const { table } = entry;
    const namespace = namespaceOf(table) ?? source.defaultNamespace;
    const name = nameOf(table);
    const beside = source.tables.filter((other) => other.namespace === namespace);
    if (beside.some((other) => other.name === name))
      return 'metadata names this table twice: this entry is not used';
    const free = beside.filter(
      (other) => !this.#declared.has(identity(source.name, other.namespace, other.name)),
    );
    const keptName = kept.table({ source, namespace, name, customName: null });
    const meant = didYouMean(
      name,
      beside.map((other) => other.name),
    );
    const hint = meant || renamedHint(source, entry, { free, keptName });
    return `metadata names a table that does not exist${hint ?? ''}`;
  }

  #report(
    entry: TableMetadata,
    { reason, follows, at }: { readonly reason: string; readonly follows: boolean; readonly at: string },
    issues: CatalogIssue[],
  ): void {
    const { source, table } = entry;
    const parts = [source, namespaceOf(table), nameOf(table)];
    issues.push({
      severity: 'error',
      where: parts.filter((part) => part !== null).join('.'),
      reason,
      path: [...this.pathOf(entry), at],
      ...(follows ? { topic: 'follows' as const } : {}),
    });
  }

  /** One issue for all tables that the user may not read; the others follow from it, or from the one that says that no table can be read. */
  #reportForbidden(source: Source, entries: readonly TableMetadata[], issues: CatalogIssue[]): void {
    const names = entries.map(({ table }) => nameOf(table));
    const isFollowing = (at: number) => at > 0 || source.tables.length === 0;
    const all = names.length > 5 ? `${names.slice(0, 5).join(', ')}, ...` : names.join(', ');
    for (const [at, entry] of entries.entries()) {
      const reason = isFollowing(at)
        ? 'metadata names a table that the user of the source may not read'
        : `metadata names tables that the user of the source may not read (${all}): grant it select on them`;
      this.#report(entry, { reason, follows: isFollowing(at), at: 'table' }, issues);
    }
  }
}

function noSource({ sources, unread }: Pick<Catalog, 'sources' | 'unread'>, name: string) {
  if (unread.has(name))
    return {
      reason: `the source ${name} was never read, so this is not checked`,
      follows: true,
      at: 'source',
    };
  const known = [...sources.keys(), ...unread];
  const reason = `metadata names the source ${name}, which is not there${didYouMean(name, known)}`;
  return { reason, follows: false, at: 'source' };
}

/** Whether a table exists that the user of the source may not read. */
export function isUnreadable(source: Source, table: TableName): boolean {
  const namespace = namespaceOf(table) ?? source.defaultNamespace;
  return source.unreadable.some((other) => other.name === nameOf(table) && other.namespace === namespace);
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
