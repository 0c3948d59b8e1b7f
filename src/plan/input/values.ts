import { type Column, familyOf, type ValidationRule, type ValueType } from '../../catalog/index.ts';
import { FozError, parseJson } from '../../core/index.ts';
import type { Param, ParamSource } from '../model/param.ts';
import { sessionValue } from './session-value.ts';

/** Where the values of parameters come from when a plan runs. */
export interface Bindings {
  /** The coerced variables. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** Session variables by name in lower case, without `x-foz-` or `x-hasura-`: `user-id`. */
  readonly session: ReadonlyMap<string, string>;
  /** The results of the plan's steps so far: lists of tuples. */
  readonly steps: readonly unknown[];
  /** The key tuples of all parents while their children are fetched, else `null`. */
  readonly parents: readonly (readonly unknown[])[] | null;
}

/** The canonical value of a parameter for this request. */
export function resolveParam(param: Param, bindings: Bindings): unknown {
  const value = resolveSource(param.source, bindings, param);
  if (param.atMost !== undefined && typeof value === 'number') return Math.min(value, param.atMost);
  return value;
}

function resolveSource(source: ParamSource, bindings: Bindings, param: Param): unknown {
  switch (source.kind) {
    case 'variable':
      return follow(bindings.variables, source.path, param);
    case 'constant':
      return source.value;
    case 'session':
      return sessionValue(source.name, bindings.session, param);
    case 'step':
      return bindings.steps[source.step];
    case 'parents':
      return bindings.parents;
    case 'list':
      return source.of.map((part) => resolveSource(part, bindings, { ...param, shape: 'value' }));
  }
}

function follow(values: unknown, path: readonly (string | number)[], param: Param): unknown {
  let value = values;
  for (const step of path) {
    if (value === null || value === undefined) return null;
    value = (value as Record<string | number, unknown>)[step];
  }
  if (param.shape === 'list' && value !== null && value !== undefined && !Array.isArray(value))
    return [value];
  return value ?? null;
}

/** Parses a canonical text as a canonical value. Numbers and booleans are converted, everything else stays text. */
export function fromText(text: string, type: ValueType): unknown {
  switch (familyOf(type.scalar)) {
    case 'boolean':
      return text === 'true' || text === 't' || text === '1';
    case 'integer':
      return type.scalar === 'bigint' ? text : Number(text);
    case 'float':
      return Number(text);
    case 'json':
      return parseJson(text);
    default:
      return text;
  }
}

const surrogates = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

/** All faults of a value from the client, as errors with its position. */
export function valueErrors(param: Param, value: unknown): FozError[] {
  const errors = errorsAt(param, value);
  return errors.length > 0 && param.path === '$' ? [invalidPreset(param, errors)] : errors;
}

/** The error of a preset that does not fit. It does not name the column, which the client may not know. */
function invalidPreset({ source, path }: Param, errors: readonly FozError[]): FozError {
  const about = { path, internal: errors.map(({ message }) => message).join('\n') };
  return source.kind === 'session'
    ? new FozError(
        'access-denied',
        `The session variable x-foz-${source.name} does not fit what a permission of this role does with it.`,
        about,
      )
    : new FozError('permission-error', 'What a permission of this role writes does not fit.', about);
}

function errorsAt(param: Param, value: unknown): FozError[] {
  const problem = valueProblem(param, value);
  const name = param.path.slice(param.path.lastIndexOf('.') + 1);
  if (problem !== null) {
    const code = problem === notNull ? 'constraint-violation' : 'data-exception';
    return [new FozError(code, `${name} ${problem}`, { path: param.path })];
  }
  if (param.column === undefined || param.column.validation.length === 0) return noErrors;
  return brokenRules(param.column, value).map(
    ({ message, text }) => new FozError('data-exception', message ?? `${name} ${text}`, { path: param.path }),
  );
}

const noErrors: FozError[] = [];
const notNull = 'must not be null';

/** The validation rules that a value violates. */
export function brokenRules({ validation }: Column, value: unknown): ValidationRule[] {
  return value === null ? [] : validation.filter((rule) => !rule.passes(value));
}

/** The fault of a value from the client, or `null`. In comparisons only text is checked, in writes all facts of the column. */
function valueProblem(param: Param, value: unknown): string | null {
  if (typeof value === 'string') {
    if (value.includes('\0') && !param.stored) return 'text must not hold the NUL character: remove it';
    if (surrogates.test(value))
      return 'text must not hold half a surrogate pair: send complete Unicode characters';
  } else if (Array.isArray(value) && param.shape === 'list') {
    for (const item of value) {
      const problem = valueProblem({ ...param, shape: 'value' }, item);
      if (problem !== null) return problem;
    }
    return null;
  }
  return param.column === undefined ? null : columnProblem(param, value);
}

function columnProblem(param: Param, value: unknown): string | null {
  const column = param.column!;
  if (value === null) return column.nullable ? null : notNull;
  if (column.type.array) return null;
  if (typeof value === 'string' && column.maxLength !== null) {
    const family = familyOf(column.type.scalar);
    if (family === 'text' && value.length > column.maxLength && [...value].length > column.maxLength) {
      return `is ${[...value].length} characters long, but at most ${column.maxLength} fit`;
    }
    const bytes = family === 'bytes' ? Math.floor((value.replace(/=+$/, '').length * 3) / 4) : 0;
    if (bytes > column.maxLength) return `is ${bytes} bytes long, but at most ${column.maxLength} fit`;
  }
  if (column.range !== null && familyOf(column.type.scalar) !== 'text') {
    const outside = outOfRange(String(value), column.range);
    if (outside) return `must be between ${column.range[0]} and ${column.range[1]}`;
  }
  if (familyOf(column.type.scalar) === 'decimal' && column.precision !== null) {
    const whole = column.precision - (column.scale ?? 0);
    if (digitsBefore(String(value)) > whole)
      return `has too many digits before the point: at most ${whole} fit`;
  }
  if (column.enumType !== null && !column.enumType.values.some((entry) => entry.value === value)) {
    return `must be one of ${column.enumType.values.map((entry) => entry.value).join(', ')}`;
  }
  return null;
}

function outOfRange(text: string, [low, high]: readonly [string, string]): boolean {
  if (!/^[+-]?\d+$/.test(text)) return false;
  const value = BigInt(text);
  return value < BigInt(low) || value > BigInt(high);
}

function digitsBefore(text: string): number {
  const match = /^[+-]?0*(\d*)/.exec(text);
  return match?.[1]?.length ?? 0;
}
