import type { Scalar } from '../../catalog/index.ts';
import type { ResultColumn } from '../../plan/index.ts';
import { jsonOf } from '../../sql/index.ts';
import { textOf } from './values.ts';
import type { WireColumn } from './wire-format.ts';

/** The description of a result column that the server sends. */
export interface DescribedColumn extends WireColumn {
  readonly name: string;
  readonly characterSet: number;
  readonly columnLength: number;
}

/** Scalars by the numbers of types in the protocol. Others are texts or bytes. */
const types: Readonly<Record<number, Scalar>> = {
  0: 'numeric',
  1: 'smallint',
  2: 'int',
  3: 'int',
  4: 'real',
  5: 'float',
  7: 'timestamptz',
  8: 'bigint',
  9: 'int',
  10: 'date',
  11: 'time',
  12: 'timestamp',
  13: 'int',
  14: 'date',
  245: 'json',
  246: 'numeric',
};
const [tiny, bits, blob] = [1, 16, 252] as const;
/** The character set of bytes. */
const binary = 63;

/** A column of a result by what the server tells about it. */
export function resultColumn({
  name,
  columnType,
  characterSet,
  columnLength,
}: DescribedColumn): ResultColumn {
  if (columnType === bits) return { name, json: (value) => bitsOf(value, columnLength) };
  const scalar =
    columnType === tiny && columnLength === 1
      ? 'boolean'
      : (types[columnType] ?? (characterSet === binary && columnType <= blob + 2 ? 'bytea' : 'text'));
  const canonical = textOf({ scalar, array: false });
  return {
    name,
    json: (value) => {
      if (scalar === 'text' || (scalar === 'bytea' && !Buffer.isBuffer(value))) return value;
      // The client has read floats as numbers already.
      if (typeof value === 'number' && scalar !== 'boolean') return jsonOf(scalar, String(value));
      return jsonOf(scalar, canonical === undefined ? String(value) : canonical(value));
    },
  };
}

/** One bit is a boolean, several are a text of 0 and 1. */
function bitsOf(value: unknown, length: number): boolean | string {
  const number = BigInt(`0x${(value as Buffer).toString('hex') || '0'}`);
  return length === 1 ? number === 1n : number.toString(2).padStart(length, '0');
}
