import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { didYouMean } from '../../catalog/index.ts';
import { stepKinds } from '../steps/index.ts';
import { stepList, template } from '../steps/step.ts';

const name = { type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9_]*$', maxLength: 100 };
const ms = { type: 'number', minimum: 1, maximum: 10 * 365 * 86_400_000 };

const retry = {
  type: 'object',
  properties: {
    attempts: { type: 'integer', minimum: 1, maximum: 1_000 },
    firstMs: ms,
    factor: { type: 'number', minimum: 1, maximum: 100 },
    longestMs: ms,
    jitter: { type: 'number', minimum: 0, maximum: 1 },
    codes: { type: 'array', items: { type: 'string' }, minItems: 1 },
  },
  required: ['attempts'],
  additionalProperties: false,
};

function stepSchema(): object {
  const kinds = [...stepKinds.values()];
  return {
    type: 'object',
    properties: { id: name, kind: { enum: kinds.map(({ kind }) => kind) } },
    required: ['id', 'kind'],
    allOf: kinds.map(({ kind, settings, required }) => ({
      if: { properties: { kind: { const: kind } }, required: ['kind'] },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: {
        properties: {
          id: true,
          kind: true,
          retry,
          timeoutMs: ms,
          onError: stepList,
          compensate: stepList,
          idempotencyKey: template,
          ...settings,
        },
        required,
        additionalProperties: false,
      },
    })),
  };
}

/** The JSON Schema of a definition of a workflow. */
export const workflowSchema: object = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'https://foz.dev/schema/workflow.schema.json',
  title: 'A workflow of Foz',
  type: 'object',
  properties: {
    name,
    description: { type: 'string' },
    enabled: { type: 'boolean' },
    role: { type: 'string', minLength: 1 },
    sessionVariables: { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean'] } },
    input: { type: 'object' },
    schedule: {
      type: 'object',
      properties: {
        cron: { type: 'string', minLength: 1 },
        timezone: { type: 'string', minLength: 1 },
        missed: { enum: ['skip', 'last', 'all'] },
        overlap: { enum: ['skip', 'queue', 'allow'] },
        input: template,
      },
      required: ['cron'],
      additionalProperties: false,
    },
    mutation: {
      type: 'object',
      properties: {
        definition: { type: 'string', minLength: 1 },
        kind: { enum: ['synchronous', 'asynchronous'] },
        input: template,
        timeoutMs: { type: 'number', minimum: 1, maximum: 3_600_000 },
      },
      required: ['definition'],
      additionalProperties: false,
    },
    permissions: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          role: { type: 'string', minLength: 1 },
          start: { type: 'boolean' },
          see: { enum: ['own', 'all'] },
        },
        required: ['role'],
        additionalProperties: false,
      },
    },
    concurrency: { type: 'integer', minimum: 1 },
    key: template,
    priority: { enum: ['high', 'normal', 'low'] },
    timeoutMs: ms,
    steps: { $ref: '#/$defs/steps' },
    output: template,
  },
  required: ['name', 'steps'],
  additionalProperties: false,
  $defs: {
    steps: { type: 'array', minItems: 1, maxItems: 1_000, items: { $ref: '#/$defs/step' } },
    step: stepSchema(),
  },
};

let compiled: ValidateFunction | undefined;

/** Compiles the schema at the first use: that takes some tenths of a second, which most commands need not wait for. */
function validator(): ValidateFunction {
  compiled ??= new Ajv2020({ allErrors: true, strict: false, verbose: true }).compile(workflowSchema);
  return compiled;
}

/** The faults of a definition by the schema, with their places as JSON Pointers. */
export function schemaFaults(definition: unknown): { readonly place: string; readonly message: string }[] {
  const validate = validator();
  if (validate(definition)) return [];
  return validate
    .errors!.filter(({ keyword }) => keyword !== 'if')
    .map((error) => ({ place: error.instancePath, message: messageOf(error) }));
}

function messageOf({ keyword, message, params, parentSchema, data }: ErrorObject): string {
  if (keyword === 'additionalProperties') {
    const unknown: string = params.additionalProperty;
    return `has no setting "${unknown}"${didYouMean(unknown, Object.keys(parentSchema?.properties ?? {}))}.`;
  }
  if (keyword === 'required') return `needs "${params.missingProperty}".`;
  if (keyword === 'enum') {
    const allowed = (params.allowedValues as unknown[]).map(String);
    return `must be one of ${allowed.join(', ')}${didYouMean(String(data), allowed)}.`;
  }
  return `${message}.`;
}
