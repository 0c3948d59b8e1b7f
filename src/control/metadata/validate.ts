import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import schema from '../../../schema/foz.schema.json' with { type: 'json' };
import { didYouMean } from '../../catalog/index.ts';
import type { ConfigProblem } from '../config/config.ts';
import type { Locate } from './located-yaml.ts';

const schemas = {
  config: schema,
  metadata: { $ref: '#/$defs/metadata', $defs: schema.$defs },
  table: { $ref: '#/$defs/table_entry', $defs: schema.$defs },
  inheritedRoles: { $ref: '#/$defs/inherited_roles', $defs: schema.$defs },
} as const;

const compiled = new Map<keyof typeof schemas, ValidateFunction<unknown>>();

function validatorOf(what: keyof typeof schemas): ValidateFunction<unknown> {
  const known = compiled.get(what);
  if (known !== undefined) return known;
  const made = new Ajv2020({ allErrors: true, allowUnionTypes: true, verbose: true }).compile<unknown>(
    schemas[what],
  );
  compiled.set(what, made);
  return made;
}

/** All violations of the JSON Schema, with places where the value comes from a file. */
export function checkAgainst(
  what: keyof typeof schemas,
  value: unknown,
  locate: Locate = nowhere,
): ConfigProblem[] {
  return check(validatorOf(what), value, locate);
}

const nowhere: Locate = () => ({ file: '', line: 0, column: 0 });

function check(validator: ValidateFunction<unknown>, value: unknown, locate: Locate): ConfigProblem[] {
  if (validator(value)) return [];
  const errors = (validator.errors ?? []).filter(
    (error) => error.keyword !== 'if' && error.keyword !== 'oneOf',
  );
  return errors.map((error) => {
    const path = error.instancePath
      .split('/')
      .slice(1)
      .map((part) => (/^\d+$/.test(part) ? Number(part) : part.replaceAll('~1', '/').replaceAll('~0', '~')));
    return {
      ...locate(path, error.params.additionalProperty ?? error.params.unevaluatedProperty),
      where: path.length === 0 ? 'file' : spelled(path),
      message: messageOf(error),
    };
  });
}

/** `sources[0].url` */
export function spelled(path: readonly (string | number)[]): string {
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  );
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
  return error.message ?? 'is not right';
}
