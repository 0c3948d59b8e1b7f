import type { Column, Relationship, Table } from '../catalog/index.ts';
import type { Plan } from './model/plan.ts';

/**
 * The tables that statements of a plan look into and that count: those of rows and aggregates at any depth, and those that a filter,
 * an order or a rule of the role looks into. A table that is only written to is not among them.
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

/** A mutation, the rows that it inserts, and those beside them: what they name is written. */
function isWrite(value: object): boolean {
  return 'answer' in value || 'insert' in value || ('rows' in value && 'onConflict' in value);
}
