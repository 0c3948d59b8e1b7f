import { FozError } from '../../core/index.ts';
import { keepText } from '../expressions/index.ts';

/** The longest text of a step's input or output, in characters. */
const longestValue = 4_000_000;

export function parsed(text: string | null): unknown {
  if (text === null) return null;
  const value: unknown = JSON.parse(text);
  keepText(value, text);
  return value;
}

/** The JSON text of a value. Throws FozError `limit-exceeded` where it is too long. */
export function textOf(value: unknown, what: string): string {
  const text = JSON.stringify(value ?? null);
  if (text.length > longestValue)
    throw new FozError(
      'limit-exceeded',
      `The ${what} has ${text.length} characters; at most ${longestValue} are allowed.`,
    );
  keepText(value, text);
  return text;
}
