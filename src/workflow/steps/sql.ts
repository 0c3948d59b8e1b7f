import { expressionsOf } from '../expressions/index.ts';
import { onceOf, type StepKind, serviceOf, template } from './step.ts';

interface Sql {
  readonly source: string;
  readonly statement: string;
  readonly params?: Readonly<Record<string, unknown>> | null;
  readonly mode?: 'read' | 'write';
  readonly mostRows?: number;
  readonly maxBytes?: number;
  readonly timeoutMs?: number;
  readonly once?: boolean;
}

export const usual = { mostRows: 1_000, maxBytes: 1_048_576, timeoutMs: 60_000 } as const;

/**
 * Runs a statement in the SQL of a source whose configuration allows it. Values are bound to its parameters, `:name`. The output is
 * `{ rows, affected }`.
 */
export const sql: StepKind<Sql> = {
  kind: 'sql',
  settings: {
    source: { type: 'string', minLength: 1 },
    statement: { type: 'string', minLength: 1, maxLength: 100_000 },
    params: template,
    mode: { enum: ['read', 'write'] },
    mostRows: { type: 'integer', minimum: 1, maximum: 100_000 },
    maxBytes: { type: 'integer', minimum: 1, maximum: 16_777_216 },
    once: { type: 'boolean' },
  },
  required: ['source', 'statement'],
  templates: ['params'],
  hasEffect: true,
  faults: (step) => sqlFaults(step as { readonly statement?: unknown }),
  async run(step, context) {
    const { services, session, signal, workflow, run, path } = context;
    const { source, statement, params, mode, once } = step;
    const { mostRows, maxBytes, timeoutMs } = { ...usual, ...step };
    const { role } = await session();
    return serviceOf(
      services,
      'sql',
    )({
      ...{ caller: { workflow, run, path }, role, source, statement, params: params ?? {} },
      ...(mode !== undefined && { mode }),
      ...{ mostRows, maxBytes, timeoutMs, signal, ...onceOf(once, context) },
    });
  },
};

/** The faults of a statement and its values. */
export function sqlFaults({
  statement,
  params,
}: {
  readonly statement?: unknown;
  readonly params?: unknown;
}): { place: string; message: string }[] {
  const faults: { place: string; message: string }[] = [];
  if (typeof statement === 'string' && (expressionsOf(statement).length > 0 || statement.includes('{%')))
    faults.push({
      place: '/statement',
      message:
        'has an expression. The text of a statement is fixed: write ":name", and the value in "params".',
    });
  const isList = typeof params !== 'object' || params === null || Array.isArray(params);
  if (params !== undefined && isList && expressionsOf(params).length === 0)
    faults.push({
      place: '/params',
      message: 'must be an object: the values by the names of the parameters.',
    });
  return faults;
}
