import type { Table } from '../../catalog/index.ts';
import type { SourceName } from '../../core/index.ts';
import { rootWord, type Style, typeStem, wordsBefore } from './style.ts';

/** A name that is reserved for an absent table. */
export interface ReservedName {
  readonly source: string;
  readonly name: string;
  /** The absent table: `orders`, or `sales.orders` outside of the default namespace. */
  readonly place: string;
}

/** The reserved names by their spelling in `bothNames`. */
export function reservedNames(
  reserved: readonly ReservedName[],
  styles: ReadonlyMap<SourceName, Style>,
): ReadonlyMap<string, ReservedName> {
  return new Map(
    reserved.flatMap((one) => {
      const style = styles.get(one.source as SourceName);
      const names = style === undefined ? [] : bothNames(style, { customName: null }, one.name);
      return names.map((name) => [name, one] as const);
    }),
  );
}

/** The names of a table's list field and row type, each with its scope. Tables that share one of them clash. */
export function bothNames(style: Style, table: Pick<Table, 'customName'>, base: string): string[] {
  const list = wordsBefore(style, '') + rootWord(style, '', table, base) + style.root.suffix;
  return [`${style.namespace ?? ''} ${list}`, `type ${typeStem(style, table, base)}${style.type.suffix}`];
}
