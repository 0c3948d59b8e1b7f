import type { Key, Table } from '../../catalog/index.ts';
import { offersLookup } from '../column-support.ts';
import { joinNames } from './conventions.ts';
import { camelCase, isLegal, spellExact, spellName } from './identifier.ts';
import { rootWord, type Style, wordsBefore } from './style.ts';

/** The unique keys of a table, besides the primary key, by which its rows can be looked up. */
export function lookupKeys(table: Table): Key[] {
  return table.keys.filter(
    (key) => !key.primary && !sameColumns(table.primaryKey, key) && offersLookup(table, key),
  );
}

/** The name of a lookup: the custom one, or `orders_by_shop_id_number` (`ordersByShopIdNumber`). `base`: the table's name in the graph. */
export function lookupName(style: Style, table: Table, base: string, key: Key): string {
  const custom = table.customRootFields[`select_by_${key.name}`];
  if (custom !== undefined && isLegal(custom)) return custom;
  const columns = key.columns.map(({ customName, name }) =>
    customName === null ? spellName(name) : customName,
  );
  const words = spellExact(['by', ...columns].join('_'));
  const ending = style.naming === 'hasura-default' ? words : camelCase(words);
  const before = wordsBefore(style, '') + rootWord(style, '', table, base);
  return joinNames(style.naming, before, ending) + style.root.suffix;
}

function sameColumns(one: Key | null, other: Key): boolean {
  return (
    one !== null &&
    one.columns.length === other.columns.length &&
    one.columns.every((column) => other.columns.includes(column))
  );
}
