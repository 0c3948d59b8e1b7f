import { isDeepStrictEqual } from 'node:util';
import type { Catalog, Source } from './catalog.ts';
import { isUnreadable } from './declared-tables.ts';
import { nearest } from './did-you-mean.ts';
import type { Metadata, RemoteRelationshipMetadata, TableMetadata, TableName } from './metadata.ts';

/**
 * Replaces misspelt names of sources and tables in metadata (`all`: those in relationships too) by the ones that are probably meant, so that
 * the entries behind them can be checked. Sources that were never read do not count as misspelt. Entries keep their positions. `null`: no
 * name is misspelt.
 */
export function correctedMetadata(
  { sources, unread }: Pick<Catalog, 'sources' | 'unread'>,
  metadata: Metadata,
  all: boolean,
): Metadata | null {
  const correct = (source: string, table: TableName) =>
    unread.has(source) ? { source, table } : corrected(sources, source, table);
  const named = new Set(metadata.tables.map((entry) => spelled(sources, entry)));
  const tables = metadata.tables.map((entry): TableMetadata => {
    const own = correct(entry.source, entry.table);
    // A table that has an entry of its own is not the one that is meant.
    const isTaken = named.has(spelled(sources, own)) && spelled(sources, own) !== spelled(sources, entry);
    const relationships = all
      ? entry.remote_relationships?.map((one) => withTarget(one, correct))
      : undefined;
    return {
      ...entry,
      ...(isTaken ? {} : own),
      ...(relationships === undefined ? {} : { remote_relationships: relationships }),
    };
  });
  return isDeepStrictEqual(tables, metadata.tables) ? null : { ...metadata, tables };
}

function spelled(
  sources: ReadonlyMap<string, Source>,
  { source, table }: Pick<TableMetadata, 'source' | 'table'>,
): string {
  const { schema = null, name } = typeof table === 'string' ? { name: table } : table;
  return JSON.stringify([source, schema ?? sources.get(source)?.defaultNamespace ?? null, name]);
}

type Correct = (source: string, table: TableName) => { readonly source: string; readonly table: TableName };

function withTarget(entry: RemoteRelationshipMetadata, correct: Correct): RemoteRelationshipMetadata {
  const { to_source: target } = entry.definition;
  return {
    ...entry,
    definition: { ...entry.definition, to_source: { ...target, ...correct(target.source, target.table) } },
  };
}

function corrected(
  sources: ReadonlyMap<string, Source>,
  given: string,
  table: TableName,
): ReturnType<Correct> {
  const name = sources.has(given) ? given : nearest(given, sources.keys());
  const source = name === undefined ? undefined : sources.get(name);
  if (source === undefined || isUnreadable(source, table)) return { source: source?.name ?? given, table };
  const namespace = (typeof table === 'string' ? null : table.schema) ?? source.defaultNamespace;
  const own = typeof table === 'string' ? table : table.name;
  const names = source.tables.filter((other) => other.namespace === namespace).map((other) => other.name);
  const meant = names.includes(own) ? own : (nearest(own, names) ?? own);
  return { source: source.name, table: typeof table === 'string' ? meant : { ...table, name: meant } };
}
