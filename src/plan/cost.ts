import type { Insert } from './insert.ts';
import type { Mutation, WriteAnswer } from './mutation.ts';
import type { Plan, Root } from './plan.ts';
import type { Aggregate, Bound, Field, Select } from './select.ts';

/** Rows that a list without a limit of its own is taken to have. */
const unlimited = 100;

/**
 * What an operation may cost at most, in rows that it touches: a list costs its limit (100 rows where it has none), times what it asks
 * below each row; an aggregate costs as much as a list of 100, and so does each read that a filter or an order needs in another
 * source. A write costs the rows that it is given, an update or delete at least 1. Known before anything runs.
 */
export function planCost({ roots, steps }: Plan): number {
  return sum(roots.map(rootCost)) + steps.length * unlimited;
}

function rootCost(root: Root): number {
  switch (root.kind) {
    case 'constant':
    case 'introspection':
      return 0;
    case 'namespace':
      return sum(root.roots.map(rootCost));
    case 'one':
      return rowCost(root.select.fields);
    case 'list':
      return listCost(root.select);
    case 'aggregate':
      return aggregateCost(root.aggregate);
    case 'connection':
      return listCost(root.connection.select);
    case 'write':
      return writtenRows(root.mutation) + answerCost(root.mutation.answer);
  }
}

/** Rows that are known to be written: those that are given. */
function writtenRows(mutation: Mutation): number {
  if (mutation.kind === 'insert') return insertedRows(mutation.insert);
  return mutation.kind === 'update many' ? mutation.updates.length : 1;
}

function insertedRows({ rows }: Insert): number {
  return sum(
    rows.map(({ before, after }) => 1 + sum([...before, ...after].map(({ insert }) => insertedRows(insert)))),
  );
}

function answerCost(answer: WriteAnswer): number {
  if (answer.kind === 'row') return rowCost(answer.select.fields) - 1;
  const selects = answer.parts.flatMap((part) => (part.kind === 'returning' ? [part.select] : []));
  return sum(selects.map(listCost));
}

function listCost({ limit, fields }: Pick<Select, 'limit' | 'fields'>): number {
  return rowsOf(limit) * rowCost(fields);
}

/** A limit that a variable brings costs what it may be at most. */
function rowsOf(limit: Bound | null): number {
  if (limit === null) return unlimited;
  return typeof limit === 'number' ? limit : (limit.atMost ?? 1000);
}

function rowCost(fields: readonly Field[]): number {
  return 1 + sum(fields.map(fieldCost));
}

function fieldCost(field: Field): number {
  switch (field.kind) {
    case 'column':
    case 'constant':
      return 0;
    case 'object':
      return rowCost(field.select.fields);
    case 'array':
      return listCost(field.select);
    case 'aggregate':
      return aggregateCost(field.aggregate);
  }
}

function aggregateCost({ parts, limit }: Aggregate): number {
  const nodes = parts.flatMap((part) => (part.kind === 'nodes' ? [listCost(part.select)] : []));
  return rowsOf(limit) + sum(nodes);
}

function sum(costs: readonly number[]): number {
  return costs.reduce((total, cost) => total + cost, 0);
}
