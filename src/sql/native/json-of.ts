import { type Scalar, scalars } from '../../catalog/index.ts';
import { parseJson, withDigits } from '../../core/index.ts';

/** The JSON value of a canonical text. Digits that a double would change are a text. */
export function jsonOf(scalar: Scalar, text: string): unknown {
  return scalars[scalar].form === 'bare' ? withDigits(parseJson(text)) : text;
}
