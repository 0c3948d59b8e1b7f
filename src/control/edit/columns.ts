import type { ColumnConfig, ColumnValidationMetadata } from '../../catalog/index.ts';
import { editTable, type MetadataEdit, type TableRef, withPart } from './edit.ts';

/** How a column appears in the graph. What is absent stays, `null` takes it back to what the database says. */
export interface ColumnAppearance {
  readonly customName?: string | null;
  readonly comment?: string | null;
  /** `true`: nobody sees it. */
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

/** What values that are written to a column must be, all rules anew; none: no rule. */
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
