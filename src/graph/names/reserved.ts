import type { Table } from '../../catalog/index.ts';
import type { SourceName } from '../../core/index.ts';
import { rootWord, type Style, typeStem, wordsBefore } from './style.ts';

/** A name that a table which is not there keeps. */
export interface ReservedName {
  readonly source: string;
  readonly name: string;
}

/** Reserved names as `bothNames` spells them. */
export function reservedNames(
  reserved: readonly ReservedName[],
  styles: ReadonlyMap<SourceName, Style>,
): ReadonlySet<string> {
  return new Set(
    reserved.flatMap(({ source, name }) => {
      const style = styles.get(source as SourceName);
      return style === undefined ? [] : bothNames(style, { customName: null }, name);
    }),
  );
}

/** The list and the type of a table, told apart by where they stand: tables that share one of them clash. */
export function bothNames(style: Style, table: Pick<Table, 'customName'>, base: string): string[] {
  const list = wordsBefore(style, '') + rootWord(style, '', table, base) + style.root.suffix;
  return [`${style.namespace ?? ''} ${list}`, `type ${typeStem(style, table, base)}${style.type.suffix}`];
}
