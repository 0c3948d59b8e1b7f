import type { Column, KeyComparison, Table } from '../../catalog/index.ts';
import type { Measure } from './measure.ts';
import type { Param } from './param.ts';
import type { Predicate } from './predicate.ts';
import type { Aggregate, Direction, Field, GroupBy, OrderTerm, Select } from './select.ts';

/** The read of one statement. */
export type Fetch =
  /** Rows of a root field. */
  | { readonly kind: 'rows'; readonly select: Select }
  /** One row: the aggregate of a root field. */
  | { readonly kind: 'aggregate'; readonly aggregate: Aggregate }
  /** The groups of a root aggregate. */
  | { readonly kind: 'groups'; readonly aggregate: Aggregate; readonly group: GroupBy }
  /**
   * Several root fields of one source in one row of JSON texts (Capabilities.combinedRoots). `sets`: one such row for each of many sets of
   * parameters; the last column is the index of the set (Capabilities.parameterSets).
   */
  | { readonly kind: 'roots'; readonly roots: readonly CombinedRoot[]; readonly sets?: boolean }
  /**
   * Children of many parents. For each tuple of `keys` (shape `keys`), the rows of `select` whose `columns` equal
   * it. Order, limit and offset of `select` apply per tuple. Column 0 of the result is the index of the tuple.
   */
  | {
      readonly kind: 'children';
      readonly columns: readonly Column[];
      readonly keys: Param;
      readonly select: Select;
    }
  /** As `children`, but one aggregate row per tuple, also for tuples without rows. */
  | {
      readonly kind: 'children aggregate';
      readonly columns: readonly Column[];
      readonly keys: Param;
      readonly aggregate: Aggregate;
    }
  | {
      readonly kind: 'children groups';
      readonly columns: readonly Column[];
      readonly keys: Param;
      readonly aggregate: Aggregate;
      readonly group: GroupBy;
    }
  /**
   * The images of changed rows that pass `where`; the images are parameters, not rows of a table. `images` (shape `rows`) has a tuple per
   * image, with the driver's value of each of `columns`. Column 0 of the result is the index of the tuple. `rows`: lists of fields; each is
   * one `object` of the shape.
   */
  | {
      readonly kind: 'images';
      readonly table: Table;
      readonly columns: readonly Column[];
      readonly images: Param;
      readonly where: Predicate;
      readonly rows: readonly (readonly Field[])[];
    }
  /**
   * Distinct tuples of `columns` among the rows that pass `where`, without NULLs, at most `limit`. `compare`: when
   * tuples are equal; absent: as the database compares. `having`: only tuples whose measure passes (for
   * `<rel>_aggregate` across sources).
   */
  | {
      readonly kind: 'keys';
      readonly table: Table;
      readonly columns: readonly Column[];
      readonly where: Predicate;
      readonly compare?: KeyComparison | undefined;
      readonly having: {
        readonly measure: Measure;
        readonly op: '_eq' | '_neq' | '_gt' | '_gte' | '_lt' | '_lte';
        readonly value: Param;
      } | null;
      readonly limit: number;
    }
  /**
   * For each tuple of `keys`, its dense rank (1, 2, ...). It ranks by `term` of the one row whose `columns` equal
   * the tuple, or by the measure over all such rows that pass `where` (NULL without rows). A count is its own rank,
   * negative when descending. Result columns: tuple index, rank.
   */
  | {
      readonly kind: 'ranks';
      readonly table: Table;
      readonly columns: readonly Column[];
      readonly keys: Param;
      readonly where: Predicate;
      readonly by:
        | { readonly kind: 'term'; readonly term: OrderTerm }
        | ({ readonly kind: 'measure'; readonly measure: Measure } & Direction);
    };

export type CombinedRoot =
  | { readonly kind: 'list'; readonly key: string; readonly select: Select }
  | { readonly kind: 'one'; readonly key: string; readonly select: Select }
  | { readonly kind: 'aggregate'; readonly key: string; readonly aggregate: Aggregate };
