import type { EndSignal, HeldBytes, SourceName } from '../core/index.ts';
import type { Runner, VariableValues } from '../plan/index.ts';
import type { LiveContext } from './live-context.ts';
import type { Written } from './written.ts';

/** How the writes of an operation are committed that a part of this process asks for. */
export interface OwnWrites {
  /** Writes under this id are done once (see `onceWithin`): those of a repetition have the answer of the first time. */
  readonly once?: string;
  /** The open transaction that they become a part of. Whoever has opened it records in the audit log what they have written. */
  readonly within?: OpenTransaction;
  /** The run of a workflow whose step asks for them. */
  readonly caller?: string;
}

/** A transaction on a source, for several operations. */
export interface OpenTransaction {
  readonly source: SourceName;
  readonly runner: Runner;
  /** Collects the writes. They are committed with the transaction. */
  readonly written: Written[];
}

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
  /** Default: each source has a transaction of its own, committed by the operation. */
  readonly writes?: OwnWrites | undefined;
  /** See `LiveContext`. */
  readonly onBatch?: LiveContext['onBatch'];
  /** See `LiveContext`. */
  readonly changes?: LiveContext['changes'];
}
