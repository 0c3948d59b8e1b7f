import type { Settings } from '../options.ts';
import type { HiddenType } from './native-forms.ts';
import { type HiddenTypes, hiddenKey } from './table-layouts.ts';

/** Reads the columns of MariaDB whose types its binlog does not tell. MySQL's tells them all. */
export async function readHiddenTypes(
  ask: (text: string) => Promise<readonly (readonly unknown[])[]>,
  { engine, database }: Pick<Settings, 'engine' | 'database'>,
): Promise<HiddenTypes> {
  if (engine === 'mysql') return new Map();
  // The server opens every table of the namespaces that it is asked for.
  const among = database === null ? '' : `table_schema = '${database.replaceAll(/['\\]/g, '\\$&')}' and `;
  const rows =
    await ask(`select table_schema, table_name, column_name, data_type from information_schema.columns
    where ${among}data_type in ('uuid', 'inet4', 'inet6', 'vector')`);
  return new Map(
    rows.map(([namespace, table, column, type]) => [
      hiddenKey(String(namespace), String(table), String(column)),
      String(type) as HiddenType,
    ]),
  );
}
