import { isDeepStrictEqual } from 'node:util';
import type { Catalog, Source } from './catalog.ts';
import { nearest } from './did-you-mean.ts';
import type { Metadata, RemoteRelationshipMetadata, TableMetadata, TableName } from './metadata.ts';

/**
 * Metadata in which misspelt sources and tables of entries (`all`: of their relationships too) are replaced by those that are probably meant, so that what they hide can be checked too.
 * Its entries have the same positions. `null`: nothing is misspelt like that.
 */
export function correctedMetadata(
  { sources }: Pick<Catalog, 'sources'>,
  metadata: Metadata,
  all: boolean,
): Metadata | null {
  const correct = (name: string, table: TableName) => corrected(sources, name, table);
  const tables = metadata.tables.map((entry): TableMetadata => {
    const relationships = all
      ? entry.remote_relationships?.map((one) => withTarget(one, correct))
      : undefined;
    return {
      ...entry,
      ...correct(entry.source, entry.table),
      ...(relationships === undefined ? {} : { remote_relationships: relationships }),
    };
  });
  return isDeepStrictEqual(tables, metadata.tables) ? null : { ...metadata, tables };
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
  if (source === undefined) return { source: given, table };
  const namespace = (typeof table === 'string' ? null : table.schema) ?? source.defaultNamespace;
  const own = typeof table === 'string' ? table : table.name;
  const names = source.tables.filter((other) => other.namespace === namespace).map((other) => other.name);
  const meant = names.includes(own) ? own : (nearest(own, names) ?? own);
  return { source: source.name, table: typeof table === 'string' ? meant : { ...table, name: meant } };
}
