import type { DocumentNode, GraphQLSchema } from 'graphql';
import type { Session } from '../access/index.ts';
import type { EndSignal, HeldBytes } from '../core/index.ts';
import type { EngineAnswer, OwnWrites } from '../execute/index.ts';
import type { Holding } from './holdings.ts';
import type { Limits } from './limits.ts';

/** One operation of an HTTP request. `variables` are raw JSON. */
export interface Operation {
  readonly query: string;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Whether `variables` may contain ExactNumbers. */
  readonly hasExact?: boolean;
  readonly session: Session;
  /** Aborted when the client disconnects or the request's time is up. */
  readonly signal: EndSignal;
  readonly timeoutMs: number | null;
  /** Counts the bytes held for the whole request, over all its operations. */
  readonly held?: HeldBytes;
  /** Awaited before the first write; rejects with FozError where writing is not allowed now. */
  readonly beforeWrite?: () => Promise<void>;
  /** How its writes are committed; absent for clients. */
  readonly writes?: OwnWrites | undefined;
  /** Whether the answers of a subscription are sent as differences to the one before. */
  readonly asDeltas?: boolean;
}

/** The caller of a subscription, for as long as it runs. */
export interface Subscriber {
  /** The key that the caller is counted by. */
  readonly name: string;
  /** The present limits. They stay the same object until they change, so that a subscription need not check its document again before. */
  limits(): Limits;
  /** A new counter of bytes that are held for the caller. */
  hold(): Holding;
}

/** The answers of a subscription. */
export type Answers = AsyncIterableIterator<EngineAnswer, undefined>;

/** The interface between the HTTP server and the rest of Foz. */
export interface Engine {
  /** A key that is equal for sessions that see the same graph. */
  view(session: Session): string;
  /** The graph that the session sees; a new object after each change. */
  graph(session: Session): GraphQLSchema;
  /** The text of an operation on the role's allow list, by its id or hash. */
  registered?(session: Session, id: string): string | undefined;
  /** The parsed and validated document of an operation that is already planned for sessions of this view. */
  document?(session: Session, query: string, operationName: string | null): DocumentNode | undefined;
  /** Runs an operation that is already planned; `undefined`: it is not, so it has to be parsed, validated and planned. */
  cached(operation: Operation): Promise<EngineAnswer> | undefined;
  /**
   * Starts a validated subscription: its answers, the first one at once, then one per change. An answer where it cannot start.
   */
  subscribe?(operation: Operation, document: DocumentNode, subscriber: Subscriber): Answers | EngineAnswer;
  /** Plans and runs a validated document. Never rejects. */
  execute(operation: Operation, document: DocumentNode): Promise<EngineAnswer>;
}
