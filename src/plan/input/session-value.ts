import { familyOf, type Scalar } from '../../catalog/index.ts';
import { ExactNumber, FozError, parseJson } from '../../core/index.ts';
import { readScalar } from '../../graph/index.ts';
import type { Param } from '../model/param.ts';

/**
 * The canonical value of a session variable for a rule or preset. Session variables are text; a list is JSON or
 * `{a,"b c"}`. A missing or wrong value is refused with `access-denied`. It never becomes NULL or another value.
 */
export function sessionValue(
  name: string,
  session: ReadonlyMap<string, string>,
  { type, shape, labels }: Pick<Param, 'type' | 'shape' | 'labels'>,
): unknown {
  const text = session.get(name);
  if (text === undefined) {
    throw new FozError(
      'access-denied',
      `The session has no variable x-foz-${name}, which a permission of this role needs.`,
    );
  }
  const read = (given: unknown) => {
    const value = scalarValue(name, given, type.scalar);
    if (labels !== undefined && !labels.includes(value as string))
      throw invalidVariable(name, 'a label of the enum');
    return value;
  };
  return shape === 'value' && !type.array ? read(text) : listOf(name, text).map(read);
}

function listOf(name: string, text: string): unknown[] {
  const given = text.trim();
  const list = given.startsWith('{') ? braced(given) : given.startsWith('[') ? bracketed(given) : bare(given);
  if (list === null) throw invalidVariable(name, 'a list, such as [1,2]');
  return list;
}

function bracketed(text: string): unknown[] | null {
  try {
    return parseJson(text) as unknown[];
  } catch {
    return null;
  }
}

const element = /\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",{}\\][^",{}\\]*))\s*([,}])/sy;

/** Parses `{a,"b c"}`, PostgreSQL's form of a one-dimensional array. `null`: the text has another form, or contains NULL. */
function braced(text: string): string[] | null {
  if (/^\{\s*\}$/.test(text)) return [];
  const list: string[] = [];
  element.lastIndex = 1;
  while (element.lastIndex < text.length) {
    const [, quoted, plain, end] = element.exec(text) ?? [];
    if (end === undefined || plain?.trim().toLowerCase() === 'null') return null;
    list.push(quoted?.replaceAll(/\\(.)/gs, '$1') ?? plain!.trim());
    if (end === '}') return element.lastIndex === text.length ? list : null;
  }
  return null;
}

/** A single value counts as a list of one. */
function bare(text: string): string[] | null {
  return text === '' || /[[\]{},"]/.test(text) ? null : [text];
}

/** Checks the value as one from a client. */
function scalarValue(name: string, given: unknown, scalar: Scalar): unknown {
  try {
    return readScalar(scalar, spelled(given, scalar));
  } catch {
    throw invalidVariable(name, `a value of the type ${scalar}`);
  }
}

const digits = /^[+-]?\d+$/;
const decimal = /^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const notFinite = /^(?:NaN|-?Infinity)$/;

/** The text as the JSON value that the scalar reads. Throws where there is none. */
function spelled(given: unknown, scalar: Scalar): unknown {
  const family = familyOf(scalar);
  if (family === 'json' || family === 'geometry') return typeof given === 'string' ? parseJson(given) : given;
  if (given === null || (typeof given === 'object' && !(given instanceof ExactNumber)))
    throw new TypeError('a plain value is needed');
  const text = String(given);
  if (family === 'integer') {
    if (!digits.test(text)) throw new TypeError('whole digits are needed');
    return scalar === 'bigint' ? text : Number(text);
  }
  if (family === 'float') {
    if (notFinite.test(text)) return text;
    if (!decimal.test(text)) throw new TypeError('a number is needed');
    return Number(text);
  }
  if (family === 'boolean') return truth(text);
  return text;
}

const truths: Readonly<Record<string, boolean>> = {
  true: true,
  t: true,
  1: true,
  false: false,
  f: false,
  0: false,
};

function truth(text: string): boolean {
  if (!Object.hasOwn(truths, text)) throw new TypeError('true or false is needed');
  return truths[text]!;
}

function invalidVariable(name: string, what: string): FozError {
  return new FozError(
    'access-denied',
    `The session variable x-foz-${name} does not hold ${what}, which a permission of this role needs.`,
  );
}
