import { StepFailed } from '../failure.ts';
import { type StepKind, template } from './step.ts';

interface Graphql {
  readonly document: string;
  readonly role: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly operationName?: string;
  readonly sessionVariables?: Readonly<Record<string, unknown>>;
}

/** Runs an operation on the graph of this server as a role. Its output is `data`; it fails where the answer has errors. */
export const graphql: StepKind<Graphql> = {
  kind: 'graphql',
  settings: {
    document: { type: 'string', minLength: 1 },
    role: { type: 'string', minLength: 1 },
    variables: template,
    operationName: { type: 'string' },
    sessionVariables: template,
  },
  required: ['document', 'role'],
  templates: ['variables', 'sessionVariables'],
  hasEffect: true,
  async run({ document, role, variables = {}, operationName, sessionVariables = {} }, { services, signal }) {
    const { data = null, errors = [] } = await services.graphql({
      ...{ document, role, variables, signal },
      ...(operationName !== undefined && { operationName }),
      sessionVariables: Object.fromEntries(
        Object.entries(sessionVariables).map(([name, value]) => [
          name,
          typeof value === 'string' ? value : JSON.stringify(value),
        ]),
      ),
    });
    const [first] = errors;
    if (first === undefined) return data;
    throw new StepFailed({
      code: String(first.extensions?.code ?? 'unexpected'),
      message: first.message,
      details: { errors: errors.map(({ message, extensions }) => ({ message, code: extensions?.code })) },
    });
  },
};
