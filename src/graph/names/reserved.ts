import type { Table } from '../../catalog/index.ts';
import type { SourceName } from '../../core/index.ts';
import { rootWord, type Style, typeStem, wordsBefore } from './style.ts';

/** A name that is reserved for an absent table. */
export interface ReservedName {
  readonly source: string;
  readonly name: string;
}

/** The reserved names, in the spelling of `bothNames`. */
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

/** The names of a table's list field and row type, each with its scope. Tables that share one of them clash. */
export function bothNames(style: Style, table: Pick<Table, 'customName'>, base: string): string[] {
  const list = wordsBefore(style, '') + rootWord(style, '', table, base) + style.root.suffix;
  return [`${style.namespace ?? ''} ${list}`, `type ${typeStem(style, table, base)}${style.type.suffix}`];
}
