import type { ColumnConfig, ColumnValidationMetadata } from '../../catalog/index.ts';
import { editTable, type MetadataEdit, type TableRef, withPart } from './edit.ts';

/** The appearance of a column in the graph. Absent members stay, `null` resets them to the database's values. */
export interface ColumnAppearance {
  readonly customName?: string | null;
  readonly comment?: string | null;
  /** `true`: the column is not in the graph. */
  readonly hidden?: boolean | null;
}

/** Renames, describes, hides or shows a column. */
export function customizeColumn(
  table: TableRef,
  column: string,
  { customName, comment, hidden }: ColumnAppearance,
): MetadataEdit {
  return columnEdit('column.customize', table, column, (before) => {
    let config = before;
    if (customName !== undefined) config = withPart(config, 'custom_name', customName);
    if (comment !== undefined) config = withPart(config, 'comment', comment);
    if (hidden !== undefined) config = withPart(config, 'hidden', hidden === true ? true : undefined);
    return config;
  });
}

/** Replaces the validation rules for values written to a column; none: removes them. */
export function setColumnValidation(
  table: TableRef,
  column: string,
  rules: readonly ColumnValidationMetadata[],
): MetadataEdit {
  return columnEdit('column.validate', table, column, (config) =>
    withPart(config, 'validation', rules.length === 0 ? undefined : rules),
  );
}

function columnEdit(
  operation: string,
  table: TableRef,
  column: string,
  change: (config: ColumnConfig) => ColumnConfig,
): MetadataEdit {
  return {
    operation,
    table,
    apply: (base) =>
      editTable(base, table, (entry) => {
        const columns = entry.configuration?.column_config ?? {};
        const changed = change(Object.hasOwn(columns, column) ? columns[column]! : {});
        return {
          ...entry,
          configuration: { ...entry.configuration, column_config: { ...columns, [column]: changed } },
        };
      }),
  };
}
