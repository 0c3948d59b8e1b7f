import { type GraphQLError, getOperationAST, parse } from 'graphql';
import { FozError } from '../../core/index.ts';
import type { WorkflowDefinition } from '../definition.ts';
import { StepFailed } from '../failure.ts';
import { type GraphqlAnswer, onceOf, type StepDefinition, type StepKind, template } from './step.ts';

interface Graphql {
  readonly document: string;
  readonly role?: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly operationName?: string;
  readonly sessionVariables?: Readonly<Record<string, unknown>>;
  readonly once?: boolean;
}

/** Runs an operation on the graph of this server as the role of the workflow, or as another one. Its output is `data`; it fails where the answer has errors. */
export const graphql: StepKind<Graphql> = {
  kind: 'graphql',
  settings: {
    document: { type: 'string', minLength: 1 },
    role: { type: 'string', minLength: 1 },
    variables: template,
    operationName: { type: 'string' },
    sessionVariables: template,
    once: { type: 'boolean' },
  },
  required: ['document'],
  templates: ['variables', 'sessionVariables'],
  hasEffect: true,
  faults: graphqlFaults,
  async run({ document, variables = {}, operationName, once, ...own }, context) {
    const { services, signal, workflow, run, path } = context;
    const session = await context.session();
    return dataOf(
      await services.graphql({
        ...{ document, role: roleOf(own.role ?? session.role), variables, signal },
        ...{ caller: { workflow, run, path }, ...onceOf(once, context) },
        ...(operationName !== undefined && { operationName }),
        sessionVariables: { ...session.variables, ...sessionTexts(own.sessionVariables ?? {}) },
      }),
    );
  },
};

/** The role of an operation. Throws StepFailed where there is none. */
export function roleOf(role: string | null): string {
  if (role !== null) return role;
  throw new StepFailed({ code: 'validation-failed', message: 'The step has no role.' }, { final: true });
}

/** The data of an answer. Throws StepFailed where it has errors. */
export function dataOf({ data = null, errors = [] }: GraphqlAnswer): unknown {
  const [first] = errors;
  if (first === undefined) return data;
  throw new StepFailed({
    code: String(first.extensions?.code ?? 'unexpected'),
    message: first.message,
    details: { errors: errors.map(({ message, extensions }) => ({ message, code: extensions?.code })) },
  });
}

/** Session variables as texts: texts unchanged, other values as JSON. One without a value is absent, so that rules that need it refuse. */
export function sessionTexts(values: Readonly<Record<string, unknown>>): Record<string, string> {
  const texts = Object.entries(values)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]): [string, string] => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]);
  const faulty = texts.find(([, text]) => text.includes('\0'));
  if (faulty !== undefined)
    throw new FozError('data-exception', `The session variable ${faulty[0]} contains a NUL character.`);
  return Object.fromEntries(texts);
}

function graphqlFaults(step: StepDefinition, { role }: WorkflowDefinition) {
  const faults: { place: string; message: string }[] = [];
  if (step.role === undefined && role === undefined)
    faults.push({ place: '', message: 'needs a "role", unless the workflow has one.' });
  const fault = documentFault(
    step.document as string,
    step.operationName as string | undefined,
    step.once === true,
  );
  if (fault !== null) faults.push({ place: '/document', message: fault });
  return faults;
}

/** Why a document cannot be run by a step; `null`: it can. `writes`: only a mutation can. */
export function documentFault(
  text: string,
  operationName: string | undefined,
  writes = false,
): string | null {
  try {
    const operation = getOperationAST(parse(text), operationName);
    if (operation?.operation === 'subscription')
      return 'is a subscription: a step runs queries and mutations.';
    if (operation?.operation === 'query' && writes) return 'is a query, and has to be a mutation here.';
    if (operation) return null;
    return operationName === undefined
      ? 'has several operations, or none: name one with "operationName".'
      : `has no operation "${operationName}".`;
  } catch (error) {
    const { message, locations } = error as GraphQLError;
    const [place] = locations ?? [];
    return `is no GraphQL document: ${message}${place ? `, in its line ${place.line}, column ${place.column}` : ''}`;
  }
}
