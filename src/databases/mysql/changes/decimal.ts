import type { ByteReader } from './byte-reader.ts';

/** Bytes of a group of so many digits. Nine digits take four bytes. */
const groupBytes = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4] as const;

/** The sizes of a decimal's groups of digits, in their order. The shorter group of each part is the one away from the point. */
function groupsOf(precision: number, scale: number) {
  const whole = precision - scale;
  const nines = (digits: number) => Array<number>(Math.floor(digits / 9)).fill(9);
  const rest = (digits: number) => (digits % 9 === 0 ? [] : [digits % 9]);
  return { whole: [...rest(whole), ...nines(whole)], fraction: [...nines(scale), ...rest(scale)] };
}

/** Reads decimals of a precision and a scale as the server prints them: every digit of the scale, no leading zeros. */
export function decimalReader(precision: number, scale: number): (reader: ByteReader) => string {
  const groups = groupsOf(precision, scale);
  const sizes = [...groups.whole, ...groups.fraction];
  return (reader) => {
    // The highest bit is the sign, and negative numbers have all bits inverted: so the bytes sort.
    const isNegative = reader.bytes.readUInt8(reader.at) < 128;
    let digits = '';
    for (let at = 0; at < sizes.length; at++) {
      const size = groupBytes[sizes[at]!]!;
      const bits = 2 ** (8 * size);
      let value = reader.uintBE(size);
      if (at === 0) value = isNegative ? value + bits / 2 : value - bits / 2;
      if (isNegative) value = bits - 1 - value;
      digits += String(value).padStart(sizes[at]!, '0');
    }
    const whole = digits.slice(0, precision - scale).replace(/^0+(?=\d)/, '') || '0';
    const end = scale === 0 ? '' : `.${digits.slice(precision - scale)}`;
    return `${isNegative ? '-' : ''}${whole}${end}`;
  };
}
