import { type Column, familyOf, type Table } from '../../src/catalog/index.ts';
import type { Dice } from './dice.ts';
import { rowsOfTable } from './tables.ts';
import { answered, type Held, plain } from './values.ts';

function held(table: Table, column: Column): Held[] {
  return rowsOfTable(table)
    .map((row) => row[column.name]!)
    .filter((value) => value !== null);
}

/** A value as a client sends it: usually one that the column contains, sometimes a similar one. */
export function sample(dice: Dice, table: Table, column: Column): unknown {
  const values = held(table, column);
  const value = values.length === 0 ? null : answered(column.type, dice.pick(values));
  const family = familyOf(column.type.scalar);
  if (value === null) return elsewhere[family] ?? '0';
  if (!dice.chance(25)) return value;
  if (family === 'integer') {
    const near = BigInt(String(value)) + BigInt(dice.whole(3) - 1);
    const fits = near >= BigInt(column.range?.[0] ?? -32768) && near <= BigInt(column.range?.[1] ?? 32767);
    return fits ? (typeof value === 'string' ? String(near) : Number(near)) : value;
  }
  if (family === 'decimal') return `${String(value)}5`.replace(/^(-?\d+)5$/, '$1.5');
  if (family === 'text') return `${String(value)}x`.slice(0, column.maxLength ?? undefined);
  return value;
}

const elsewhere: Readonly<Record<string, unknown>> = {
  integer: 0,
  float: 0.5,
  boolean: true,
  date: '2024-01-01',
  time: '12:00:00',
  timestamp: '2024-01-01T00:00:00',
  uuid: '00000000-0000-0000-0000-000000000000',
  json: {},
};

/** Part of a text of the column, without characters that are special in patterns and regular expressions. */
export function fragment(dice: Dice, table: Table, column: Column): string {
  const text = String(dice.pick([...held(table, column), 'a']));
  const words = text.split(/[^\p{L}\p{N} ]+/u).filter(Boolean);
  const word = words.length === 0 ? 'a' : dice.pick(words);
  const start = dice.whole(word.length);
  return [...word.slice(start, start + 1 + dice.whole(4))].join('');
}

/** A part of a document that the column holds, or a document of one's own. */
export function document(dice: Dice, table: Table, column: Column): unknown {
  const value = plain(dice.pick([...held(table, column), null]));
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value ?? {};
  const entries = Object.entries(value);
  return entries.length === 0 || dice.chance(30) ? value : Object.fromEntries([dice.pick(entries)]);
}

/** A key that some document of the column has, or none has. */
export function documentKey(dice: Dice, table: Table, column: Column): string {
  const keys = held(table, column).flatMap((value) => {
    const document = plain(value);
    return document !== null && typeof document === 'object' && !Array.isArray(document)
      ? Object.keys(document)
      : [];
  });
  return dice.pick([...keys, 'nothing']);
}

/** Whether every engine puts the column's values into the same order, whatever the collation. */
export function ordersAlike(table: Table, column: Column): boolean {
  if (familyOf(column.type.scalar) !== 'text') return true;
  return held(table, column).every((value) => /^[a-z0-9]*$/.test(String(value)));
}

/** Whether the column contains integers beyond the precision of doubles, with which engines compute averages and deviations. */
export function exceedsDoubles(table: Table, column: Column): boolean {
  if (familyOf(column.type.scalar) !== 'integer') return false;
  return held(table, column).some((value) => !Number.isSafeInteger(Number(value)));
}
