import type { Catalog, Table, TableName } from '../../catalog/index.ts';
import type { SourceName } from '../../core/index.ts';
import { nameOf, schemaOf } from '../metadata/canonical.ts';

/** The table of a catalog that metadata names; `undefined`: it is not served. */
export function tableIn(
  { sources }: Pick<Catalog, 'sources'>,
  source: string,
  name: TableName,
): Table | undefined {
  const found = sources.get(source as SourceName);
  const namespace = schemaOf(name) ?? found?.defaultNamespace ?? null;
  return found?.tables.find((table) => table.name === nameOf(name) && table.namespace === namespace);
}
