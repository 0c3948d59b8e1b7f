import type {
  AggregateFunction,
  Bucket,
  Column,
  Relationship,
  Table,
  ValueType,
} from '../../catalog/index.ts';
import type { Measure } from './measure.ts';
import type { Param } from './param.ts';
import type { Predicate } from './predicate.ts';

/**
 * Rows of one table and the fields selected of each, in the order of the answer. Permissions are already folded into
 * `where`.
 */
export interface Select {
  readonly table: Table;
  readonly where: Predicate;
  readonly orderBy: readonly OrderTerm[];
  readonly distinctOn: readonly Column[];
  readonly limit: Bound | null;
  readonly offset: Bound | null;
  readonly fields: readonly Field[];
}

/** A row count: small and common ones are part of the statement's text, others are bound. */
export type Bound = number | Param;

/** The names in the graph of enum labels that GraphQL cannot spell, by label. */
export type Labels = ReadonlyMap<string, string>;

/** One field of the answer. `key`: its response key (alias or name). */
export type Field =
  | {
      readonly kind: 'column';
      readonly key: string;
      readonly column: Column;
      readonly jsonPath: readonly string[] | null;
      readonly labels?: Labels | null;
    }
  | { readonly kind: 'constant'; readonly key: string; readonly json: string }
  /** The global id of the row. It is built outside of the database, so that it is the same text on every engine. */
  | {
      readonly kind: 'node_id';
      readonly key: string;
      readonly mark: string;
      readonly columns: readonly Column[];
    }
  | {
      readonly kind: 'object';
      readonly key: string;
      readonly relationship: Relationship;
      readonly select: Select;
    }
  | {
      readonly kind: 'array';
      readonly key: string;
      readonly relationship: Relationship;
      readonly select: Select;
    }
  | {
      readonly kind: 'aggregate';
      readonly key: string;
      readonly relationship: Relationship;
      readonly aggregate: Aggregate;
    };

/** `<table>_aggregate` over the rows that pass where, distinct, order, limit and offset. */
export interface Aggregate {
  readonly table: Table;
  readonly where: Predicate;
  readonly orderBy: readonly OrderTerm[];
  readonly distinctOn: readonly Column[];
  readonly limit: Bound | null;
  readonly offset: Bound | null;
  readonly parts: readonly AggregatePart[];
}

export type AggregatePart =
  | { readonly kind: 'aggregate'; readonly key: string; readonly items: readonly AggregateItem[] }
  | { readonly kind: 'nodes'; readonly key: string; readonly select: Select }
  | { readonly kind: 'group_by'; readonly key: string; readonly group: GroupBy }
  | { readonly kind: 'constant'; readonly key: string; readonly json: string };

/** A field within `aggregate { ... }`. */
export type AggregateItem =
  | {
      readonly kind: 'count';
      readonly key: string;
      readonly columns: readonly Column[];
      readonly distinct: boolean;
    }
  | {
      readonly kind: 'function';
      readonly key: string;
      readonly fn: AggregateFunction;
      readonly columns: readonly AggregateColumn[];
    }
  | { readonly kind: 'constant'; readonly key: string; readonly json: string };

export type AggregateColumn =
  | { readonly kind: 'column'; readonly key: string; readonly column: Column; readonly type: ValueType }
  | { readonly kind: 'constant'; readonly key: string; readonly json: string };

/** `group_by(keys, having, order_by, limit, offset)`: one answer row per distinct tuple of keys. */
export interface GroupBy {
  readonly keys: readonly GroupKey[];
  readonly having: Having;
  readonly orderBy: readonly GroupOrder[];
  readonly limit: Bound | null;
  readonly offset: Bound | null;
  readonly parts: readonly GroupPart[];
}
export interface GroupKey {
  readonly column: Column;
  readonly bucket: Bucket | null;
}
export type GroupPart =
  /** `group_key` is an object with one entry per key, named by the column's field. */
  | {
      readonly kind: 'group_key';
      readonly key: string;
      readonly entries: readonly {
        readonly key: string;
        readonly index: number;
        readonly labels?: Labels | null;
      }[];
    }
  | { readonly kind: 'aggregate'; readonly key: string; readonly items: readonly AggregateItem[] }
  | { readonly kind: 'constant'; readonly key: string; readonly json: string };

export type Having =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Having[] }
  | { readonly kind: 'not'; readonly of: Having }
  | {
      readonly kind: 'compare';
      readonly measure: Measure;
      readonly op: '_eq' | '_neq' | '_gt' | '_gte' | '_lt' | '_lte';
      readonly value: Param;
    };

export type GroupOrder = {
  readonly by: { readonly key: number } | { readonly measure: Measure };
} & Direction;

export interface Direction {
  readonly descending: boolean;
  /** The position of NULL. PostgreSQL's default: last when ascending, first when descending. */
  readonly nulls: 'first' | 'last';
}

/**
 * A path of object relationships and the value to sort by at its end, within one source. Values of other sources are
 * sorted by `rank`.
 */
export type OrderTerm =
  | ({ readonly kind: 'column'; readonly path: readonly Hop[]; readonly column: Column } & Direction)
  | ({
      readonly kind: 'measure';
      readonly path: readonly Hop[];
      readonly relationship: Relationship;
      /** The row filter of the role for the relationship's rows. */
      readonly where: Predicate;
      readonly measure: Measure;
    } & Direction)
  /**
   * A sort position that another source computed: see plan/remote.ts. `keys`: columns of the row at the end of
   * `path`. `absent`: the position of rows that have none.
   */
  | ({
      readonly kind: 'rank';
      readonly path: readonly Hop[];
      readonly keys: readonly Column[];
      readonly ranks: Param;
      readonly absent: 'null' | 'zero';
    } & Direction);

/** A step along an object relationship, with the row filter of the role for its target. */
export interface Hop {
  readonly relationship: Relationship;
  readonly where: Predicate;
}
