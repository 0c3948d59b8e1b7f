import type { AggregateFunction, OperatorSupport } from '../catalog/index.ts';

/** What the graph must know of an engine; a part of what a connector declares. */
export interface GraphCapabilities {
  readonly operators: OperatorSupport;
  readonly aggregates: ReadonlySet<AggregateFunction>;
  /** `column(path:)` on JSON columns. */
  readonly jsonPath: boolean;
  /** `_append`, `_delete_key`, ... on JSON columns. */
  readonly jsonWrite: boolean;
  /** Upsert may name the constraint that decides; otherwise `constraint` may be left out. */
  readonly conflictTarget: boolean;
  /** `on_conflict` takes `where`. */
  readonly conflictWhere: boolean;
}
