import type { Column, Relationship, Table } from '../catalog/index.ts';
import type { Plan } from './model/plan.ts';

/**
 * The tables that statements of a plan read, among those for which `counts` is true: tables of rows and aggregates
 * at any depth, and those in filters, orders and rules of the role. Tables that are only written are not among them.
 */
export function tablesRead(plan: Plan, counts: (table: Table) => boolean): readonly Table[] {
  const found = new Map<string, Table>();
  const seen = new Set<object>();
  const add = (table: Table) => {
    if (counts(table)) found.set(table.id, table);
  };
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    if (isTable(value)) add(value);
    else if (isRelationship(value)) add(value.to);
    else if (Array.isArray(value) || value instanceof Set || value instanceof Map)
      for (const part of value) visit(part);
    else if (!isColumn(value)) visitParts(value);
  };
  const visitParts = (value: object) => {
    const writes = isWrite(value);
    for (const [key, part] of Object.entries(value))
      if (!writes || (key !== 'table' && key !== 'relationship')) visit(part);
  };
  visit(plan.steps);
  visit(plan.roots);
  return [...found.values()];
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

/** Whether the value is a mutation or an insert: the tables that these name are written. */
function isWrite(value: object): boolean {
  return 'answer' in value || 'insert' in value || ('rows' in value && 'onConflict' in value);
}
