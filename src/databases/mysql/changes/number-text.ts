/** A double as the servers print it in text: its shortest digits, with an exponent from 1e15 on and below 1e-15. */
export function doubleText(value: number): string {
  if (Object.is(value, -0)) return '-0';
  const [digits = '', exponent = ''] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power > 14 || power < -15) return value === 0 ? '0' : `${digits}e${power}`;
  const sign = digits.startsWith('-') ? '-' : '';
  const plain = digits.replace(/[-.]/g, '');
  if (power < 0) return `${sign}0.${'0'.repeat(-power - 1)}${plain}`;
  const point = power + 1;
  return plain.length <= point
    ? `${sign}${plain.padEnd(point, '0')}`
    : `${sign}${plain.slice(0, point)}.${plain.slice(point)}`;
}

/** A double as MySQL prints it in JSON: one without a fraction ends in `.0`. */
export function jsonDoubleText(value: number): string {
  const text = doubleText(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}
