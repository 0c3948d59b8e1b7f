import type { Scalar, ValueType } from '../../catalog/index.ts';
import { withDigits } from '../../core/index.ts';
import type { ResultColumn } from '../../plan/index.ts';
import { jsonOf } from '../../sql/index.ts';
import type { Stored } from './engine/canonical.js';
import { base64Text, plainText } from './engine/canonical.js';
import { declaredType } from './types.ts';
import { textOfValue } from './values.ts';

/** A column of a result: its name, and the declared type of the table's column that it is, if it is one. */
export function resultColumn([name, declared]: readonly (string | null)[]): ResultColumn {
  const type = declared === null || declared === undefined ? null : declaredType(declared);
  const isKnown = type !== null && !type.unknown && type.scalar !== 'opaque';
  return {
    name: name!,
    json: (value) =>
      isKnown ? jsonOfType(value as Stored, type.scalar, type) : jsonOfStored(value as Stored),
  };
}

function jsonOfType(value: Stored, scalar: Scalar, { scale }: { readonly scale: number | null }): unknown {
  if (scalar === 'bytea') return base64Text(value);
  if (scalar === 'text') return plainText(value);
  if (scalar === 'json' || scalar === 'jsonb') return documentOf(plainText(value));
  const type: ValueType = { scalar, array: false, ...(scale !== null && { scale }) };
  const text = textOfValue(type)?.(value) ?? plainText(value);
  const isBare = ['boolean', 'smallint', 'int', 'real', 'float'].includes(scalar);
  // The texts of the others are made to stand between quotes.
  return isBare ? jsonOf(scalar, text) : JSON.parse(`"${text}"`);
}

/** Text in a column of documents that is none stays a text. */
function documentOf(text: string): unknown {
  try {
    return jsonOf('json', text);
  } catch {
    return text;
  }
}

/** A computed value, by how it is stored. A whole number that a double would change is a text. */
function jsonOfStored(value: Stored): unknown {
  if (value instanceof Uint8Array) return base64Text(value);
  if (typeof value === 'bigint')
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER
      ? Number(value)
      : String(value);
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  return withDigits(value);
}
