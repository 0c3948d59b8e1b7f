import { type Column, type Table, type ValueType, wholeTable } from '../../catalog/index.ts';
import { fieldMeaning } from '../../graph/index.ts';
import { maskColumns, rowColumns } from '../conditions/image-columns.ts';
import { visibleRows } from '../conditions/rule-predicates.ts';
import { planWhere } from '../conditions/where.ts';
import { invalid, literal, type Planning, paramOf } from '../context.ts';
import {
  type Arguments,
  argumentsOf,
  objectTypeOf,
  type Selected,
  selectionOf,
  subSelections,
} from '../fields.ts';
import type { Param } from '../model/param.ts';
import { and, type Predicate } from '../model/predicate.ts';
import type { Field } from '../model/select.ts';
import { allFields, planFields } from './selection.ts';

export type ChangeOp = 'insert' | 'update' | 'delete';

/**
 * The changes of a table that one caller may see. The database checks the images (the rows before and after each change) against `where`,
 * and returns their values as a query does.
 */
export interface ChangesPlan {
  readonly table: Table;
  /** The filter of the role and of the client. */
  readonly where: Predicate;
  /** The columns of the images that are sent to the database. */
  readonly columns: readonly Column[];
  /** The parameter for the images of a run. */
  readonly images: Param;
  readonly ops: ReadonlySet<ChangeOp>;
  /** The position to go on from; `null`: from now on. */
  readonly after: Param | null;
  /** Most changes of one answer. */
  readonly size: number;
  /** The fields of a change, in the order of the answer. */
  readonly fields: readonly ChangeField[];
  /** Lists of fields in which an image is written: one per selected `old` or `new`, and some for comparisons. */
  readonly rows: readonly (readonly Field[])[];
  /**
   * The index in `rows` of the list with all columns that the role may see. An update that changes none of them is not sent, since it
   * would reveal that a hidden value has changed. `null`: the role sees all columns.
   */
  readonly seen: number | null;
  /** Columns whose values the filter and the masks need: an image without them cannot be checked. */
  readonly judged: { readonly old: readonly Column[]; readonly new: readonly Column[] };
  /** Columns of the new row that are selected. */
  readonly shown: readonly Column[];
}

/** A field of a change. `row`: the index in `ChangesPlan.rows` by which an image is written; `left`: the one for a row that the caller no longer sees. */
export type ChangeField =
  | { readonly kind: 'op' | 'at' | 'source' | 'position' | 'transaction'; readonly key: string }
  | { readonly kind: 'constant'; readonly key: string; readonly json: string }
  | { readonly kind: 'old'; readonly key: string; readonly row: number; readonly left: number }
  | { readonly kind: 'new'; readonly key: string; readonly row: number };

const textType: ValueType = { scalar: 'text', array: false };
const usualSize = 100;
const everyOp: readonly ChangeOp[] = ['insert', 'update', 'delete'];

/** Plans `<table>_changes(where, ops, after, batch_size)`. `seen`: the table as the role sees it. */
export function planChanges(planning: Planning, seen: Table, selected: Selected, path: string): ChangesPlan {
  const table = wholeTable(seen);
  const args = argumentsOf(planning.document, selected, path);
  const where = and(visibleRows(planning, table), planWhere(planning, table, args.get('where')));
  const selections = new ImageSelections(planning, table);
  const fields = selections.changeFields(selected, path);
  const judging = rowColumns(where);
  const olds = selections.columnsOf(fields.flatMap((field) => (field.kind === 'old' ? [field.row] : [])));
  const news = selections.columnsOf(fields.flatMap((field) => (field.kind === 'new' ? [field.row] : [])));
  const hidesNothing = seen.columns.length === table.columns.length && seen.columns.every(isUnmasked);
  const seenRow = hidesNothing ? null : selections.add(allFields(planning, selections.imageType(selected)));
  const judged = {
    old: distinct([...judging, ...olds.flatMap(maskColumns)]),
    new: distinct([...judging, ...news.flatMap(maskColumns)]),
  };
  const compared = seenRow === null ? [] : selections.columnsOf([seenRow]);
  const selectedColumns = [...olds, ...news, ...compared];
  const columns = distinct([...judging, ...selectedColumns, ...selectedColumns.flatMap(maskColumns)]);
  const ops = literal(planning, args.get('ops')) as readonly ChangeOp[] | null;
  return {
    table,
    where,
    columns,
    images: { type: textType, shape: 'rows', source: { kind: 'parents' }, path: '$' },
    ops: new Set(ops ?? everyOp),
    after: positionOf(planning, args),
    size: sizeOf(planning, args, path),
    fields,
    rows: selections.rows,
    seen: seenRow,
    judged,
    shown: distinct(news),
  };
}

const isUnmasked = ({ mask }: Column) => mask === null;

/** The selections of row images, collected while a subscription to changes is planned. */
class ImageSelections {
  readonly rows: (readonly Field[])[] = [];
  readonly #planning: Planning;
  readonly #key: ReadonlySet<string>;

  constructor(planning: Planning, { primaryKey }: Table) {
    this.#planning = planning;
    this.#key = new Set(primaryKey?.columns.map(({ name }) => name));
  }

  add(fields: readonly Field[]): number {
    this.rows.push(fields);
    return this.rows.length - 1;
  }

  columnsOf(rows: readonly number[]): Column[] {
    return rows.flatMap((row) =>
      this.rows[row]!.flatMap((field) => (field.kind === 'column' ? [field.column] : [])),
    );
  }

  changeFields(selected: Selected, path: string): ChangeField[] {
    const { document } = this.#planning;
    const type = objectTypeOf(selected);
    return selectionOf(document, type, subSelections(selected)).map((inner): ChangeField => {
      const { key, field } = inner;
      if (field === undefined) return { kind: 'constant', key, json: JSON.stringify(type.name) };
      const kind = fieldMeaning(field)?.kind;
      const at = `${path}.selectionSet.${inner.name}`;
      switch (kind) {
        case 'op':
        case 'at':
        case 'position':
        case 'transaction':
          return { kind, key };
        case 'change_source':
          return { kind: 'source', key };
        case 'old':
        case 'new': {
          const fields = planFields(this.#planning, objectTypeOf(inner), subSelections(inner), at);
          const row = this.add(fields);
          return kind === 'new' ? { kind, key, row } : { kind, key, row, left: this.#keyOnly(fields) };
        }
        default:
          throw invalid(at, 'cannot be selected here');
      }
    });
  }

  /** The GraphQL type of images, also where neither `old` nor `new` is selected. */
  imageType(selected: Selected) {
    const { new: image } = objectTypeOf(selected).getFields();
    return objectTypeOf({ key: 'new', name: 'new', field: image, nodes: [] });
  }

  /** Adds the fields for a row that the caller no longer sees: its primary key, all else null. */
  #keyOnly(fields: readonly Field[]): number {
    return this.add(
      fields.map((field) =>
        field.kind === 'column' && !this.#key.has(field.column.name)
          ? { kind: 'constant', key: field.key, json: 'null' }
          : field,
      ),
    );
  }
}

function positionOf(planning: Planning, args: Arguments): Param | null {
  const input = args.get('after');
  return input === undefined || input.kind === 'null' ? null : paramOf(planning, input, textType);
}

function sizeOf(planning: Planning, args: Arguments, path: string): number {
  const input = args.get('batch_size');
  const size = (literal(planning, input) as number | null) ?? usualSize;
  if (size < 1) throw invalid(input?.path ?? path, `must be at least 1, but is ${size}`);
  return size;
}

/** Each column once. The same column may be seen through different masks. */
function distinct(columns: readonly Column[]): Column[] {
  return [...new Map(columns.map((column) => [column.name, column])).values()];
}
