import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ColumnValidationMetadata } from './metadata.ts';
import { familyOf, type ValueType } from './scalars.ts';

/** What values of a column must be, beyond what the database says. */
export interface ValidationRule {
  /** `must match ^[A-Z]+$`: follows the column's name in errors, and stands in the graph's descriptions. */
  readonly text: string;
  /** The owner's own words; `null`: the column's name and `text`. */
  readonly message: string | null;
  /** Whether a canonical value that is not null passes. */
  readonly passes: (value: unknown) => boolean;
}

type Kind = Exclude<keyof ColumnValidationMetadata, 'message'>;
type Make = (given: never, type: ValueType) => Omit<ValidationRule, 'message'>;

const ajv = new Ajv2020({ allErrors: false, strict: false });

const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
const lengthOf = (value: unknown) => (Array.isArray(value) ? value.length : [...textOf(value)].length);

const makers = {
  pattern: (given: string) => {
    const expression = new RegExp(given, 'u');
    return { text: `must match ${given}`, passes: (value) => expression.test(textOf(value)) };
  },
  min: (given: string | number, type: ValueType) => ({
    text: `must be at least ${given}`,
    passes: (value) => compare(value, given, type) >= 0,
  }),
  max: (given: string | number, type: ValueType) => ({
    text: `must be at most ${given}`,
    passes: (value) => compare(value, given, type) <= 0,
  }),
  min_length: (given: number) => ({
    text: `must be at least ${given} long`,
    passes: (value) => lengthOf(value) >= given,
  }),
  max_length: (given: number) => ({
    text: `must be at most ${given} long`,
    passes: (value) => lengthOf(value) <= given,
  }),
  one_of: (given: readonly unknown[]) => {
    const allowed = new Set(given.map(String));
    return { text: `must be one of ${given.join(', ')}`, passes: (value) => allowed.has(String(value)) };
  },
  json_schema: (given: object) => {
    const validate = ajv.compile(given);
    return { text: 'must fit its JSON Schema', passes: (value) => validate(value) === true };
  },
} as const satisfies Record<Kind, Make>;

/** The rules that metadata states for a column. Throws Error, with the reason, for one that cannot be. */
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
      return { ...rule, message: message ?? null };
    }),
  );
}

/** Exact for whole and decimal numbers; dates and times compare as ISO 8601 text. */
function compare(value: unknown, bound: string | number, { scalar }: ValueType): number {
  const family = familyOf(scalar);
  if (family === 'integer' || family === 'decimal') return compareDecimals(String(value), String(bound));
  if (family === 'float') return Number(value) - Number(bound);
  const [left, right] = [String(value), String(bound)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function compareDecimals(left: string, right: string): number {
  const [a, b] = [parts(left), parts(right)];
  const digits = Math.max(a.fraction.length, b.fraction.length);
  const scaled = ({ sign, whole, fraction }: ReturnType<typeof parts>) =>
    sign * BigInt(whole + fraction.padEnd(digits, '0'));
  const difference = scaled(a) - scaled(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

function parts(text: string) {
  const [, sign, whole, fraction] = /^([+-]?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  if (whole === undefined) throw new Error(`"${text}" is no decimal number`);
  return { sign: sign === '-' ? -1n : 1n, whole, fraction: fraction ?? '' };
}
