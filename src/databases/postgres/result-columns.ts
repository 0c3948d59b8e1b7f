import type { Scalar } from '../../catalog/index.ts';
import type { ResultColumn } from '../../plan/index.ts';
import { jsonOf } from '../../sql/index.ts';
import { textOf } from './scalars.ts';

/** The scalars of PostgreSQL's own types by their ids, which are the same on every server. Other types are shown as their text. */
const types: Readonly<Record<number, Scalar>> = {
  16: 'boolean',
  17: 'bytea',
  20: 'bigint',
  21: 'smallint',
  23: 'int',
  26: 'bigint',
  114: 'json',
  700: 'real',
  701: 'float',
  1082: 'date',
  1083: 'time',
  1114: 'timestamp',
  1184: 'timestamptz',
  1186: 'interval',
  1266: 'timetz',
  1700: 'numeric',
  2950: 'uuid',
  3802: 'jsonb',
};

/** The ids of the types whose arrays have these ids. `25`: text. */
const elements: Readonly<Record<number, number>> = {
  199: 114,
  1000: 16,
  1001: 17,
  1002: 25,
  1003: 25,
  1005: 21,
  1007: 23,
  1009: 25,
  1014: 25,
  1015: 25,
  1016: 20,
  1021: 700,
  1022: 701,
  1028: 26,
  1115: 1114,
  1182: 1082,
  1183: 1083,
  1185: 1184,
  1187: 1186,
  1231: 1700,
  1270: 1266,
  2951: 2950,
  3807: 3802,
};

/** A type whose trailing blanks mean nothing. */
const padded = 1042;

/** A column of a result by the id of its type. */
export function resultColumn(name: string, type: number): ResultColumn {
  const element = elements[type];
  const one = readerOf(element ?? type);
  if (element === undefined) return { name, json: (text) => one(text as string) };
  return { name, json: (text) => arrayOf(text as string, one) };
}

function readerOf(type: number): (text: string) => unknown {
  const scalar = types[type];
  if (type === padded) return (text) => text.replace(/ +$/, '');
  if (scalar === undefined) return (text) => text;
  if (scalar === 'bytea') return (text) => Buffer.from(text.slice(2), 'hex').toString('base64');
  const canonical = textOf({ scalar, array: false });
  return (text) => jsonOf(scalar, canonical === undefined ? text : canonical(text));
}

const item = /"((?:[^"\\]|\\.)*)"|([^,{}"]+)|[{},]/gsy;

/** The list of an array's text, `{1,NULL,"a b"}`; further dimensions are lists within it. Its first indexes are not shown. */
function arrayOf(text: string, read: (text: string) => unknown): unknown[] {
  const open: unknown[][] = [[]];
  for (const [token, quoted, bare] of text.slice(text.indexOf('{')).matchAll(item)) {
    if (token === '{') open.push([]);
    else if (token === '}') {
      const list = open.pop()!;
      open.at(-1)!.push(list);
    } else if (quoted !== undefined) open.at(-1)!.push(read(quoted.replaceAll(/\\(.)/gs, '$1')));
    else if (bare !== undefined) open.at(-1)!.push(bare === 'NULL' ? null : read(bare));
  }
  return open[0]![0] as unknown[];
}
