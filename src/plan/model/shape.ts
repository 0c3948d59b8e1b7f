import type { Column, JsonForm, KeyComparison, Relationship, ValueType } from '../../catalog/index.ts';
import type { Fetch } from './fetch.ts';
import type { Aggregate, GroupBy, Select } from './select.ts';

/** Converts a wire value (never null) to canonical text; `undefined`: `String(value)`. */
export type TextOf = (value: unknown) => string;

/** How a wire value becomes JSON text: first canonical text, then quoted as `form` says. The caller writes NULL. */
export interface ValueCodec {
  readonly text: TextOf | undefined;
  readonly form: JsonForm;
  /** The type in the catalog. Absent where the statement computes the value. */
  readonly type?: ValueType;
}

/** How the rows of a statement become the answer: the content of each result column. */
export interface Shape {
  readonly out: readonly OutputField[];
  /** The column with the index of the parent's key tuple (batched children); `null` at the root. */
  readonly parent: number | null;
  /** The column that is 1 where an upsert updated a row and 0 where it inserted one. Absent if it was not requested. */
  readonly changed?: number;
}

/** One entry of an object in the answer. `index`: a result column of the statement, from 0. */
export type OutputField =
  | { readonly kind: 'value'; readonly key: string; readonly index: number; readonly codec: ValueCodec }
  /** Finished JSON text. `empty`: the text for NULL. */
  | { readonly kind: 'json'; readonly key: string; readonly index: number; readonly empty: 'null' | '[]' }
  | { readonly kind: 'constant'; readonly key: string; readonly json: string }
  /** The global id of the row: base64url of a JSON list of `mark` and the values of the key. */
  | {
      readonly kind: 'node_id';
      readonly key: string;
      readonly mark: string;
      readonly values: readonly { readonly index: number; readonly codec: ValueCodec }[];
    }
  /** A joined to-one row, `null` where the column at `present` is NULL. `present: null`: the row always exists. */
  | {
      readonly kind: 'object';
      readonly key: string;
      readonly present: number | null;
      readonly out: readonly OutputField[];
    }
  /** Rows of another statement, matched by key. */
  | { readonly kind: 'hop'; readonly key: string; readonly hop: HopShape }
  /** All rows of another statement as a list: a part of a root aggregate, on engines where rows cannot be nested. */
  | { readonly kind: 'rows'; readonly key: string; readonly fetch: Fetch };

/** The key columns of the parents, and what is fetched for all parents at once. */
export interface HopShape {
  /** `null`: more rows of the same parent (nodes and groups of a batched aggregate). */
  readonly relationship: Relationship | null;
  /** Columns of the child that equal the key. */
  readonly columns: readonly Column[];
  /** How keys of child and parent are compared. Absent: as the database compares. */
  readonly compare: KeyComparison | undefined;
  /** The columns of the parent's row that hold the key; `null`: the key by which the parent itself was fetched. */
  readonly keys: readonly { readonly index: number; readonly codec: ValueCodec }[] | null;
  readonly child:
    | { readonly kind: 'object'; readonly select: Select }
    | { readonly kind: 'array'; readonly select: Select }
    | { readonly kind: 'aggregate'; readonly aggregate: Aggregate }
    | { readonly kind: 'groups'; readonly aggregate: Aggregate; readonly group: GroupBy };
}
