import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { Logger } from 'pino';
import type { Session } from '../access/index.ts';
import type { SessionEnd } from '../auth/index.ts';
import type { CacheState, FozError, RoleName } from '../core/index.ts';
import type { EngineAnswer } from '../execute/index.ts';
import type { Engine } from './engine.ts';
import type { AnswerLimits, Limits, WebsocketLimits } from './limits.ts';

/** One request as the audit log records it. */
export interface AuditedRequest {
  readonly requestId: string;
  readonly address: string | null;
  readonly operationName: string | null;
}

/** Records requests in the audit log. */
export interface RequestAudit {
  /** Resolves where writes can be recorded now. Rejects with FozError where they cannot, so that nothing may be written. */
  ready(): Promise<void>;
  /** Records what an operation wrote and read. Rejects with FozError when the record is required and cannot be written. */
  ran(session: Session, request: AuditedRequest, answer: EngineAnswer): Promise<void>;
  /**
   * Records that a caller was authenticated; called for each request, before it is answered. A promise has to be awaited; it rejects
   * with FozError when the record is required and cannot be written.
   */
  entered(session: Session, request: AuditedRequest): Promise<void> | undefined;
  /** Records a refusal. `session`: the caller's; `null`: authentication failed. */
  refused(error: FozError, request: AuditedRequest, session: Session | null): Promise<void>;
}

/** Whether a part of Foz is ready to serve, and if not, why. Public: `/readyz` needs no credential. */
export interface Readiness {
  readonly ready: boolean;
  readonly reason: string | null;
}

/** Whether a source can serve. */
export interface SourceReadiness extends Readiness {
  readonly name: string;
}

export interface ServerOptions {
  readonly engine: Engine;
  readonly host: string;
  /**
   * Names that the server is reached by, besides `host`, addresses and localhost; `*`: any. Read for each request. Default: `null`, the
   * Host header is not checked, since credentials are.
   */
  readonly hosts?: readonly string[] | null;
  readonly port: number;
  /** Milliseconds that a client may take to send a whole request; default: 30,000. A slower one gets 408. */
  readonly receiveMs?: number;
  /** Limits on responses that clients have not read yet. */
  readonly answers?: Partial<AnswerLimits>;
  /** PEM files; read again when they change. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** Origins that browsers may call from; `*`: any; empty: only the server's own. Read for each request. */
  readonly cors: readonly string[];
  /** Read for each request, as are `roleLimits`. Must be the same object for as long as the limits are the same. */
  readonly limits: Limits;
  /** Limits of roles that have others. */
  readonly roleLimits?: ReadonlyMap<RoleName, Limits>;
  /** Authenticates a request. Rejects with FozError `access-denied`. */
  readonly identify: (request: IncomingMessage) => Promise<Session> | Session;
  /** Limits of WebSockets; `null`: upgrades are refused. Read for each upgrade. */
  readonly websocket?: WebsocketLimits | null;
  /** Authenticates a WebSocket by its upgrade request and the payload of `connection_init`; default: by the request alone. */
  readonly identifySocket?: (upgrade: IncomingMessage, payload: unknown) => Promise<Session> | Session;
  /** Calls back once when a session ends. Returns a function that stops watching. */
  readonly watch?: (session: Session, onEnd: (reason: SessionEnd) => void) => () => void;
  /** The caller's address; default: that of the socket. Must not throw. */
  readonly addressOf?: (request: IncomingMessage) => string | null;
  /** Records in the audit log. The response to a write is sent after its record is written. */
  readonly audit?: RequestAudit;
  readonly readiness: () => readonly SourceReadiness[];
  /** Whether the settings in Foz's own store are loaded; default: `null`, there is no store. Called often: it must not read the store. */
  readonly storeReadiness?: () => Readiness | null;
  /** Gauges, read when metrics are scraped. */
  readonly gauges: () => {
    readonly plans: number;
    readonly caches: readonly CacheState[];
    /** Subscriptions that run, and the queries that they share. */
    readonly live: { readonly subscriptions: number; readonly queries: number };
    /** The change feed of each watched source: its method and its lag. */
    readonly feeds: readonly {
      readonly source: string;
      readonly method: string;
      readonly lagSeconds: number | null;
      readonly lagBytes: number | null;
    }[];
    /** Log lines that this process could not write. */
    readonly droppedLines: number;
    readonly pools: readonly {
      readonly source: string;
      readonly size: number;
      readonly idle: number;
      readonly waiting: number;
    }[];
  };
  /** Figures of durable work, read when metrics are scraped; `null` or absent: there is none. */
  readonly work?: (() => Promise<WorkGauges>) | null;
  readonly logger: Logger;
  /** Whether metrics are served. Read for each request. */
  readonly metrics: boolean;
  /** Serves GraphiQL at `/` from this folder; `null`: off. Read for each request. */
  readonly console: string | null;
  readonly samples: () => readonly unknown[];
  /** Further handlers by path, such as that of the control API. */
  readonly routes?: { get(path: string): RouteHandler | undefined };
  /** Answers requests below `/hooks/`; absent: there is nothing. */
  readonly hooks?: RouteHandler;
  /** Further handlers for any authenticated caller: admitted, counted and audited as at `/graphql`. */
  readonly sessionRoutes?: ReadonlyMap<string, SessionHandler>;
}

/** Figures of durable work. */
export interface WorkGauges {
  /** The jobs of each kind of queue. */
  readonly queues: readonly {
    readonly kind: string;
    readonly claimed: number;
    readonly due: number;
    readonly waiting: number;
    /** Seconds that the oldest due job has been due; `null`: none is. */
    readonly oldestSeconds: number | null;
  }[];
  /** The syncs of tables. */
  readonly syncs: readonly {
    readonly name: string;
    /** Milliseconds from the last commit that was read to the time at which it had been applied. */
    readonly lagMs: number | null;
    readonly inserted: number;
    readonly updated: number;
    readonly deleted: number;
    readonly refused: number;
    readonly conflicts: number;
  }[];
  /** The attempts to deliver events that this process has made, by endpoint and result. */
  readonly attempts: readonly {
    readonly endpoint: string;
    readonly result: string;
    readonly number: number;
  }[];
  /** How often this process has found changes missing, by event trigger. */
  readonly gaps: readonly { readonly trigger: string; readonly number: number }[];
}

/** The response of a route handler. */
export interface RouteAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  /** A stream is sent as it comes; if it fails, the connection is closed before the end of the body. */
  readonly body: string | Readable;
}

/** Answers one request. `read` returns the body, if it is needed; it rejects with Refusal when it has more bytes than `most`. */
export type RouteHandler = (
  request: IncomingMessage,
  read: (most: number) => Promise<Buffer>,
) => Promise<RouteAnswer>;

/** Answers one request of an authenticated caller. */
export type SessionHandler = (
  session: Session,
  request: IncomingMessage,
  body: Buffer,
) => Promise<RouteAnswer & { readonly body: string }>;
