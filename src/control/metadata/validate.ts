import type { ErrorObject } from 'ajv/dist/2020.js';
import { didYouMean } from '../../catalog/index.ts';
import type { ConfigProblem } from '../config/config.ts';
import { type Locate, spelled } from './located-yaml.ts';
import type { SchemaName } from './schemas.ts';
import { validatorOf } from './validators.ts';

/** A violation of the JSON Schema. */
export interface Violation {
  readonly path: readonly (string | number)[];
  /** The unknown setting in the object at `path`; absent: the value itself is wrong. */
  readonly setting?: string;
  readonly message: string;
}

/** All violations of the JSON Schema, with places where the value comes from a file. */
export function checkAgainst(what: SchemaName, value: unknown, locate: Locate = nowhere): ConfigProblem[] {
  return violations(what, value).map((violation) => located(violation, locate));
}

/** A violation as a problem of a file. */
export function located({ path, setting, message }: Violation, locate: Locate): ConfigProblem {
  return { ...locate(path, setting), where: path.length === 0 ? 'file' : spelled(path), message };
}

const nowhere: Locate = () => ({ file: '', line: 0, column: 0 });

/** All violations of the JSON Schema. */
export function violations(what: SchemaName, value: unknown): Violation[] {
  const validator = validatorOf(what);
  if (validator(value)) return [];
  const errors = (validator.errors ?? []).filter(
    (error) => error.keyword !== 'if' && error.keyword !== 'oneOf',
  );
  return errors.map((error) => {
    const path = error.instancePath
      .split('/')
      .slice(1)
      .map((part) => (/^\d+$/.test(part) ? Number(part) : part.replaceAll('~1', '/').replaceAll('~0', '~')));
    const setting = error.params.additionalProperty ?? error.params.unevaluatedProperty;
    return { path, ...(setting === undefined ? {} : { setting }), message: messageOf(error) };
  });
}

function messageOf(error: ErrorObject): string {
  const { params } = error;
  const unknown = params.additionalProperty ?? params.unevaluatedProperty;
  if (unknown !== undefined)
    return `has no setting "${unknown}"${didYouMean(unknown, Object.keys(error.parentSchema?.properties ?? {}))}`;
  if (error.keyword === 'required') return `needs "${params.missingProperty}"`;
  if (error.keyword === 'type') return `must be ${[params.type].flat().join(' or ')}`;
  if (error.keyword === 'enum') {
    const allowed = (params.allowedValues as unknown[]).map(String);
    return `must be one of ${allowed.join(', ')}${didYouMean(String(error.data), allowed)}`;
  }
  return lengthProblem(error) ?? error.message ?? 'is not right';
}

/** The unit that JSON Schema's `min` and `max` keywords count, by the end of their names: `minLength` counts characters. */
const counted: Readonly<Record<string, string>> = {
  Length: 'character',
  Items: 'entry',
  Properties: 'setting',
};

/** `must have at least 16 characters`, `must be at most 65535`; `null`: another kind of problem. */
function lengthProblem({ keyword, params }: ErrorObject): string | null {
  const [, bound, of] = /^(min|max)(Length|Items|Properties|imum)$/.exec(keyword) ?? [];
  if (bound === undefined || of === undefined)
    return keyword === 'uniqueItems' ? `has the same entry twice (${params.j} and ${params.i})` : null;
  const atLeast = `at ${bound === 'min' ? 'least' : 'most'} ${params.limit}`;
  if (of === 'imum') return `must be ${atLeast}`;
  const noun = counted[of]!;
  const plural = noun === 'entry' ? 'entries' : `${noun}s`;
  return `must have ${atLeast} ${params.limit === 1 ? noun : plural}`;
}
