import type { SourceFacts, TableFacts } from '../../catalog/index.ts';
import { counted } from '../../core/index.ts';

/** One difference between the stored facts and the current ones. */
export interface FactsChange {
  readonly change: 'added' | 'removed' | 'changed';
  /** `public.orders`, `public.orders.total` */
  readonly what: string;
  readonly detail: string;
}

/** The differences between two introspections, by table and column. */
export function diffFacts(before: SourceFacts | null, after: SourceFacts): FactsChange[] {
  const old = new Map((before?.tables ?? []).map((table) => [nameOf(table), table]));
  const now = new Map(after.tables.map((table) => [nameOf(table), table]));
  const changes: FactsChange[] = [];
  for (const [name, table] of now) {
    const known = old.get(name);
    if (known === undefined)
      changes.push({
        change: 'added',
        what: name,
        detail: `${table.kind}, ${counted(table.columns.length, 'column')}`,
      });
    else changes.push(...diffTable(name, known, table));
  }
  for (const [name, table] of old)
    if (!now.has(name)) changes.push({ change: 'removed', what: name, detail: table.kind });
  return [...changes, ...diffEnums(before, after)];
}

/** Values of enum tables that were added or removed. */
function diffEnums(before: SourceFacts | null, after: SourceFacts): FactsChange[] {
  const valuesIn = (facts: SourceFacts | null) =>
    new Map((facts?.enumTables ?? []).map((one) => [nameOf({ ...one, name: one.table }), one.values ?? []]));
  const old = valuesIn(before);
  return [...valuesIn(after)].flatMap(([what, values]): FactsChange[] => {
    const known = old.get(what);
    if (known === undefined || JSON.stringify(known) === JSON.stringify(values)) return [];
    const names = (list: typeof values) => new Set(list.map(({ value }) => value));
    const [was, is] = [names(known), names(values)];
    const parts = [
      ...[...is].filter((value) => !was.has(value)).map((value) => `+${value}`),
      ...[...was].filter((value) => !is.has(value)).map((value) => `-${value}`),
    ];
    return [{ change: 'changed', what, detail: `enum values ${parts.join(' ') || '(descriptions)'}` }];
  });
}

function nameOf(table: Pick<TableFacts, 'namespace' | 'name'>): string {
  return table.namespace === null ? table.name : `${table.namespace}.${table.name}`;
}

function diffTable(name: string, before: TableFacts, after: TableFacts): FactsChange[] {
  const changes: FactsChange[] = [];
  const old = new Map(before.columns.map((column) => [column.name, column]));
  for (const column of after.columns) {
    const known = old.get(column.name);
    old.delete(column.name);
    if (known === undefined)
      changes.push({ change: 'added', what: `${name}.${column.name}`, detail: column.nativeType });
    else if (JSON.stringify(known) !== JSON.stringify(column)) {
      const parts = Object.keys(column).filter(
        (key) =>
          JSON.stringify(known[key as keyof typeof known]) !==
          JSON.stringify(column[key as keyof typeof column]),
      );
      changes.push({ change: 'changed', what: `${name}.${column.name}`, detail: parts.join(', ') });
    }
  }
  for (const column of old.values())
    changes.push({ change: 'removed', what: `${name}.${column.name}`, detail: column.nativeType });
  for (const part of ['kind', 'primaryKey', 'uniqueKeys', 'foreignKeys', 'comment'] as const) {
    if (JSON.stringify(before[part]) !== JSON.stringify(after[part]))
      changes.push({ change: 'changed', what: name, detail: part });
  }
  return changes;
}
