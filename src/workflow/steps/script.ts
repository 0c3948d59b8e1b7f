import { Script as Syntax } from 'node:vm';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { FozError } from '../../core/index.ts';
import type { WorkflowDefinition } from '../definition.ts';
import type { ScriptCall } from '../scripts/index.ts';
import { documentFault, graphql } from './graphql.ts';
import { http } from './http.ts';
import { type StepContext, type StepDefinition, type StepKind, serviceOf, template } from './step.ts';

interface ScriptStep {
  readonly code: string;
  readonly input?: unknown;
  readonly role?: string;
  readonly computeMs?: number;
  readonly memoryMb?: number;
}

/**
 * Runs user JavaScript: the body of an async function of `input` and `foz`, whose result is the output. `foz.graphql` and `foz.http` are the steps of
 * these names; there is no other way out.
 */
export const script: StepKind<ScriptStep> = {
  kind: 'script',
  settings: {
    code: { type: 'string', minLength: 1, maxLength: 100_000 },
    input: template,
    role: { type: 'string', minLength: 1 },
    computeMs: { type: 'integer', minimum: 1, maximum: 60_000 },
    memoryMb: { type: 'integer', minimum: 20, maximum: 256 },
  },
  required: ['code'],
  templates: ['input'],
  hasEffect: true,
  faults: scriptFaults,
  isPassing: (failure) => http.isPassing!(failure),
  run({ code, input, role, computeMs = 2_000, memoryMb = 32 }, context) {
    const call: ScriptCall = (kind, request, number) =>
      kind === 'graphql' ? graphqlCall(request, role, context) : httpCall(request, number, context);
    const scripts = serviceOf(context.services, 'scripts');
    return scripts.run({ code, input, ms: computeMs, memoryMb }, call, context.signal);
  },
};

async function graphqlCall(
  request: unknown,
  role: string | undefined,
  context: StepContext,
): Promise<unknown> {
  const { document, ...rest } = checked(graphqlRequest, request, 'foz.graphql') as {
    readonly document: string;
    readonly operationName?: string;
  };
  const fault = documentFault(document, rest.operationName);
  if (fault !== null) throw new FozError('data-exception', `foz.graphql: the document ${fault}`);
  return graphql.run({ document, ...rest, ...(role !== undefined && { role }) } as never, context);
}

async function httpCall(request: unknown, number: number, context: StepContext): Promise<unknown> {
  const settings = checked(httpRequest, request, 'foz.http');
  // Done again, the script sends its requests in the same order, under the same keys.
  const idempotencyKey = `${context.idempotencyKey}/${number}`;
  return http.run(settings as never, { ...context, idempotencyKey });
}

/** Compiles a schema at its first use. */
function schema(value: object): () => ValidateFunction {
  let compiled: ValidateFunction | undefined;
  return () => {
    compiled ??= new Ajv2020({ strict: false }).compile(value);
    return compiled;
  };
}

const graphqlRequest = schema({
  type: 'object',
  properties: {
    document: { type: 'string' },
    variables: { type: 'object' },
    operationName: { type: 'string' },
  },
  required: ['document'],
  additionalProperties: false,
});
// A script maps answers and follows pages itself.
const { result: _result, pages: _pages, ...httpSettings } = http.settings;
const httpRequest = schema({ type: 'object', properties: httpSettings, additionalProperties: false });

function checked(validator: () => ValidateFunction, request: unknown, what: string): object {
  const validate = validator();
  if (validate(request)) return request as object;
  const [fault] = validate.errors!;
  const { additionalProperty } = fault!.params as { additionalProperty?: string };
  const named = additionalProperty === undefined ? '' : ` ("${additionalProperty}")`;
  throw new FozError(
    'data-exception',
    `${what}: ${fault!.instancePath || 'the request'} ${fault!.message}${named}.`,
  );
}

function scriptFaults({ code }: StepDefinition, _: WorkflowDefinition) {
  try {
    // Parsed, not run. The engine of scripts parses it again.
    new Syntax(`(async (input, foz) => {\n${String(code)}\n})`, { filename: 'script' });
    return [];
  } catch (error) {
    const { message, stack = '' } = error as Error;
    const line = /^script:(\d+)/.exec(stack)?.[1];
    const place = line === undefined ? '' : `, in its line ${Math.max(1, Number(line) - 1)}`;
    return [{ place: '/code', message: `is no JavaScript: ${message}${place}.` }];
  }
}
