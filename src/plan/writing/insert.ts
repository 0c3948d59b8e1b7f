import { type Column, type Relationship, type Table, wholeTable } from '../../catalog/index.ts';
import { planRule } from '../conditions/rule-predicates.ts';
import { invalid, type Planning, paramOf } from '../context.ts';
import type { Input } from '../input/input.ts';
import type { Param } from '../model/param.ts';
import type { Predicate } from '../model/predicate.ts';
import type { OnConflict } from '../model/write.ts';
import { changedCheck, planOnConflict } from './on-conflict.ts';
import { presetCells, type RowCheck, rowChecks } from './write-rules.ts';

/** Rows for one table, each with the rows it depends on (`before`) and the rows that depend on it (`after`). */
export interface Insert {
  readonly table: Table;
  readonly rows: readonly InsertRow[];
  readonly onConflict: OnConflict | null;
  /** The check of the role that every new row must pass. */
  readonly check: Predicate;
  /** The check for rows that on_conflict updates; `null`: the same as for new rows, also where updates have no check. */
  readonly changedCheck: Predicate | null;
  /** Columns whose values are presets, so that a parent row cannot set them. */
  readonly presets: ReadonlySet<Column>;
  readonly validations: readonly RowCheck[];
  /** Names of the columns that an error may mention; `null`: all. */
  readonly named: ReadonlySet<string> | null;
  readonly path: string;
}

export interface InsertRow {
  readonly cells: ReadonlyMap<Column, Param>;
  /**
   * Rows that this row refers to through object relationships. They are inserted first, and their keys become cells
   * of this row.
   */
  readonly before: readonly { readonly relationship: Relationship; readonly insert: Insert }[];
  /** Rows that refer to this row. They are inserted afterwards, and this row's keys become their cells. */
  readonly after: readonly { readonly relationship: Relationship; readonly insert: Insert }[];
  readonly path: string;
}

/** Plans the rows of one table, and all rows nested in them. */
export function planInsert(
  planning: Planning,
  visible: Table,
  input: Input | undefined,
  conflict: Input | undefined,
  path: string,
): Insert {
  const items =
    input === undefined || input.kind === 'null' ? [] : input.kind === 'list' ? input.items : [input];
  const table = wholeTable(visible);
  const { check, presets } = planning.rules.insert(table);
  const fixed = presetCells(presets);
  const rows = items.map((item): InsertRow => {
    const row = planInsertRow(planning, table, item);
    return fixed.length === 0 ? row : { ...row, cells: new Map([...row.cells, ...fixed]) };
  });
  const onConflict = planOnConflict(planning, table, conflict);
  return {
    table,
    rows,
    onConflict,
    check: planRule(planning, check),
    changedCheck: onConflict === null ? null : changedCheck(planning, table, check, onConflict),
    presets: new Set(presets.keys()),
    validations: rowChecks(planning, table),
    named: namedColumns(visible),
    path: input?.path ?? path,
  };
}

/** Names of the columns that the client can see; `null`: all. */
function namedColumns({ access, columns }: Table): ReadonlySet<string> | null {
  return access === null ? null : new Set([...columns, ...access.insertColumns].map(({ name }) => name));
}

function planInsertRow(planning: Planning, _table: Table, input: Input): InsertRow {
  if (input.kind !== 'object') throw invalid(input.path, 'an object is needed here');
  const cells = new Map<Column, Param>();
  const before: { relationship: Relationship; insert: Insert }[] = [];
  const after: { relationship: Relationship; insert: Insert }[] = [];
  for (const { meaning, value } of input.fields) {
    if (meaning.kind === 'column') cells.set(meaning.column, cellOf(planning, meaning.column, value));
    else if (meaning.kind === 'relationship' && value.kind !== 'null') {
      const { relationship } = meaning;
      const insert = planNested(planning, relationship, value);
      (relationship.owner === 'from' ? before : after).push({ relationship, insert });
    }
  }
  for (const { relationship } of before) refuseBoth(relationship, cells, input.path);
  for (const { relationship, insert } of after) refuseOtherParent(relationship, insert);
  return { cells, before, after, path: input.path };
}

function refuseBoth(relationship: Relationship, cells: ReadonlyMap<Column, Param>, path: string): void {
  const both = relationship.mapping.find((pair) => cells.has(pair.from));
  if (both !== undefined) {
    throw invalid(
      path,
      `gives both ${both.from.name} and a nested ${relationship.name}, which decides it: leave one out`,
    );
  }
}

/** A nested row refers to its parent, so it must not contain another row for the same foreign key. */
function refuseOtherParent(outer: Relationship, { rows, presets }: Insert): void {
  for (const { before, path } of rows)
    for (const { relationship } of before)
      for (const { from } of relationship.mapping)
        if (!presets.has(from) && outer.mapping.some(({ to }) => to.name === from.name))
          throw invalid(
            path,
            `nests ${relationship.name}, but ${from.name} is decided by the row around it: leave it out`,
          );
}

function planNested(planning: Planning, relationship: Relationship, input: Input): Insert {
  if (input.kind !== 'object') throw invalid(input.path, 'an object with data is needed here');
  const part = (kind: string) => input.fields.find((entry) => entry.meaning.kind === kind)?.value;
  return planInsert(planning, relationship.to, part('data'), part('on_conflict'), input.path);
}

/** The value of a column to be written. An explicit null is written as NULL. */
export function cellOf(planning: Planning, column: Column, input: Input): Param {
  if (input.kind === 'null')
    return {
      type: column.type,
      shape: 'value',
      source: { kind: 'constant', value: null },
      path: input.path,
      column,
    };
  return paramOf(planning, input, column.type, { column });
}
