import { familyOf, type ValueType } from '../../catalog/index.ts';
import { decimalText } from './engine/canonical.js';

/** Whether a column of the type can hold a canonical value of another database, and compare it without changing it. */
export function canHold(value: unknown, type: ValueType): boolean {
  const text = String(value);
  switch (familyOf(type.scalar)) {
    case 'decimal':
      return isDecimal(text);
    case 'float':
      return !Number.isNaN(value);
    case 'timestamp':
      return /^\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:\+00:00)?$/.test(text);
    default:
      return !/[\0\p{Surrogate}]/u.test(text);
  }
}

/** Decimals are stored as 64-bit numbers, whole or floating. */
function isDecimal(text: string): boolean {
  if (text === 'Infinity' || text === '-Infinity') return true;
  if (/^-?\d+$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text)) return true;
  return /^-?\d+(?:\.\d+)?$/.test(text) && decimalText(Number(text), null) === text;
}
