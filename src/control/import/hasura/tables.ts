import type { TableName } from '../../../catalog/index.ts';
import { isEntry } from './read-tree.ts';

/** `orders`, `{ schema, name }` or `[schema, name]`; `undefined`: any other form. */
export function tableNameOf(given: unknown): TableName | undefined {
  if (typeof given === 'string') return given;
  if (Array.isArray(given) && given.every((part) => typeof part === 'string')) {
    const [name, schema] = [...given].reverse() as string[];
    if (given.length === 1) return name;
    return given.length === 2 ? { schema, name: name! } : undefined;
  }
  if (!isEntry(given) || typeof given.name !== 'string') return undefined;
  return typeof given.schema === 'string' ? { schema: given.schema, name: given.name } : given.name;
}

/** `public.orders`, for messages. */
export function spelledTable(table: TableName): string {
  if (typeof table === 'string') return table;
  return table.schema == null ? table.name : `${table.schema}.${table.name}`;
}
