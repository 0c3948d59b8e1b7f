import { resolveParam } from './input/values.ts';
import type { Plan, Root } from './model/plan.ts';
import type { Aggregate, Bound, Field, Select } from './model/select.ts';
import type { Insert } from './writing/insert.ts';
import type { Mutation, WriteAnswer } from './writing/mutation.ts';

type Variables = Readonly<Record<string, unknown>>;

/** The cost of a field that is answered outside of the sources. */
const outside = 10;

/** The assumed number of rows of a list without a limit. */
const unlimited = 100;

/**
 * The maximum cost of an operation, in rows that it may touch. A list costs its limit (100 without one), times the
 * cost below each row. An aggregate costs as much as a list of 100 rows. So does each read that a filter or an order
 * needs in another source. A call of a workflow costs 10, a list of runs at least its limit. A write costs the rows that it is given, an update or delete at least 1. The cost is
 * known before anything runs. `variables`: coerced, for limits given as variables.
 */
export function planCost({ roots, steps }: Plan, variables: Variables): number {
  return rootsCost(roots, variables) + steps.length * unlimited;
}

function rootsCost(roots: readonly Root[], variables: Variables): number {
  return sum(roots.map((root) => rootCost(root, variables)));
}

function rootCost(root: Root, variables: Variables): number {
  switch (root.kind) {
    case 'constant':
    case 'introspection':
      return 0;
    case 'namespace':
      return rootsCost(root.roots, variables);
    case 'one':
      return rowCost(root.select.fields, variables);
    case 'list':
      return listCost(root.select, variables);
    case 'aggregate':
      return aggregateCost(root.aggregate, variables);
    case 'connection':
      return listCost(root.connection.select, variables);
    case 'stream':
      return listCost(root.stream.select, variables);
    case 'changes':
      return root.changes.size;
    case 'service':
      return Math.max(outside, root.service.rows(variables));
    case 'write':
      return writtenRows(root.mutation) + answerCost(root.mutation.answer, variables);
  }
}

/** The number of rows that are certainly written: those in the input. */
function writtenRows(mutation: Mutation): number {
  if (mutation.kind === 'insert') return insertedRows(mutation.insert);
  return mutation.kind === 'update many' ? mutation.updates.length : 1;
}

function insertedRows({ rows }: Insert): number {
  return sum(
    rows.map(({ before, after }) => 1 + sum([...before, ...after].map(({ insert }) => insertedRows(insert)))),
  );
}

function answerCost(answer: WriteAnswer, variables: Variables): number {
  if (answer.kind === 'row') return rowCost(answer.select.fields, variables) - 1;
  const selects = answer.parts.flatMap((part) => (part.kind === 'returning' ? [part.select] : []));
  return sum(selects.map((select) => listCost(select, variables)));
}

function listCost({ limit, fields }: Pick<Select, 'limit' | 'fields'>, variables: Variables): number {
  return rowsOf(limit, variables) * rowCost(fields, variables);
}

function rowsOf(limit: Bound | null, variables: Variables): number {
  if (limit === null) return unlimited;
  if (typeof limit === 'number') return limit;
  return resolveParam(limit, { variables, session: new Map(), steps: [], parents: null }) as number;
}

function rowCost(fields: readonly Field[], variables: Variables): number {
  return 1 + sum(fields.map((field) => fieldCost(field, variables)));
}

function fieldCost(field: Field, variables: Variables): number {
  switch (field.kind) {
    case 'column':
    case 'constant':
    case 'node_id':
      return 0;
    case 'object':
      return rowCost(field.select.fields, variables);
    case 'array':
      return listCost(field.select, variables);
    case 'aggregate':
      return aggregateCost(field.aggregate, variables);
  }
}

function aggregateCost({ parts, limit }: Aggregate, variables: Variables): number {
  const nodes = parts.flatMap((part) => (part.kind === 'nodes' ? [listCost(part.select, variables)] : []));
  return rowsOf(limit, variables) + sum(nodes);
}

function sum(costs: readonly number[]): number {
  return costs.reduce((total, cost) => total + cost, 0);
}
