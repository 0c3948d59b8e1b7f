import type { Column, Relationship, Table } from '../catalog/index.ts';
import type { Planning } from './context.ts';
import type { Fetch } from './model/fetch.ts';
import type { Measure } from './model/measure.ts';
import type { Param } from './model/param.ts';
import { and, type Predicate } from './model/predicate.ts';
import type { Direction, Hop, OrderTerm } from './model/select.ts';

type KeysFetch = Extract<Fetch, { kind: 'keys' }>;

/** Plans the read of matching rows' keys in the other source. Returns the parameter that holds the keys. */
export function addKeys(
  planning: Planning,
  relationship: Relationship,
  where: Predicate,
  having: KeysFetch['having'],
  path: string,
): Param {
  const { compare, mapping } = relationship;
  const columns = mapping.map((pair) => pair.to);
  const into = mapping.map((pair) => pair.from);
  const fetch = {
    kind: 'keys',
    table: relationship.to,
    columns,
    where,
    compare,
    having,
    limit: planning.keyCap + 1,
  } as const;
  const step = addStep(planning, relationship, path, fetch, { table: relationship.from, columns: into });
  return keysParam(planning, 'keys', relationship, into, step, path);
}

/** The row's own columns of a relationship are among the keys of the other side. Never NULL, so that it can be negated. */
export function amongKeys(relationship: Relationship, keys: Param): Predicate {
  const columns = relationship.mapping.map((pair) => pair.from);
  const present = columns
    .filter((column) => column.nullable)
    .map((column): Predicate => ({ kind: 'is null', column, negated: true }));
  return and(...present, { kind: 'in keys', columns, keys });
}

function keysParam(
  planning: Planning,
  shape: 'keys' | 'ranks',
  { compare }: Relationship,
  columns: readonly Column[],
  step: number,
  path: string,
): Param {
  const keyTypes = columns.map((column) => column.type);
  const source = { kind: 'step', step } as const;
  const param: Param = { type: keyTypes[0]!, shape, keyTypes, compare, source, path };
  planning.stepParams.push(param);
  return param;
}

function addStep(
  planning: Planning,
  relationship: Relationship,
  path: string,
  fetch: Fetch & { kind: 'keys' | 'ranks' },
  into: { readonly table: Table; readonly columns: readonly Column[] },
): number {
  const { steps } = planning;
  steps.push({
    source: fetch.table.source.name,
    fetch,
    into: { source: into.table.source.name, columns: into.columns, compare: relationship.compare },
    cap: planning.keyCap,
    relationship: `${relationship.from.id}.${relationship.name}`,
    path,
  });
  return steps.length - 1;
}

/** The value to sort by, read from a source at the other end of a relationship. */
export type RemoteOrder =
  | { readonly kind: 'term'; readonly term: OrderTerm }
  | ({ readonly kind: 'measure'; readonly measure: Measure } & Direction);

/**
 * Plans an order that leads into another source. One step reads the keys of the rows to be sorted, the next their
 * ranks in the other source, which the sorting statement joins. `rows`: the rows to be sorted. `path` leads from
 * them to the relationship. `where`: the condition on the rows of the other source. `at`: the place in the operation.
 */
export function addRanks(
  planning: Planning,
  rows: { readonly table: Table; readonly where: Predicate },
  {
    path,
    relationship,
    by,
    where,
    at,
  }: {
    readonly path: readonly Hop[];
    readonly relationship: Relationship;
    readonly by: RemoteOrder;
    readonly where: Predicate;
    readonly at: string;
  },
): OrderTerm {
  const columns = relationship.mapping.map((pair) => pair.from);
  const own = {
    kind: 'keys',
    table: relationship.from,
    columns,
    where: reachable(rows, path),
    compare: relationship.compare,
    having: null,
    limit: planning.keyCap + 1,
  } as const;
  const keys = addStep(planning, relationship, at, own, { table: relationship.from, columns });
  const targets = relationship.mapping.map((pair) => pair.to);
  const there = {
    kind: 'ranks',
    table: relationship.to,
    columns: targets,
    keys: keysParam(planning, 'keys', relationship, targets, keys, at),
    where,
    by,
  } as const;
  const ranks = addStep(planning, relationship, at, there, { table: relationship.to, columns: targets });
  const { descending, nulls } = by.kind === 'term' ? by.term : by;
  const param = keysParam(planning, 'ranks', relationship, columns, ranks, at);
  const absent = by.kind === 'measure' && by.measure.kind === 'count' ? 'zero' : 'null';
  return { kind: 'rank', path, keys: columns, ranks: param, absent, descending, nulls };
}

/** The rows at the end of a path that any row to be sorted leads to. */
function reachable(
  rows: { readonly table: Table; readonly where: Predicate },
  path: readonly Hop[],
): Predicate {
  let where = rows.where;
  for (const { relationship, where: rule } of path) {
    where = and(rule, { kind: 'exists', relationship: reversed(relationship), where });
  }
  return where;
}

function reversed(relationship: Relationship): Relationship {
  return {
    ...relationship,
    kind: 'array',
    from: relationship.to,
    to: relationship.from,
    mapping: relationship.mapping.map((pair) => ({ from: pair.to, to: pair.from })),
    unique: false,
    owner: relationship.owner === 'from' ? 'to' : 'from',
    nullable: true,
  };
}
