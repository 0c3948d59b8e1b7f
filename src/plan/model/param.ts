import type { Column, KeyComparison, ValueType } from '../../catalog/index.ts';

/**
 * A value that is bound, never spelled. Its value is looked up for each run.
 * Values arrive in canonical form: integers up to 32 bits and floats as number, bigint and numeric as digit strings, booleans,
 * text, ISO 8601 strings, bytea as base64 text, JSON as a JavaScript value, arrays as arrays of these, `null`.
 */
export interface Param {
  readonly type: ValueType;
  /**
   * - `value`: one value of `type`
   * - `list`: an array of values of `type` (`_in`), possibly empty
   * - `keys`: an array of tuples (each an array of canonical values, one per column of `keyTypes`)
   * - `ranks`: an array of tuples as in `keys` with one more element, an integer rank
   * - `rows`: an array of tuples to be inserted, one value per column of `keyTypes`
   */
  readonly shape: 'value' | 'list' | 'keys' | 'ranks' | 'rows';
  readonly keyTypes?: readonly ValueType[];
  /** For keys and ranks out of another source: when a row has such a key. Absent: as the database compares. */
  readonly compare?: KeyComparison | undefined;
  readonly source: ParamSource;
  /** A value of a cursor: some row holds it, even where no client may write it. */
  readonly stored?: boolean;
  /** The column whose facts (length, range, precision, enum) a written value must satisfy; absent for comparisons. */
  readonly column?: Column;
  /** Labels of the enum that a session variable is compared with. */
  readonly labels?: readonly string[] | undefined;
  /** `$.selectionSet.insert_orders.args.objects[0].total` */
  readonly path: string;
  /**
   * How many places a statement needs whose text depends on the length of a list or of keys: a power of two, absent where the
   * text must not depend on it. For keys of a step it is set right before a statement is compiled, when their number is known.
   */
  capacity?: number | undefined;
  /** For bound limits: the page cap of the role; the smaller one counts. */
  readonly atMost?: number;
}

export type ParamSource =
  /** `path[0]` is the variable's name; the rest leads into its coerced value. */
  | { readonly kind: 'variable'; readonly path: readonly (string | number)[] }
  | { readonly kind: 'constant'; readonly value: unknown }
  /** A session variable, lower case without prefix (`user-id`). */
  | { readonly kind: 'session'; readonly name: string }
  /** What an earlier step of the same plan produced (keys, ranks, generated keys). */
  | { readonly kind: 'step'; readonly step: number }
  /** The keys of all parents of a batched relationship. */
  | { readonly kind: 'parents' }
  /** Each of several sources as one element of a list. */
  | { readonly kind: 'list'; readonly of: readonly ParamSource[] };
