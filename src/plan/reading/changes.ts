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
 * The changes of a table, as one caller may see them. The database judges the row before and after each change by `where`, and writes
 * their values as those of a query.
 */
export interface ChangesPlan {
  readonly table: Table;
  /** The filter of the role and of the client. */
  readonly where: Predicate;
  /** The columns that are needed of the images. */
  readonly columns: readonly Column[];
  /** The images, bound for each run. */
  readonly images: Param;
  readonly ops: ReadonlySet<ChangeOp>;
  /** The position to go on from; `null`: from now on. */
  readonly after: Param | null;
  /** Most changes of one answer. */
  readonly size: number;
  /** The fields of a change, in the order of the answer. */
  readonly fields: readonly ChangeField[];
  /** What is selected of an image, in several ways. */
  readonly rows: readonly (readonly Field[])[];
  /**
   * Which of `rows` has all that the role may see. An update that changes nothing of it is not told, since it would reveal that a
   * hidden value has changed. `null`: the role sees all columns.
   */
  readonly seen: number | null;
  /** Columns without whose values an image cannot be judged. */
  readonly judged: { readonly old: readonly Column[]; readonly new: readonly Column[] };
  /** Columns of the new row that are selected. */
  readonly shown: readonly Column[];
}

/** A field of a change. `row`: which of `rows` an image is written as; `left`: as which, where the row has left the caller's sight. */
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

  /** The type of an image, whether or not one is selected. */
  imageType(selected: Selected) {
    const { new: image } = objectTypeOf(selected).getFields();
    return objectTypeOf({ key: 'new', name: 'new', field: image, nodes: [] });
  }

  /** A row that has left the caller's sight is told by its primary key. */
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
