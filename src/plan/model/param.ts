import type { Column, KeyComparison, ValueType } from '../../catalog/index.ts';

/**
 * A value that is bound, never part of the statement's text. It is looked up for each run, in canonical form:
 * integers up to 32 bits and floats as number, bigint and numeric as digit strings, booleans, text, ISO 8601
 * strings, bytea as base64 text, JSON as a JavaScript value, arrays as arrays of these, `null`.
 */
export interface Param {
  readonly type: ValueType;
  /**
   * - `value`: one value of `type`
   * - `list`: an array of values of `type` (`_in`), possibly empty
   * - `keys`: an array of tuples, each with a canonical value per column of `keyTypes`
   * - `ranks`: tuples as in `keys`, each with one more element, an integer rank
   * - `rows`: an array of tuples to be inserted, each with a value per column of `keyTypes`; or images of rows (see `Fetch`)
   */
  readonly shape: 'value' | 'list' | 'keys' | 'ranks' | 'rows';
  readonly keyTypes?: readonly ValueType[];
  /** For keys and ranks from another source: how they are compared with rows. Absent: as the database compares. */
  readonly compare?: KeyComparison | undefined;
  readonly source: ParamSource;
  /** A value of a cursor. Some row holds it, even if no client may write it. */
  readonly stored?: boolean;
  /** For written values: the column whose facts (length, range, precision, enum) they must satisfy. Absent for comparisons. */
  readonly column?: Column;
  /** The labels of the enum that a session variable is compared with. */
  readonly labels?: readonly string[] | undefined;
  /** `$.selectionSet.insert_orders.args.objects[0].total` */
  readonly path: string;
  /**
   * The number of placeholders for a list or keys, where the text of a statement depends on their length: a power of
   * two. Absent where the text must not depend on it. For keys of a step it is set right before the statement is
   * compiled, when their number is known.
   */
  capacity?: number | undefined;
  /** For bound limits: the page cap of the role. The lower one counts. */
  readonly atMost?: number;
}

export type ParamSource =
  /** `path[0]` is the variable's name; the rest leads into its coerced value. */
  | { readonly kind: 'variable'; readonly path: readonly (string | number)[] }
  | { readonly kind: 'constant'; readonly value: unknown }
  /** A session variable, lower case without prefix (`user-id`). */
  | { readonly kind: 'session'; readonly name: string }
  /** The result of an earlier step of the same plan (keys, ranks, generated keys). */
  | { readonly kind: 'step'; readonly step: number }
  /** The keys of all parents of a batched relationship. */
  | { readonly kind: 'parents' }
  /** A list with one element from each of several sources. */
  | { readonly kind: 'list'; readonly of: readonly ParamSource[] };

/** Whether the value may differ between two runs of a plan: it comes from the variables or from the session. */
export function varies(source: ParamSource): boolean {
  return source.kind === 'list'
    ? source.of.some(varies)
    : source.kind === 'variable' || source.kind === 'session';
}
