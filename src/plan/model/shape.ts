import type { Column, JsonForm, KeyComparison, Relationship, ValueType } from '../../catalog/index.ts';
import type { Fetch } from './fetch.ts';
import type { Aggregate, GroupBy, Select } from './select.ts';

/** Wire value (never null) to canonical text; `undefined`: `String(value)`. */
export type TextOf = (value: unknown) => string;

/** How a wire value becomes JSON text: canonical text, then quoted as the form says. NULL is written by the caller. */
export interface ValueCodec {
  readonly text: TextOf | undefined;
  readonly form: JsonForm;
  /** The type in the catalog; absent: the statement computes the value. */
  readonly type?: ValueType;
}

/** How the rows of a statement become the answer: which column of the row holds what. */
export interface Shape {
  readonly out: readonly Out[];
  /** Column that holds the index of the parent's key tuple (batched children); `null` at the root. */
  readonly parent: number | null;
  /** Column that is 1 where an upsert changed a row, 0 where the row is new; absent: it was not asked for. */
  readonly changed?: number;
}

/** One entry of an object in the answer. `index` counts the statement's columns from 0. */
export type Out =
  | { readonly kind: 'value'; readonly key: string; readonly index: number; readonly codec: ValueCodec }
  /** Finished JSON text; `empty` stands for NULL. */
  | { readonly kind: 'json'; readonly key: string; readonly index: number; readonly empty: 'null' | '[]' }
  | { readonly kind: 'constant'; readonly key: string; readonly json: string }
  /** The global id of the row: base64url of a JSON list of `mark` and the values of the key. */
  | {
      readonly kind: 'node_id';
      readonly key: string;
      readonly mark: string;
      readonly values: readonly { readonly index: number; readonly codec: ValueCodec }[];
    }
  /** A joined to-one row, `null` where the column at `present` is NULL. `present: null`: always there. */
  | {
      readonly kind: 'object';
      readonly key: string;
      readonly present: number | null;
      readonly out: readonly Out[];
    }
  /** Rows that another statement brings, matched by key. */
  | { readonly kind: 'hop'; readonly key: string; readonly hop: HopShape }
  /** All rows of another statement, as a list (parts of a root aggregate where rows cannot nest). */
  | { readonly kind: 'rows'; readonly key: string; readonly fetch: Fetch };

/** Where a parent's key stands, and what to fetch for all parents at once. */
export interface HopShape {
  /** `null`: more rows of the same parent (nodes and groups of a batched aggregate). */
  readonly relationship: Relationship | null;
  /** Columns of the child that equal the key. */
  readonly columns: readonly Column[];
  /** When a child has the key of its parent; absent: as the database compares. */
  readonly compare: KeyComparison | undefined;
  /** Where the key stands in the parent's row; `null`: the key by which the parent itself was fetched. */
  readonly keys: readonly { readonly index: number; readonly codec: ValueCodec }[] | null;
  readonly child:
    | { readonly kind: 'object'; readonly select: Select }
    | { readonly kind: 'array'; readonly select: Select }
    | { readonly kind: 'aggregate'; readonly aggregate: Aggregate }
    | { readonly kind: 'groups'; readonly aggregate: Aggregate; readonly group: GroupBy };
}
