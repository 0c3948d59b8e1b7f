import { type Column, type RuleValue, type Table, wholeTable } from '../../catalog/index.ts';
import { type FieldMeaning, fieldMeaning } from '../../graph/index.ts';
import { keyEquals } from '../conditions/key-equals.ts';
import { visibleColumn } from '../conditions/masks.ts';
import { planRule, visibleRows } from '../conditions/rule-predicates.ts';
import { planWhere } from '../conditions/where.ts';
import { invalid, type Planning, paramOf } from '../context.ts';
import {
  type Arguments,
  argumentsOf,
  objectTypeOf,
  type Selected,
  selectionOf,
  subSelections,
} from '../fields.ts';
import type { Input } from '../input/input.ts';
import { and, type Predicate } from '../model/predicate.ts';
import type { Field, Select } from '../model/select.ts';
import type { Assignment } from '../model/write.ts';
import { planFields, planSelect } from '../reading/selection.ts';
import { planAssignments } from './assignments.ts';
import { type Insert, planInsert } from './insert.ts';
import { presetCells, type RowCheck, rowChecks, writable } from './write-rules.ts';

/** One mutation field. The fields of one source run in one transaction. */
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
      /** Soft delete: the assignments that replace the deletion; `null`: the rows are deleted. */
      readonly softDelete: SoftDelete | null;
      readonly answer: WriteAnswer;
      readonly path: string;
    };

export interface SoftDelete {
  readonly set: readonly Assignment[];
  readonly validations: readonly RowCheck[];
}

export interface Update {
  readonly set: readonly Assignment[];
  readonly where: Predicate;
  readonly check: Predicate;
  readonly validations: readonly RowCheck[];
  /** Optimistic concurrency: the row must still pass, else the update fails with `conflict`. */
  readonly ifMatch: Predicate | null;
  readonly path: string;
}

/** The answer of a mutation field. `select` reads the written rows; its `where` is only the row filter of the role. */
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
      const { filter, presets } = planning.rules.delete(table);
      const where = writable(planning, table, filter, asked);
      return {
        kind: 'delete',
        table,
        one,
        where,
        softDelete: softDeleteOf(planning, table, presets),
        answer,
        path,
      };
    }
    default:
      throw invalid(path, 'is not a mutation');
  }
}

function softDeleteOf(
  planning: Planning,
  table: Table,
  presets: ReadonlyMap<Column, RuleValue>,
): SoftDelete | null {
  if (presets.size === 0) return null;
  const set = presetCells(presets).map(([column, value]): Assignment => ({ kind: 'set', column, value }));
  return { set, validations: rowChecks(planning, table) };
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

function keyOf(planning: Planning, table: Table, args: Arguments): Predicate {
  const input = args.get('pk_columns');
  if (input === undefined || input.kind !== 'object') throw invalid(args.path, 'pk_columns is needed');
  return and(
    ...input.fields.map((entry) =>
      equals(planning, table, entry.meaning.kind === 'column' ? entry.meaning.column : null, entry.value),
    ),
  );
}

function equals(planning: Planning, table: Table, named: Column | null, value: Input): Predicate {
  if (named === null) throw invalid(value.path, `is not a column of ${table.name}`);
  const column = visibleColumn(planning, named);
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
    check: planRule(planning, rule.check),
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
      check: planRule(planning, rule.check),
      validations: rowChecks(planning, table),
      ifMatch: null,
      path: item.path,
    };
  });
}
