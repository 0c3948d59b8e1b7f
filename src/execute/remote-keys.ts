import { type Column, familyOf, type KeyComparison, type ValueType } from '../catalog/index.ts';
import { withoutEndingZeros } from '../core/index.ts';
import type { Connector } from '../plan/index.ts';

/** Converts the canonical text of a key to a canonical value of the column that it is compared with; `undefined`: no value can be equal. */
export type ReadKey = (text: string) => unknown;

/**
 * How keys of another source are read for a column. Keys are equal if their canonical values are equal. So a key that the column cannot
 * store unchanged is equal to none of its values.
 */
export function remoteKey(column: Column, compare: KeyComparison, connector: Connector): ReadKey {
  const { type } = column;
  const labels = column.enumType === null ? null : new Set(column.enumType.values.map(({ value }) => value));
  const isText = textual.has(familyOf(type.scalar));
  if (compare === 'ignore case' && isText) {
    const text: ValueType = { scalar: 'text', array: false };
    return (given) => heldBy(connector, small(given), type.scalar === 'opaque' ? type : text);
  }
  return (given) => {
    const value = canonical(given, type);
    if (value === undefined || (type.scalar === 'enum' && labels !== null && !labels.has(given)))
      return undefined;
    if (column.range !== null && outside(value, column.range)) return undefined;
    return heldBy(connector, value, type);
  };
}

const textual: ReadonlySet<string> = new Set(['text', 'enum', 'uuid', 'opaque']);

function heldBy(connector: Connector, value: unknown, type: ValueType): unknown {
  return connector.canHold(value, type) ? value : undefined;
}

/** Lower case for A to Z only: all databases agree on these letters. */
const small = (text: string) => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

function outside(value: unknown, [low, high]: readonly [string, string]): boolean {
  const digits = String(value);
  if (!/^-?\d+$/.test(digits)) return true;
  const number = BigInt(digits);
  return number < BigInt(low) || number > BigInt(high);
}

const bits: Readonly<Partial<Record<ValueType['scalar'], number>>> = { smallint: 16, int: 32, bigint: 64 };
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The canonical value of a text; `undefined`: the text is not the canonical text of a value of this type. */
function canonical(text: string, type: ValueType): unknown {
  switch (familyOf(type.scalar)) {
    case 'integer':
      return integer(text, type);
    case 'decimal':
      return decimal(text);
    case 'float':
      return float(text, type);
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined;
    case 'uuid':
      return uuid.test(text) ? text : undefined;
    case 'timestamp':
      return moment(text, type);
    default:
      return text;
  }
}

function integer(text: string, { scalar }: ValueType): unknown {
  const digits = decimal(text);
  if (digits === undefined || !/^-?\d+$/.test(digits)) return undefined;
  const value = BigInt(digits);
  if (BigInt.asIntN(bits[scalar]!, value) !== value) return undefined;
  return scalar === 'bigint' ? digits : Number(digits);
}

const notFinite: ReadonlySet<string> = new Set(['NaN', 'Infinity', '-Infinity']);

/** Digits without insignificant zeros. */
function decimal(text: string): string | undefined {
  if (notFinite.has(text)) return text;
  const match = /^([+-]?)(\d+)(?:\.(\d*))?$/.exec(text);
  if (match === null) return undefined;
  const [, sign, before, after = ''] = match;
  const whole = before!.replace(/^0+(?=\d)/, '');
  const fraction = withoutEndingZeros(after);
  const digits = fraction === '' ? whole : `${whole}.${fraction}`;
  return sign === '-' && digits !== '0' ? `-${digits}` : digits;
}

function float(given: string, { scalar }: ValueType): number | undefined {
  // Values that JSON numbers cannot express (NaN, Infinity) stand in quotes.
  const text = given.replace(/^"(.*)"$/, '$1');
  const value = Number(text);
  if (text.trim() === '' || (Number.isNaN(value) && text !== 'NaN')) return undefined;
  return scalar === 'real' && Number.isFinite(value) && shortest(Math.fround(value)) !== value
    ? undefined
    : value;
}

/** A 32-bit float in its shortest form: the fewest digits that read back as the same float. */
function shortest(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return shorter;
  }
  return Number(value.toPrecision(9));
}

/** Moments are compared in UTC, whether or not their type has an offset. */
function moment(text: string, { scalar }: ValueType): string {
  const bare = text
    .replace(/(?:Z|\+00:00)(?= BC$|$)/, '')
    .replace(/(\.\d*?)0+(?= BC$|$)/, '$1')
    .replace(/\.(?= BC$|$)/, '');
  if (scalar === 'timestamp' || !bare.includes('T')) return bare;
  return bare.endsWith(' BC') ? `${bare.slice(0, -3)}+00:00 BC` : `${bare}+00:00`;
}
