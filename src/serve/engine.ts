import type { DocumentNode, GraphQLSchema } from 'graphql';
import type { Session } from '../access/index.ts';
import type { EndSignal, HeldBytes } from '../core/index.ts';
import type { EngineAnswer } from '../execute/index.ts';

/** One operation of one HTTP request. `variables` are raw JSON. */
export interface Operation {
  readonly query: string;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Numbers of the variables may be ExactNumbers. */
  readonly hasExact?: boolean;
  readonly session: Session;
  /** Aborted when the client leaves. */
  readonly signal: EndSignal;
  readonly timeoutMs: number | null;
  /** Counts what the request holds, over all its operations. */
  readonly held?: HeldBytes;
  /** Awaited before anything is written; rejects with FozError where nothing may be. */
  readonly beforeWrite?: () => Promise<void>;
}

/** What the HTTP front asks of the inside of Foz. */
export interface Engine {
  /** The same text for sessions that see the same. */
  view(session: Session): string;
  /** The graph that the session sees; another object after it has changed. */
  graph(session: Session): GraphQLSchema;
  /** The document on the list of operations of the session's role that this id or hash stands for. */
  registered?(session: Session, id: string): string | undefined;
  /** The document of an operation that was planned before for such sessions: parsed and validated. */
  document?(session: Session, query: string, operationName: string | null): DocumentNode | undefined;
  /** Runs an operation that is planned already; `undefined`: it is not, take the full path. */
  cached(operation: Operation): Promise<EngineAnswer> | undefined;
  /** Plans and runs a validated document. Never rejects. */
  execute(operation: Operation, document: DocumentNode): Promise<EngineAnswer>;
}
