import { type DocumentNode, Kind, parse, print, type TypeNode } from 'graphql';
import type { Naming } from '../catalog/index.ts';
import { fieldIn, type ServiceDeclaration } from '../graph/index.ts';

/** The fields by which roles see the runs of a workflow: `close_order_run` and `close_order_runs`. */
export function runFields(
  { name, field, result }: RunFieldsOf,
  naming: Naming,
  index: number,
): ServiceDeclaration[] {
  const spelled = (text: string) => (naming === 'hasura-default' ? text : camelCase(text));
  const run = spelled(`${field}_run`);
  const type = naming === 'hasura-default' ? run : capital(run);
  const [state, error] = ['workflow_run_state', 'workflow_run_error'].map((text) =>
    naming === 'hasura-default' ? text : capital(camelCase(text)),
  );
  const [moment, json] = naming === 'hasura-default' ? ['timestamptz', 'jsonb'] : ['DateTime', 'JSON'];
  const output = result === null ? json : print(nullable(result.type));
  const shared = `
    "A run of the workflow ${name}."
    type ${type} {
      id: ID!
      state: ${state}!
      ${spelled('started_at')}: ${moment}!
      "null: it has not ended."
      ${spelled('ended_at')}: ${moment}
      "What it has responded, or its output."
      output: ${output}
      error: ${error}
    }
    "The state of a run of a workflow."
    enum ${state} { active paused done failed cancelled }
    "The error of a run of a workflow."
    type ${error} {
      message: String!
      "The code that the workflow gave."
      reason: String
      details: ${json}
    }`;
  const own = result === null ? [] : result.types;
  const declared = (query: string, kind: string): ServiceDeclaration => {
    const { definitions } = parse(`type Query { ${query} } ${shared}`, { noLocation: true });
    return {
      operation: 'query',
      definition: { kind: Kind.DOCUMENT, definitions: [...definitions, ...own] },
      target: { kind, name },
      where: `workflow ${name}`,
      path: ['workflows', index, 'permissions'],
    };
  };
  return [
    declared(
      `"A run by its id; null: there is none that this role sees." ${run}(id: ID!): ${type}`,
      runKinds.one,
    ),
    declared(
      `"The runs that this role sees, the newest first. before: the id of the last run of the page before."
       ${run}s(limit: Int = 20, before: ID, states: [${state}!]): [${type}!]!`,
      runKinds.many,
    ),
  ];
}

/** The kinds of these fields. */
export const runKinds = { one: 'run of the workflow', many: 'runs of the workflow' } as const;

interface RunFieldsOf {
  /** The name of the workflow. */
  readonly name: string;
  /** The name of its mutation field, else its own. */
  readonly field: string;
  /** The type of what its runs answer, and the types that this one uses; `null`: any JSON. */
  readonly result: { readonly type: TypeNode; readonly types: DocumentNode['definitions'] } | null;
}

/** What a definition of a mutation field says about the answers of runs. */
export function resultOf(definition: DocumentNode): NonNullable<RunFieldsOf['result']> {
  const field = fieldIn(definition, 'mutation');
  return {
    type: field.type,
    types: definition.definitions.filter(
      (one) => one.kind !== Kind.OBJECT_TYPE_DEFINITION || !one.fields?.includes(field),
    ),
  };
}

function nullable(type: TypeNode): TypeNode {
  return type.kind === Kind.NON_NULL_TYPE ? type.type : type;
}

function camelCase(text: string): string {
  return text.replace(/_+([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
