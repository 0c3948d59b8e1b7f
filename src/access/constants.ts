import { type Column, didYouMean, familyOf, type RuleValue, type ValueType } from '../catalog/index.ts';
import { ExactNumber, numberOf } from '../core/index.ts';

const sessionName = /^x-(?:foz|hasura)-(.+)$/i;

/** The session variable that a metadata text names, in lower case and without prefix; `undefined`: it is a plain text. */
export function sessionVariable(value: unknown): string | undefined {
  return typeof value === 'string' ? sessionName.exec(value)?.[1]?.toLowerCase() : undefined;
}

/** Why a text is probably a session variable with a misspelt prefix, or with half of one; `null`: it is not. */
function misspeltSession(value: unknown): string | null {
  if (typeof value === 'string' && /^(?:foz|hasura)-[a-z]/i.test(value))
    return `${JSON.stringify(value)} is no session variable: those begin with x-foz- or x-hasura- (did you mean "X-${value}"?)`;
  const prefix = typeof value === 'string' ? /^x-[a-z]+-(?=.)/i.exec(value)?.[0] : undefined;
  if (prefix === undefined) return null;
  const suggestion = didYouMean(prefix, ['x-hasura-', 'x-foz-']);
  return suggestion === ''
    ? null
    : `${JSON.stringify(value)} is no session variable: those begin with x-foz- or x-hasura-${suggestion}`;
}

/** Reads a metadata value as a canonical value of the type. Returns the reason if it is not one. */
export function ruleValue(value: unknown, type: ValueType): RuleValue | string {
  const name = sessionVariable(value);
  if (name !== undefined) return { kind: 'session', name };
  const misspelt = misspeltSession(value);
  if (misspelt !== null) return misspelt;
  if (type.array) {
    if (!Array.isArray(value)) return 'needs a list of values';
    return listOf(value, { ...type, array: false });
  }
  const ambiguous = familyOf(type.scalar) === 'json' ? longNumberWithin(value) : undefined;
  if (ambiguous !== undefined)
    return `${JSON.stringify(ambiguous)} has more digits than metadata keeps for a number within a document: whether a number or a text is meant cannot be known here (use a session variable, or a default of the column)`;
  const read = constant(value, type);
  return read === undefined
    ? `${JSON.stringify(value)} is no value of the type ${type.scalar}`
    : { kind: 'constant', value: read };
}

/** Reads the operand of a list operator such as `_in`: a list, or a session variable that holds one. */
export function ruleList(value: unknown, type: ValueType): RuleValue | string {
  const name = sessionVariable(value);
  if (name !== undefined) return { kind: 'session', name };
  if (Array.isArray(value)) return listOf(value, type);
  return misspeltSession(value) ?? 'needs a list of values, or a session variable that holds one';
}

/**
 * Why a value is not among the values of a native enum; `null`: it is, the column is not an enum, or the value is
 * known only at run time.
 */
export function labelProblem({ type, enumType }: Column, value: RuleValue): string | null {
  if (type.scalar !== 'enum' || enumType === null || value.kind === 'session') return null;
  const labels = enumType.values.map((entry) => entry.value);
  const given = value.kind === 'list' ? value.of : [value.value].flat();
  for (const one of given) {
    const part = typeof one === 'object' && one !== null ? (one as RuleValue) : null;
    if (part !== null) {
      const problem = labelProblem({ type, enumType } as Column, part);
      if (problem !== null) return problem;
    } else if (one !== null && !labels.includes(String(one)))
      return `${JSON.stringify(one)} is no value of ${enumType.name}: it has ${labels.map((label) => JSON.stringify(label)).join(', ')}`;
  }
  return null;
}

const jsonNumber = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/**
 * A text within a document that is probably a number: metadata is stored as plain JSON, so numbers that a double
 * would change arrive here as their digits. In a document a text and a number are different values.
 */
function longNumberWithin(value: unknown): string | undefined {
  if (typeof value === 'string')
    return jsonNumber.test(value) && numberOf(value) instanceof ExactNumber ? value : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const part of Object.values(value)) {
    const found = longNumberWithin(part);
    if (found !== undefined) return found;
  }
  return undefined;
}

function listOf(values: readonly unknown[], type: ValueType): RuleValue | string {
  const of: RuleValue[] = [];
  for (const value of values) {
    const read = ruleValue(value, type);
    if (typeof read === 'string') return read;
    of.push(read);
  }
  if (of.every((part) => part.kind === 'constant'))
    return { kind: 'constant', value: of.map((part) => (part as { readonly value: unknown }).value) };
  return { kind: 'list', of };
}

const digits = /^[+-]?\d+$/;
const decimal = /^[+-]?\d+(?:\.\d+)?$/;
/** A number that is not finite, in the spelling of fields. */
const isNotFinite = (value: unknown) => typeof value === 'string' && /^(?:NaN|-?Infinity)$/.test(value);

/** The canonical form of a value, as a bound parameter has it; `undefined`: it is not a value of the type. */
function constant(value: unknown, { scalar }: ValueType): unknown {
  if (value === null || value === undefined) return undefined;
  switch (familyOf(scalar)) {
    case 'boolean':
      if (typeof value === 'boolean') return value;
      return value === 'true' ? true : value === 'false' ? false : undefined;
    case 'integer':
      if (!digits.test(String(value))) return undefined;
      if (scalar === 'bigint') return String(value);
      return Number.isSafeInteger(Number(value)) ? Number(value) : undefined;
    case 'decimal':
      return decimal.test(String(value)) || isNotFinite(value) ? String(value) : undefined;
    case 'float':
      if (isNotFinite(value)) return Number(value);
      return (typeof value === 'number' || typeof value === 'string') && Number.isFinite(Number(value))
        ? Number(value)
        : undefined;
    case 'json':
    case 'geometry':
      return value;
    default:
      return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
        ? String(value)
        : undefined;
  }
}
