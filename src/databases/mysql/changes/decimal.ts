import type { ByteReader } from './byte-reader.ts';

/** The bytes of a group, by its number of digits: nine digits take four bytes. */
const groupBytes = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4] as const;

/** The sizes of a decimal's groups of digits, in their order. The shorter group of each part is the one away from the point. */
function groupsOf(precision: number, scale: number) {
  const whole = precision - scale;
  const nines = (digits: number) => Array<number>(Math.floor(digits / 9)).fill(9);
  const rest = (digits: number) => (digits % 9 === 0 ? [] : [digits % 9]);
  return { whole: [...rest(whole), ...nines(whole)], fraction: [...nines(scale), ...rest(scale)] };
}

/** Digits that a double holds exactly. */
const exactDigits = 15;

/** Reads decimals of a precision and a scale as the server prints them: every digit of the scale, no leading zeros. */
export function decimalReader(precision: number, scale: number): (reader: ByteReader) => string {
  const { whole, fraction } = groupsOf(precision, scale);
  const sizes = [...whole, ...fraction];
  const isShort = precision - scale <= exactDigits;
  return (reader) => {
    // The highest bit is the sign, and negative numbers have all bits inverted: so the bytes sort.
    const isNegative = reader.bytes.readUInt8(reader.at) < 128;
    let number = 0;
    let digits = '';
    let end = '';
    for (let at = 0; at < sizes.length; at++) {
      const size = sizes[at]!;
      const bytes = groupBytes[size]!;
      const bits = 2 ** (8 * bytes);
      let value = reader.uintBE(bytes);
      if (at === 0) value = isNegative ? value + bits / 2 : value - bits / 2;
      if (isNegative) value = bits - 1 - value;
      if (at >= whole.length) end += String(value).padStart(size, '0');
      else if (isShort) number = number * 10 ** size + value;
      else digits += String(value).padStart(size, '0');
    }
    const text = isShort ? String(number) : digits.replace(/^0+(?=\d)/, '');
    return `${isNegative ? '-' : ''}${text}${scale === 0 ? '' : `.${end}`}`;
  };
}
