import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { RE2JS } from 're2js';
import { didYouMean } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';

/** Most faults that one answer names. */
const mostFaults = 50;
/** Of a value whose text is longer, only the first fault is found. */
const longestForAll = 100_000;

/** Patterns run in linear time, since the values come from outside. */
const regExp = Object.assign(
  (pattern: string) => {
    const compiled = RE2JS.compile(pattern);
    // The compiler of schemas takes two patterns with one text for the same.
    return { test: (text: string) => compiled.matcher(text).find(), toString: () => pattern };
  },
  { code: 'pattern' },
);

/** Why a value is no JSON Schema; `null`: it is one. */
export function schemaFault(schema: object): string | null {
  try {
    compiled(schema);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Finds the first fault, or every one. */
interface Validators {
  readonly first: ValidateFunction;
  readonly every: ValidateFunction;
}

const known = new WeakMap<object, Validators>();

function compiled(schema: object): Validators {
  const found = known.get(schema);
  if (found !== undefined) return found;
  // Compilers of its own, so that equal names in two schemas do not meet.
  const [first, every] = [false, true].map((allErrors) =>
    new Ajv2020({
      ...{ allErrors, strict: false, verbose: true, validateFormats: false, ownProperties: true },
      code: { regExp },
    }).compile(schema),
  );
  const made = { first: first!, every: every! };
  known.set(schema, made);
  return made;
}

/** A fault of a value, with its place as a JSON Pointer. */
export interface InputFault {
  readonly place: string;
  readonly message: string;
}

/** All faults of a value by a JSON Schema. */
export function inputFaults(schema: object, value: unknown): readonly InputFault[] {
  const { first, every } = compiled(schema);
  if (first(value)) return [];
  // A long value may have very many faults.
  const isLong = JSON.stringify(value).length > longestForAll;
  const validate = isLong ? first : every;
  if (!isLong) every(value);
  return validate
    .errors!.filter(({ keyword }) => keyword !== 'if')
    .slice(0, mostFaults)
    .map(({ keyword, instancePath, message, params, parentSchema }) => ({
      place: instancePath,
      message:
        keyword === 'additionalProperties'
          ? `has the unknown property "${params.additionalProperty}"${didYouMean(params.additionalProperty, Object.keys(parentSchema?.properties ?? {}))}`
          : (message ?? 'is wrong'),
    }));
}

/** Throws FozError `validation-failed` that names all faults of an input. */
export function checkInput(schema: object | undefined, value: unknown): void {
  if (schema === undefined) return;
  const faults = inputFaults(schema, value);
  if (faults.length === 0) return;
  throw new FozError(
    'validation-failed',
    `The input does not fit its schema: ${faults.map(({ place, message }) => `${place === '' ? 'it' : place} ${message}`).join('; ')}.`,
    { details: { faults } },
  );
}
