import type { EndSignal, HeldBytes } from '../core/index.ts';
import type { VariableValues } from '../plan/index.ts';
import type { LiveContext } from './live-context.ts';

/** An operation as it arrives. `variables` are raw JSON. */
export interface OperationRequest {
  readonly query: string;
  readonly operationName: string | null;
  readonly variables: VariableValues;
  /** Whether numbers of the variables may be ExactNumbers. */
  readonly hasExact?: boolean;
  /** Session variables by name in lower case, without `x-foz-` or `x-hasura-`: `user-id`. */
  readonly session: ReadonlyMap<string, string>;
  readonly signal: EndSignal;
  readonly timeoutMs: number | null;
  /** Counts the bytes that the request holds, over all its operations; default: limited by the longest possible text. */
  readonly held?: HeldBytes;
  /** Awaited before a mutation runs; rejects with FozError where the mutation must not run. */
  readonly beforeWrite?: () => Promise<void>;
  /** See `LiveContext`. */
  readonly onBatch?: LiveContext['onBatch'];
  /** See `LiveContext`. */
  readonly changes?: LiveContext['changes'];
}
