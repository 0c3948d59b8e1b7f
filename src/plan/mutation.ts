import { isDeepStrictEqual } from 'node:util';
import {
  type Column,
  isEveryRow,
  type Key,
  type Relationship,
  type RowRule,
  type RuleValue,
  type Table,
  wholeTable,
} from '../catalog/index.ts';
import { type FieldMeaning, fieldMeaning } from '../graph/index.ts';
import { planAssignments } from './assignments.ts';
import { invalid, literal, type Planning, paramOf } from './context.ts';
import {
  type Arguments,
  argumentsOf,
  objectTypeOf,
  type Selected,
  selectionOf,
  subSelections,
} from './fields.ts';
import { foldRule, ruleParam, visibleRows } from './fold.ts';
import type { Input } from './input.ts';
import { keyEquals } from './operation.ts';
import type { Param } from './param.ts';
import { and, isAlways, type Predicate } from './predicate.ts';
import type { Field, Select } from './select.ts';
import { planFields, planSelect } from './selection.ts';
import { planWhere } from './where.ts';
import type { Assignment, OnConflict } from './write.ts';

/** One mutation field. Fields of one source run in one transaction. */
export type Mutation =
  | {
      readonly kind: 'insert';
      readonly table: Table;
      readonly one: boolean;
      readonly insert: Insert;
      readonly answer: WriteAnswer;
      readonly path: string;
    }
  | {
      readonly kind: 'update';
      readonly table: Table;
      readonly one: boolean;
      readonly update: Update;
      readonly answer: WriteAnswer;
      readonly path: string;
    }
  /** `update_<table>_many`: one answer per update, in order. */
  | {
      readonly kind: 'update many';
      readonly table: Table;
      readonly updates: readonly Update[];
      readonly answer: WriteAnswer;
      readonly path: string;
    }
  | {
      readonly kind: 'delete';
      readonly table: Table;
      readonly one: boolean;
      readonly where: Predicate;
      readonly answer: WriteAnswer;
      readonly path: string;
    };

/** Rows for one table, each with the rows it depends on (`before`) and the rows that depend on it (`after`). */
export interface Insert {
  readonly table: Table;
  readonly rows: readonly InsertRow[];
  readonly onConflict: OnConflict | null;
  /** Every new row must pass (permission of the role). */
  readonly check: Predicate;
  /** What rows that on_conflict changes must pass instead; `null`: the same, also where updates have no check. */
  readonly changedCheck: Predicate | null;
  /** Columns whose values the permission decides, whatever stands around the row. */
  readonly presets: ReadonlySet<Column>;
  readonly validations: readonly RowCheck[];
  /** Names of the columns that may be named in an error; `null`: all. */
  readonly named: ReadonlySet<string> | null;
  readonly path: string;
}
export interface InsertRow {
  readonly cells: ReadonlyMap<Column, Param>;
  /** Object relationships that this row refers to: inserted first, their keys become this row's cells. */
  readonly before: readonly { readonly relationship: Relationship; readonly insert: Insert }[];
  /** Rows that refer to this one: inserted after, this row's keys become their cells. */
  readonly after: readonly { readonly relationship: Relationship; readonly insert: Insert }[];
  readonly path: string;
}

/** What every written row must pass, and what is said where one does not. */
export interface RowCheck {
  readonly where: Predicate;
  readonly message: string;
}

export interface Update {
  readonly set: readonly Assignment[];
  readonly where: Predicate;
  readonly check: Predicate;
  readonly validations: readonly RowCheck[];
  /** Optimistic concurrency: the row must (still) pass, else `conflict`. */
  readonly ifMatch: Predicate | null;
  readonly path: string;
}

/** What a mutation field answers with. `select` reads the written rows; its `where` is the role's row rule only. */
export type WriteAnswer =
  | { readonly kind: 'row'; readonly select: Select }
  | { readonly kind: 'response'; readonly parts: readonly ResponsePart[] };
export type ResponsePart =
  | { readonly kind: 'affected_rows'; readonly key: string }
  | { readonly kind: 'returning'; readonly key: string; readonly select: Select }
  | { readonly kind: 'constant'; readonly key: string; readonly json: string };

type RootMeaning = Extract<FieldMeaning, { kind: 'root' }>;

/** Plans one mutation field. */
export function planMutation(
  planning: Planning,
  meaning: RootMeaning,
  selected: Selected,
  path: string,
): Mutation {
  const { root } = meaning;
  const table = wholeTable(meaning.table);
  const args = argumentsOf(planning.document, selected, path);
  const one = root === 'insert_one' || root === 'update_by_pk' || root === 'delete_by_pk';
  const answer = planAnswer(planning, table, one, selected, path);
  switch (root) {
    case 'insert':
    case 'insert_one': {
      const input = args.get(root === 'insert' ? 'objects' : 'object');
      const insert = planInsert(planning, meaning.table, input, args.get('on_conflict'), args.path);
      return { kind: 'insert', table, one, insert, answer, path };
    }
    case 'update':
    case 'update_by_pk': {
      const where =
        root === 'update' ? planWhere(planning, table, args.get('where')) : keyOf(planning, table, args);
      return { kind: 'update', table, one, update: planUpdate(planning, table, args, where), answer, path };
    }
    case 'update_many':
      return {
        kind: 'update many',
        table,
        updates: planUpdates(planning, table, args.get('updates')),
        answer,
        path,
      };
    case 'delete':
    case 'delete_by_pk': {
      const asked =
        root === 'delete' ? planWhere(planning, table, args.get('where')) : keyEquals(planning, args);
      return {
        kind: 'delete',
        table,
        one,
        where: writable(planning, table, planning.rules.delete(table).filter, asked),
        answer,
        path,
      };
    }
    default:
      throw invalid(path, 'is not a mutation');
  }
}

/**
 * The rows that a write may touch. Where the client names a condition or a key, they are among those that it can read, as row security of
 * PostgreSQL has it: else the number of rows would answer questions about rows that it cannot read.
 */
function writable(planning: Planning, table: Table, rule: RowRule, asked: Predicate): Predicate {
  const own = foldRule(planning, rule);
  if (isAlways(asked)) return own;
  const { filter } = planning.rules.select(table);
  return isDeepStrictEqual(rule, filter) ? and(own, asked) : and(own, visibleRows(planning, table), asked);
}

function planAnswer(
  planning: Planning,
  table: Table,
  one: boolean,
  selected: Selected,
  path: string,
): WriteAnswer {
  const type = objectTypeOf(selected);
  const rows = {
    where: visibleRows(planning, table),
    orderBy: [],
    distinctOn: [],
    limit: null,
    offset: null,
  };
  if (one)
    return { kind: 'row', select: planSelect(planning, table, rows, type, subSelections(selected), path) };
  const parts = selectionOf(planning.document, type, subSelections(selected)).map((part): ResponsePart => {
    if (part.field === undefined) return { kind: 'constant', key: part.key, json: JSON.stringify(type.name) };
    if (fieldMeaning(part.field)?.kind === 'affected_rows') return { kind: 'affected_rows', key: part.key };
    const fields: Field[] = planFields(
      planning,
      objectTypeOf(part),
      subSelections(part),
      `${path}.selectionSet.${part.name}`,
    );
    return { kind: 'returning', key: part.key, select: { table, ...rows, fields } };
  });
  return { kind: 'response', parts };
}

function planInsert(
  planning: Planning,
  seen: Table,
  input: Input | undefined,
  conflict: Input | undefined,
  path: string,
): Insert {
  const items =
    input === undefined || input.kind === 'null' ? [] : input.kind === 'list' ? input.items : [input];
  const table = wholeTable(seen);
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
    check: foldRule(planning, check),
    changedCheck: onConflict === null ? null : changedCheck(planning, table, check, onConflict),
    presets: new Set(presets.keys()),
    validations: rowChecks(planning, table),
    named: namedColumns(seen),
    path: input?.path ?? path,
  };
}

function changedCheck(
  planning: Planning,
  table: Table,
  check: RowRule,
  { update, presets = [] }: OnConflict,
): Predicate | null {
  if (update.length + presets.length === 0) return null;
  const { check: other } = planning.rules.update(table);
  return isEveryRow(other) || isDeepStrictEqual(check, other) ? null : foldRule(planning, other);
}

function rowChecks(planning: Planning, table: Table): readonly RowCheck[] {
  const validations = planning.rules.validations(table);
  return validations.map(({ rule, message }) => ({ where: foldRule(planning, rule), message }));
}

/** Names of the columns that the client knows of; `null`: all. */
function namedColumns({ access, columns }: Table): ReadonlySet<string> | null {
  return access === null ? null : new Set([...columns, ...access.insertColumns].map(({ name }) => name));
}

/** What a permission writes whatever the client says. */
function presetCells(presets: ReadonlyMap<Column, RuleValue>): [Column, Param][] {
  return [...presets].map(([column, value]) => [column, ruleParam(value, column.type, 'value', column)]);
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

function planNested(planning: Planning, relationship: Relationship, input: Input): Insert {
  if (input.kind !== 'object') throw invalid(input.path, 'an object with data is needed here');
  const part = (kind: string) => input.fields.find((entry) => entry.meaning.kind === kind)?.value;
  return planInsert(planning, relationship.to, part('data'), part('on_conflict'), input.path);
}

/** The value of a column to be written; an explicit null is written as NULL. */
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

function planOnConflict(planning: Planning, table: Table, input: Input | undefined): OnConflict | null {
  if (input === undefined || input.kind === 'null') return null;
  if (input.kind !== 'object') throw invalid(input.path, 'an object is needed here');
  const part = (kind: string) => input.fields.find((entry) => entry.meaning.kind === kind)?.value;
  const update = (literal(planning, part('update_columns')) as readonly Column[] | null) ?? [];
  const key = literal(planning, part('constraint')) as Key | null;
  const { filter, presets } = planning.rules.update(table);
  const where = writable(planning, table, filter, planWhere(planning, table, part('where')));
  const fixed = update.length === 0 ? [] : presetCells(presets);
  return {
    key,
    update: update.filter((column) => !presets.has(column)),
    presets: fixed.map(([column, value]) => ({ column, value })),
    where: isAlways(where) ? null : where,
  };
}

function keyOf(planning: Planning, table: Table, args: Arguments): Predicate {
  const input = args.get('pk_columns');
  if (input === undefined || input.kind !== 'object') throw invalid(args.path, 'pk_columns is needed');
  return and(
    ...input.fields.map((entry) =>
      equals(planning, table, entry.meaning.kind === 'column' ? entry.meaning.column : null, entry.value),
    ),
  );
}

function equals(planning: Planning, table: Table, column: Column | null, value: Input): Predicate {
  if (column === null) throw invalid(value.path, `is not a column of ${table.name}`);
  if (value.kind === 'null') return { kind: 'is null', column, negated: false };
  return { kind: 'compare', column, op: '_eq', value: paramOf(planning, value, column.type) };
}

function planUpdate(planning: Planning, table: Table, args: Arguments, asked: Predicate): Update {
  const rule = planning.rules.update(table);
  const inputs = args.all.flatMap((entry) =>
    entry.meaning.kind === 'update' ? [{ update: entry.meaning.update, value: entry.value }] : [],
  );
  const set = planAssignments(planning, inputs, presetCells(rule.presets), args.path);
  const match = args.get('if_match');
  const ifMatch =
    match === undefined || match.kind !== 'object'
      ? null
      : and(
          ...match.fields.map((entry) =>
            equals(
              planning,
              table,
              entry.meaning.kind === 'column' ? entry.meaning.column : null,
              entry.value,
            ),
          ),
        );
  return {
    set,
    where: writable(planning, table, rule.filter, asked),
    check: foldRule(planning, rule.check),
    validations: rowChecks(planning, table),
    ifMatch,
    path: args.path,
  };
}

function planUpdates(planning: Planning, table: Table, input: Input | undefined): Update[] {
  const items =
    input === undefined || input.kind === 'null' ? [] : input.kind === 'list' ? input.items : [input];
  const rule = planning.rules.update(table);
  return items.map((item): Update => {
    if (item.kind !== 'object') throw invalid(item.path, 'an object is needed here');
    const inputs = item.fields.flatMap((entry) =>
      entry.meaning.kind === 'update' ? [{ update: entry.meaning.update, value: entry.value }] : [],
    );
    const where = planWhere(
      planning,
      table,
      item.fields.find((entry) => entry.meaning.kind === 'where')?.value,
    );
    return {
      set: planAssignments(planning, inputs, presetCells(rule.presets), item.path),
      where: writable(planning, table, rule.filter, where),
      check: foldRule(planning, rule.check),
      validations: rowChecks(planning, table),
      ifMatch: null,
      path: item.path,
    };
  });
}
