import type { ColumnFacts } from '../../catalog/index.ts';

/**
 * The columns of a table with their types, in their order, as a text. Where columns were only added at the end, it begins with the text
 * from before. Empty: they are not known.
 */
export function shapeOf(columns: readonly Pick<ColumnFacts, 'name' | 'nativeType'>[]): string {
  return columns.map(({ name, nativeType }) => `${JSON.stringify([name, nativeType])}\n`).join('');
}

/**
 * Whether columns still mean what they meant. After a column was renamed, retyped or dropped, another one may have its name, and the
 * permissions of today are not those of its former values.
 */
export function isContinued(before: string, now: string): boolean {
  return before === '' || now === '' || now.startsWith(before);
}
