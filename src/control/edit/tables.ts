import type {
  RootFieldKind,
  RowValidationMetadata,
  TableConfiguration,
  TableMetadata,
} from '../../catalog/index.ts';
import { editTable, type MetadataEdit, type TableRef, withPart } from './edit.ts';

/** Adds a table to the graph. */
export function trackTable(table: TableRef): MetadataEdit {
  return tableEdit('table.track', table, (entry) => withPart(entry, 'tracked', null));
}

/** Removes a table from the graph; its metadata is kept for when it is tracked again. */
export function untrackTable(table: TableRef): MetadataEdit {
  return tableEdit('table.untrack', table, (entry) => withPart(entry, 'tracked', false));
}

/** The appearance of a table in the graph. Absent members stay, `null` resets them to the database's values. */
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

/** Declares a unique key for a view, or for a table without a key; `null`: removes it. */
export function setTableKey(table: TableRef, columns: readonly string[] | null): MetadataEdit {
  return tableEdit('table.key', table, (entry) => withPart(entry, 'primary_key', columns));
}

/** Whether the rows of a table are the values of an enum. */
export function setEnumTable(table: TableRef, isEnum: boolean): MetadataEdit {
  return tableEdit('table.enum', table, (entry) => withPart(entry, 'is_enum', isEnum ? true : undefined));
}

/** Whether reads of a table are recorded in the audit log. */
export function auditReads(table: TableRef, enabled: boolean): MetadataEdit {
  return tableEdit('table.audit', table, (entry) =>
    withPart(entry, 'audit_reads', enabled ? true : undefined),
  );
}

/** Replaces the conditions that every written row has to fulfil. */
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
