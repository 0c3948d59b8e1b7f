import type { Settings } from '../options.ts';
import type { HiddenType } from './native-forms.ts';
import { type HiddenTypes, hiddenKey } from './table-layouts.ts';

/** Reads the columns of MariaDB whose types its binlog does not tell. MySQL's tells them all. */
export async function readHiddenTypes(
  ask: (text: string) => Promise<readonly (readonly unknown[])[]>,
  { engine, database }: Pick<Settings, 'engine' | 'database'>,
): Promise<HiddenTypes> {
  if (engine === 'mysql') return new Map();
  const columns = 'table_schema, table_name, column_name, data_type';
  const rows = await ask(`select ${columns} from information_schema.columns
    where data_type in ('uuid', 'inet4', 'inet6', 'vector')${within('table_schema', database)}`);
  return new Map(
    rows.map(([namespace, table, column, type]) => [
      hiddenKey(String(namespace), String(table), String(column)),
      String(type) as HiddenType,
    ]),
  );
}

/** A condition for one namespace, if there is one: MariaDB opens every table of the namespaces that it is asked for. */
export function within(column: string, namespace: string | null): string {
  return namespace === null ? '' : ` and ${column} = '${namespace.replaceAll(/['\\]/g, '\\$&')}'`;
}
