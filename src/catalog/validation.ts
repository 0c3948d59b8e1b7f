import { Ajv2020 } from 'ajv/dist/2020.js';
import { jsonText, withDoubles } from '../core/index.ts';
import type { ValidationRule } from './catalog.ts';
import type { ColumnValidationMetadata } from './metadata.ts';
import { familyOf, type ValueType } from './scalars.ts';

type Kind = Exclude<keyof ColumnValidationMetadata, 'message'>;
type Make = (given: never, type: ValueType) => Pick<ValidationRule, 'text' | 'passes'>;

const ajv = new Ajv2020({ strict: false, validateFormats: false, addUsedSchema: false });

/**
 * Compiles a JSON schema. Metadata is reloaded again and again, so the schema is removed from the cache, which frees
 * its memory and its `$id`.
 */
function compiled(schema: object): (value: unknown) => boolean {
  try {
    return ajv.compile(schema);
  } finally {
    ajv.removeSchema(schema);
  }
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : jsonText(value));

/** Characters of a text, bytes of a binary value (in base64), elements of an array. */
function lengthOf(value: unknown, { scalar }: ValueType): number {
  if (Array.isArray(value)) return value.length;
  const text = textOf(value);
  return familyOf(scalar) === 'bytes'
    ? Math.floor((text.replace(/=+$/, '').length * 3) / 4)
    : [...text].length;
}

const makers = {
  pattern: (given: string) => {
    const expression = new RegExp(given, 'u');
    return { text: `must match ${given}`, passes: (value) => expression.test(textOf(value)) };
  },
  min: (given: string | number, type: ValueType) => {
    const compare = comparedWith(given, type);
    return { text: `must be at least ${given}`, passes: (value) => compare(value) >= 0 };
  },
  max: (given: string | number, type: ValueType) => {
    const compare = comparedWith(given, type);
    return { text: `must be at most ${given}`, passes: (value) => compare(value) <= 0 };
  },
  min_length: (given: number, type: ValueType) => ({
    text: `must be at least ${given} long`,
    passes: (value) => lengthOf(value, type) >= given,
  }),
  max_length: (given: number, type: ValueType) => ({
    text: `must be at most ${given} long`,
    passes: (value) => lengthOf(value, type) <= given,
  }),
  one_of: (given: readonly (string | number | boolean)[], type: ValueType) => ({
    text: `must be one of ${given.join(', ')}`,
    passes: oneOf(given, type),
  }),
  json_schema: (given: object) => {
    const fits = compiled(given);
    return { text: 'must fit its JSON Schema', passes: (value) => fits(withDoubles(value)) === true };
  },
} as const satisfies Record<Kind, Make>;

/** The validation rules of a column. Throws Error with the reason for an impossible rule. */
export function validationRules(
  given: readonly ColumnValidationMetadata[],
  type: ValueType,
): readonly ValidationRule[] {
  return given.flatMap(({ message, ...parts }) =>
    (Object.keys(parts) as Kind[]).map((kind): ValidationRule => {
      if (kind === 'json_schema' && familyOf(type.scalar) !== 'json')
        throw new Error('json_schema is for columns that hold JSON');
      const make = makers[kind] as Make | undefined;
      if (make === undefined) throw new Error(`there is no rule "${kind}"`);
      const rule = make(parts[kind] as never, type);
      return { ...rule, message: message ?? null, given: { [kind]: parts[kind] } };
    }),
  );
}

type Family = ReturnType<typeof familyOf>;

const unordered: ReadonlySet<Family> = new Set([
  ...(['boolean', 'json', 'bytes', 'geometry', 'opaque', 'interval'] as const),
]);
const numbers: ReadonlySet<Family> = new Set(['integer', 'decimal', 'float']);
const moments: ReadonlySet<Family> = new Set(['date', 'time', 'timestamp']);

/** Compares a value with a bound: below 0 if less, above 0 if more, NaN if not comparable. */
type Compare = (value: unknown) => number;

/** The comparison of values of the type with a bound. Throws Error for a bound that is not a value of the type. */
function comparedWith(bound: string | number, { scalar, array }: ValueType): Compare {
  const family = familyOf(scalar);
  if (array || unordered.has(family)) throw new Error(`min and max are not for ${array ? 'lists' : scalar}`);
  if (family === 'integer' || family === 'decimal') return against(bound, decimal, compareDecimals);
  if (family === 'float') return against(bound, finite, (left, right) => left - right);
  if (moments.has(family)) return against(bound, moment, compareMoments);
  return against(bound, (text) => text, compareTexts);
}

function against<T>(
  bound: string | number,
  read: (text: string) => T | null,
  compare: (left: T, right: T) => number,
): Compare {
  const right = read(String(bound));
  if (right === null) throw new Error(`"${bound}" is no value of its column`);
  return (value) => {
    const left = read(String(value));
    return left === null ? Number.NaN : compare(left, right);
  };
}

function finite(text: string): number | null {
  return Number.isFinite(Number(text)) ? Number(text) : null;
}

/** Whether a value is in the list. Numbers and moments are equal in any spelling: `1.50` equals `1.5`. */
function oneOf(given: readonly (string | number | boolean)[], type: ValueType): ValidationRule['passes'] {
  if (type.array) {
    const element = oneOf(given, { ...type, array: false });
    return (value) => (value as readonly unknown[]).every((one) => one === null || element(one));
  }
  const family = familyOf(type.scalar);
  if (!numbers.has(family) && !moments.has(family)) {
    const allowed = new Set(given.map(textOf));
    return (value) => allowed.has(textOf(value));
  }
  const compared = given.map((one) => comparedWith(String(one), type));
  return (value) => compared.some((compare) => compare(value) === 0);
}

const compareTexts = (left: string, right: string) => (left < right ? -1 : left > right ? 1 : 0);

function compareDecimals(a: Decimal, b: Decimal): number {
  const digits = Math.max(a.fraction.length, b.fraction.length);
  const scaled = ({ sign, whole, fraction }: Decimal) => sign * BigInt(whole + fraction.padEnd(digits, '0'));
  const difference = scaled(a) - scaled(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

interface Decimal {
  readonly sign: bigint;
  readonly whole: string;
  readonly fraction: string;
}

function decimal(text: string): Decimal | null {
  const [, sign, whole, fraction] = /^([+-]?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  if (whole === undefined) return null;
  return { sign: sign === '-' ? -1n : 1n, whole, fraction: fraction ?? '' };
}

/** A date, a time or both. `at`: the milliseconds since 1970 of the whole second, if there is an offset. */
interface Moment {
  readonly text: string;
  readonly at: number | null;
  readonly fraction: string;
}

const spelling = /^(?:\d{4,}-\d\d-\d\d)?[T ]?(?:\d\d:\d\d(?::\d\d)?)?(?=$|[.Z+-])/;

function moment(given: string): Moment | null {
  const text = spelling.exec(given)?.[0] ?? '';
  const rest = /^(?:\.(\d+))?(Z|[+-]\d\d:\d\d)?$/.exec(given.slice(text.length));
  if (text === '' || rest === null) return null;
  const [, fraction = '', offset] = rest;
  const [day, time = '00:00'] =
    text.includes(':') && !text.includes('-') ? ['1970-01-01', text] : text.split(/[T ]/);
  const at = offset === undefined ? null : Date.parse(`${day}T${time}${offset}`);
  return { text: text.replace(' ', 'T'), at, fraction: fraction.replace(/0+$/, '') };
}

function compareMoments(a: Moment, b: Moment): number {
  const whole = a.at === null || b.at === null ? compareTexts(a.text, b.text) : a.at - b.at;
  return whole === 0 ? compareTexts(a.fraction, b.fraction) : whole;
}
