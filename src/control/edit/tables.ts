import type {
  RootFieldKind,
  RowValidationMetadata,
  TableConfiguration,
  TableMetadata,
} from '../../catalog/index.ts';
import { editTable, type MetadataEdit, type TableRef, withPart } from './edit.ts';

/** Serves a table that was left out. */
export function trackTable(table: TableRef): MetadataEdit {
  return tableEdit('table.track', table, (entry) => withPart(entry, 'tracked', null));
}

/** Leaves a table out; what is said of it is kept for when it is served again. */
export function untrackTable(table: TableRef): MetadataEdit {
  return tableEdit('table.untrack', table, (entry) => withPart(entry, 'tracked', false));
}

/** How a table appears in the graph. What is absent stays, `null` takes it back to what the database says. */
export interface TableAppearance {
  readonly customName?: string | null;
  readonly comment?: string | null;
  /** Names of single root fields. `select_by_<key name>` is the lookup by a unique key. */
  readonly rootFields?: readonly { readonly field: string; readonly name: string | null }[] | null;
}

/** Names and describes a table. */
export function customizeTable(
  table: TableRef,
  { customName, comment, rootFields }: TableAppearance,
): MetadataEdit {
  return tableEdit('table.customize', table, (entry) => {
    let configuration: TableConfiguration = entry.configuration ?? {};
    if (customName !== undefined) configuration = withPart(configuration, 'custom_name', customName);
    if (comment !== undefined) configuration = withPart(configuration, 'comment', comment);
    if (rootFields !== undefined) configuration = withRootFields(configuration, rootFields);
    return { ...entry, configuration };
  });
}

function withRootFields(
  configuration: TableConfiguration,
  rootFields: NonNullable<TableAppearance['rootFields']> | null,
): TableConfiguration {
  if (rootFields === null) return withPart(configuration, 'custom_root_fields', undefined);
  let fields = configuration.custom_root_fields ?? {};
  for (const { field, name } of rootFields) fields = withPart(fields, field as RootFieldKind, name);
  return { ...configuration, custom_root_fields: fields };
}

/** Declares which columns of a view, or of a table without a key, are unique together; `null`: none. */
export function setTableKey(table: TableRef, columns: readonly string[] | null): MetadataEdit {
  return tableEdit('table.key', table, (entry) => withPart(entry, 'primary_key', columns));
}

/** Whether the rows of a table are the values of an enum. */
export function setEnumTable(table: TableRef, isEnum: boolean): MetadataEdit {
  return tableEdit('table.enum', table, (entry) => withPart(entry, 'is_enum', isEnum ? true : undefined));
}

/** Whether reads of a table are written into the audit log. */
export function auditReads(table: TableRef, enabled: boolean): MetadataEdit {
  return tableEdit('table.audit', table, (entry) =>
    withPart(entry, 'audit_reads', enabled ? true : undefined),
  );
}

/** The conditions that every written row passes, all of them anew. */
export function setRowValidations(
  table: TableRef,
  validations: readonly RowValidationMetadata[],
): MetadataEdit {
  return tableEdit('table.validate', table, (entry) => ({ ...entry, validations }));
}

function tableEdit(
  operation: string,
  table: TableRef,
  change: (entry: TableMetadata) => TableMetadata,
): MetadataEdit {
  return { operation, table, apply: (base) => editTable(base, table, change) };
}
