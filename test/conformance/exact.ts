/** A decimal number without rounding: `digits` divided by 10 to the power of `scale`. */
export interface Exact {
  readonly digits: bigint;
  readonly scale: number;
}

/** The same few numbers of the test data are read for each of thousands of queries. */
const read = new Map<unknown, Exact>();

/** Reads `-12.50`, `1e-7` or a number. Throws on anything else. */
export function exact(value: unknown): Exact {
  let found = read.get(value);
  if (found === undefined) {
    found = parsed(value);
    if (read.size > 20_000) read.clear();
    read.set(value, found);
  }
  return found;
}

function parsed(value: unknown): Exact {
  const match = /^([+-]?\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i.exec(String(value));
  if (match === null) throw new Error(`${String(value)} is not a number`);
  const [, whole = '', fraction = '', exponent = '0'] = match;
  const scale = fraction.length - Number(exponent);
  const digits = BigInt(`${whole}${fraction}` || '0');
  return scale >= 0 ? { digits, scale } : { digits: digits * 10n ** BigInt(-scale), scale: 0 };
}

/** Negative, zero or positive, as `a` is less than, equal to or greater than `b`. */
export function compareExact(a: Exact, b: Exact): number {
  const [x, y] = aligned(a, b);
  return x < y ? -1 : x > y ? 1 : 0;
}

/** The sum; its scale is the larger one. */
export function add(a: Exact, b: Exact): Exact {
  const [x, y] = aligned(a, b);
  return { digits: x + y, scale: Math.max(a.scale, b.scale) };
}

/** The product. */
export function times(a: Exact, b: Exact): Exact {
  return { digits: a.digits * b.digits, scale: a.scale + b.scale };
}

/** The quotient as the nearest double. */
export function quotient(a: Exact, b: Exact): number {
  return Number(toText(divide(a, b)));
}

/** The square root of a quotient, as a double. */
export function rootOfQuotient(a: Exact, b: Exact): number {
  const { digits, scale } = divide(a, b);
  return Number(toText({ digits: squareRoot(digits * 10n ** BigInt(scale)), scale }));
}

/** `-12.50` */
export function toText({ digits, scale }: Exact): string {
  const text = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, '0');
  const whole = text.slice(0, text.length - scale);
  return `${digits < 0n ? '-' : ''}${whole}${scale === 0 ? '' : `.${text.slice(-scale)}`}`;
}

const precision = 60;

function divide(a: Exact, b: Exact): Exact {
  const digits = (a.digits * 10n ** BigInt(precision + b.scale)) / (b.digits * 10n ** BigInt(a.scale));
  return { digits, scale: precision };
}

function aligned(a: Exact, b: Exact): readonly [bigint, bigint] {
  if (a.scale === b.scale) return [a.digits, b.digits];
  const scale = Math.max(a.scale, b.scale);
  return [a.digits * 10n ** BigInt(scale - a.scale), b.digits * 10n ** BigInt(scale - b.scale)];
}

function squareRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let root = BigInt(Math.floor(Math.sqrt(Number(value))));
  for (;;) {
    const next = (root + value / root) / 2n;
    if (next === root || next === root + 1n || next === root - 1n) return next;
    root = next;
  }
}
