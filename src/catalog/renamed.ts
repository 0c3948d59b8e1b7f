import type { Source, Table } from './catalog.ts';
import { keptTableId, resetCommand } from './kept-names.ts';
import type { TableMetadata } from './metadata.ts';

/**
 * The hint that the table of an entry was probably renamed: exactly one of the tables without an entry has all columns that the entry
 * names. `null`: there is no such table. `keptName`: the name in the graph that is kept for the table that is gone.
 */
export function renamedHint(
  source: Source,
  entry: TableMetadata,
  { free, keptName }: { readonly free: readonly Table[]; readonly keptName: string | null },
): string | null {
  const columns = namedColumns(entry);
  const [found, ...others] = free.filter(({ column }) => columns.every((name) => column.has(name)));
  if (columns.length === 0 || found === undefined || others.length > 0) return null;
  const { schema = null, name } = typeof entry.table === 'string' ? { name: entry.table } : entry.table;
  const place = keptTableId({ source, namespace: schema ?? source.defaultNamespace, name });
  const custom = entry.configuration?.custom_name;
  return [
    `. ${found.name} has all columns that are named here: renamed? Then write table: ${found.name}`,
    ...(custom === undefined
      ? [`to keep the name in the graph, add configuration: { custom_name: ${keptName ?? name} }`]
      : []),
    ...(keptName === null ? [] : [`to free the name for another table: ${resetCommand(source.name, place)}`]),
  ].join('; ');
}

/** The columns that an entry names for certain. Keys of conditions may be relationships. */
function namedColumns(entry: TableMetadata): string[] {
  const permissions = [
    ...(entry.select_permissions ?? []),
    ...(entry.insert_permissions ?? []),
    ...(entry.update_permissions ?? []),
  ].flatMap(({ permission: { columns } }) => (Array.isArray(columns) ? (columns as readonly string[]) : []));
  const relationships = (entry.remote_relationships ?? []).flatMap(({ definition }) =>
    Object.keys(definition.to_source.field_mapping),
  );
  const configured = Object.keys(entry.configuration?.column_config ?? {});
  return [...new Set([...permissions, ...relationships, ...configured, ...(entry.primary_key ?? [])])];
}
