import { dataOf, documentFault, roleOf, sessionTexts } from './graphql.ts';
import { sqlFaults, usual } from './sql.ts';
import {
  type OpenTransaction,
  onceOf,
  type StepContext,
  type StepDefinition,
  type StepKind,
  serviceOf,
  template,
} from './step.ts';

/** A write of the transaction. */
type Write = { readonly id: string } & (
  | {
      readonly document: string;
      readonly operationName?: string;
      readonly variables?: Readonly<Record<string, unknown>>;
    }
  | { readonly statement: string; readonly params?: Readonly<Record<string, unknown>> }
);

interface Transaction {
  readonly source: string;
  readonly writes: readonly Write[];
  readonly role?: string;
  readonly sessionVariables?: Readonly<Record<string, unknown>>;
  readonly once?: boolean;
  readonly mostRows?: number;
  readonly maxBytes?: number;
  readonly timeoutMs?: number;
}

const id = { type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9_]*$', maxLength: 100 };
const text = { type: 'string', minLength: 1, maxLength: 100_000 };
const write = {
  type: 'object',
  required: ['id'],
  oneOf: [{ required: ['document'] }, { required: ['statement'] }],
  properties: {
    ...{ id, document: text, operationName: { type: 'string' }, variables: template },
    ...{ statement: text, params: template },
  },
  dependentRequired: { variables: ['document'], operationName: ['document'], params: ['statement'] },
  additionalProperties: false,
};

/**
 * Does writes of one source in a transaction: all of them, or none. Each is a mutation or a statement in SQL, and sees the outputs of those before it
 * as `writes`. The output is an object of their outputs.
 */
export const transaction: StepKind<Transaction> = {
  kind: 'transaction',
  settings: {
    source: { type: 'string', minLength: 1 },
    writes: { type: 'array', minItems: 1, maxItems: 100, items: write },
    role: { type: 'string', minLength: 1 },
    sessionVariables: template,
    once: { type: 'boolean' },
    mostRows: { type: 'integer', minimum: 1, maximum: 100_000 },
    maxBytes: { type: 'integer', minimum: 1, maximum: 16_777_216 },
  },
  required: ['source', 'writes'],
  templates: ['sessionVariables'],
  lateTemplates: ['writes'],
  hasEffect: true,
  faults: transactionFaults,
  async run(step, context) {
    const { services, signal, workflow, run, path } = context;
    const { maxBytes, timeoutMs } = { ...usual, ...step };
    const { role, variables } = await context.session();
    const session = {
      role: step.role ?? role,
      sessionVariables: { ...variables, ...sessionTexts(step.sessionVariables ?? {}) },
    };
    return serviceOf(services, 'transaction')(
      {
        ...{ caller: { workflow, run, path }, role: session.role, source: step.source },
        ...{ maxBytes, timeoutMs, signal, ...onceOf(step.once, context) },
      },
      async (open) => {
        const done: Record<string, unknown> = {};
        for (const one of step.writes) {
          signal.throwIfAborted();
          done[one.id] = await outputOf(one, done, step, session, open, context);
        }
        return done;
      },
    );
  },
};

async function outputOf(
  one: Write,
  writes: Readonly<Record<string, unknown>>,
  { mostRows = usual.mostRows }: Transaction,
  {
    role,
    sessionVariables,
  }: { readonly role: string | null; readonly sessionVariables: Record<string, string> },
  open: OpenTransaction,
  { evaluate, signal, workflow, run, path }: StepContext,
): Promise<unknown> {
  if ('statement' in one) {
    const params = (await evaluate(one.params ?? {}, { writes })) as Readonly<Record<string, unknown>>;
    return open.sql({ statement: one.statement, params: params ?? {}, mostRows });
  }
  const { document, operationName } = one;
  const variables = (await evaluate(one.variables ?? {}, { writes })) as Readonly<Record<string, unknown>>;
  return dataOf(
    await open.graphql({
      ...{ caller: { workflow, run, path }, document, variables: variables ?? {}, signal },
      ...{ role: roleOf(role), sessionVariables },
      ...(operationName !== undefined && { operationName }),
    }),
  );
}

function transactionFaults(step: StepDefinition, { role }: { readonly role?: string }) {
  const faults: { place: string; message: string }[] = [];
  const known = new Set<string>();
  for (const [index, one] of (step.writes as readonly Write[]).entries()) {
    const at = `/writes/${index}`;
    if (known.has(one.id))
      faults.push({ place: `${at}/id`, message: `has the id "${one.id}" of another write.` });
    known.add(one.id);
    if (one.id === '__proto__') faults.push({ place: `${at}/id`, message: 'must not be "__proto__".' });
    if ('statement' in one) {
      for (const { place, message } of sqlFaults(one)) faults.push({ place: `${at}${place}`, message });
      continue;
    }
    const fault = documentFault(one.document, one.operationName, true);
    if (fault !== null) faults.push({ place: `${at}/document`, message: fault });
    if (step.role === undefined && role === undefined)
      faults.push({ place: at, message: 'needs a "role" of the step or of the workflow.' });
  }
  return faults;
}
