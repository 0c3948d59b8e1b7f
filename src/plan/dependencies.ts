import type { Column, Relationship, Table } from '../catalog/index.ts';
import { plannedMask } from './conditions/masks.ts';
import type { Param } from './model/param.ts';
import { type Plan, type Root, rootFields } from './model/plan.ts';
import type { Predicate } from './model/predicate.ts';

/**
 * The tables that statements of a plan read, among those for which `counts` is true: tables of rows and aggregates
 * at any depth, and those in filters, orders, masks and rules of the role. Tables that are only written are not among them.
 */
export function tablesRead(plan: Plan, counts: (table: Table) => boolean): readonly Table[] {
  const found = new Map<string, Table>();
  const walk = new Walk({
    table(table) {
      if (counts(table)) found.set(table.id, table);
    },
  });
  walk.visit(plan.steps);
  walk.visit(plan.roots);
  return [...found.values()];
}

/** The data that the answer of a read depends on. */
export interface Dependencies {
  readonly tables: readonly Table[];
  /** Session variables, lower case without prefix. */
  readonly sessionVariables: readonly string[];
  /** The rows that the root field is restricted to; `null`: any change of its table may change the answer. */
  readonly root: RootRows | null;
}

/**
 * The rows of a root field: those of `table` whose columns equal the values. No other part of the plan reads the table, so changes of
 * its other rows cannot change the answer.
 */
export interface RootRows {
  readonly table: Table;
  readonly equal: readonly { readonly column: Column; readonly value: Param }[];
}

/** Finds the dependencies of a plan that only reads. */
export function dependenciesOf(plan: Plan): Dependencies {
  const sessionVariables = new Set<string>();
  const below = new Set<string>();
  const walk = new Walk({
    table: ({ id }) => void below.add(id),
    sessionVariable: (name) => void sessionVariables.add(name),
  });
  const fields = rootFields(plan.roots);
  const [first, ...others] = fields;
  walk.visit(plan.steps);
  for (const field of others) walk.visit(field);
  const rows = first === undefined ? null : rowsOf(first);
  if (rows === null) walk.visit(first);
  else for (const [key, part] of Object.entries(rows)) if (key !== 'table') walk.visit(part);
  const isApart = rows !== null && others.length === 0 && !below.has(rows.table.id);
  const equal = isApart ? equalities(rows.where) : [];
  return {
    tables: tablesRead(plan, () => true),
    sessionVariables: [...sessionVariables].sort(),
    root: equal.length === 0 ? null : { table: rows!.table, equal },
  };
}

function rowsOf(root: Root): { readonly table: Table; readonly where: Predicate } | null {
  switch (root.kind) {
    case 'list':
    case 'one':
      return root.select;
    case 'stream':
      return root.stream.select;
    case 'aggregate':
      return root.aggregate;
    default:
      return null;
  }
}

/** Conditions of the form `column = value` that every selected row passes. Masked columns are left out: they may be shown as NULL. */
function equalities(where: Predicate): RootRows['equal'] {
  if (where.kind === 'and') return where.of.flatMap(equalities);
  if (where.kind !== 'compare' || where.op !== '_eq' || where.column.mask !== null) return [];
  return [{ column: where.column, value: where.value }];
}

interface Visitor {
  table(table: Table): void;
  sessionVariable?(name: string): void;
}

/** Goes through the parts of a plan, each once. */
class Walk {
  readonly #seen = new Set<object>();
  readonly #visitor: Visitor;

  constructor(visitor: Visitor) {
    this.#visitor = visitor;
  }

  visit(value: unknown): void {
    if (typeof value !== 'object' || value === null || this.#seen.has(value)) return;
    this.#seen.add(value);
    if (isTable(value)) this.#visitor.table(value);
    else if (isColumn(value)) {
      if (value.mask !== null) this.visit(plannedMask(value.mask));
    } else if (isRelationship(value)) {
      this.#visitor.table(value.to);
      this.visit(value.mapping);
    } else if (Array.isArray(value) || value instanceof Set || value instanceof Map)
      for (const part of value) this.visit(part);
    else this.#parts(value);
  }

  #parts(value: object): void {
    if (isSessionVariable(value)) this.#visitor.sessionVariable?.(value.name);
    const writes = isWrite(value);
    for (const [key, part] of Object.entries(value))
      if (!writes || (key !== 'table' && key !== 'relationship')) this.visit(part);
  }
}

function isTable(value: object): value is Table {
  return 'customRootFields' in value;
}

function isRelationship(value: object): value is Relationship {
  return 'mapping' in value && 'owner' in value;
}

function isColumn(value: object): value is Column {
  return 'ordinal' in value && 'nativeType' in value;
}

/** The source of a parameter that is bound to a session variable. */
function isSessionVariable(value: object): value is { readonly name: string } {
  return 'kind' in value && value.kind === 'session' && 'name' in value;
}

/** Whether a part of the plan is a mutation or an insert, whose tables are written, not read. */
function isWrite(value: object): boolean {
  return 'answer' in value || 'insert' in value || ('rows' in value && 'onConflict' in value);
}
