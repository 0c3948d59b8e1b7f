import type { AggregateFunction, OperatorSupport } from '../catalog/index.ts';

/** The capabilities of an engine that shape the graph; a part of the connector's Capabilities. */
export interface GraphCapabilities {
  readonly operators: OperatorSupport;
  readonly aggregates: ReadonlySet<AggregateFunction>;
  /** The engine supports `column(path:)` on JSON columns. */
  readonly jsonPath: boolean;
  /** The engine supports `_append`, `_delete_key`, ... on JSON columns. */
  readonly jsonWrite: boolean;
  /** An upsert can name its conflict target. Otherwise `constraint` is optional. */
  readonly conflictTarget: boolean;
  /** `on_conflict` supports `where`. */
  readonly conflictWhere: boolean;
}
