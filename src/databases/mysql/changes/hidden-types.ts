import type { Settings } from '../options.ts';
import type { Ask } from './ask.ts';
import type { HiddenType } from './native-forms.ts';
import { type HiddenTypes, hiddenKey } from './table-layouts.ts';

/** Reads the properties of columns that MariaDB's binlog lacks. MySQL's has all of them. */
export async function readHiddenTypes(
  ask: Ask,
  { engine, database }: Pick<Settings, 'engine' | 'database'>,
): Promise<HiddenTypes> {
  if (engine === 'mysql') return new Map();
  const columns =
    await ask(`select table_schema, table_name, column_name, if(generation_expression = 'ROW END', 'row end', data_type)
    from information_schema.columns where (data_type in ('uuid', 'inet4', 'inet6', 'vector') or generation_expression = 'ROW END')
    ${within('table_schema', database)}`);
  // A table may have the columns of its versions without listing them, and then they have these names.
  const versioned =
    await ask(`select table_schema, table_name, 'row_end', 'row end' from information_schema.tables
    where table_type = 'SYSTEM VERSIONED'${within('table_schema', database)}`);
  return new Map(
    [...versioned, ...columns].map(([namespace, table, column, type]) => [
      hiddenKey(String(namespace), String(table), String(column)),
      String(type) as HiddenType,
    ]),
  );
}

/** A condition for one namespace, if there is one: MariaDB opens every table of the namespaces that it is asked for. */
export function within(column: string, namespace: string | null): string {
  return namespace === null ? '' : ` and ${column} = '${namespace.replaceAll(/['\\]/g, '\\$&')}'`;
}
