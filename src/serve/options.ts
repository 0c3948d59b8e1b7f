import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { getHeapStatistics } from 'node:v8';
import type { Logger } from 'pino';
import type { RateLimit, Session } from '../access/index.ts';
import type { SessionEnd } from '../auth/index.ts';
import type { CacheState, FozError, RoleName } from '../core/index.ts';
import type { EngineAnswer } from '../execute/index.ts';
import type { Engine } from './engine.ts';

/** Limits of a request; each has a default that suits a public endpoint. */
export interface Limits {
  /** Bytes of a request body; 1 MiB unless told. */
  readonly bodyBytes: number;
  /** Nesting of selections; 20 unless told. */
  readonly depth: number;
  /** Fields of an operation after fragments are spread; 5,000 unless told. */
  readonly nodes: number;
  /** Lexical tokens of a document; 20,000 unless told. */
  readonly tokens: number;
  /** Milliseconds for a whole operation; 30,000 unless told, `null`: none. */
  readonly timeMs: number | null;
  /** Operations in one HTTP request; 1 (no batching) unless told. */
  readonly batch: number;
  /** Requests of one caller within a time; `null` (unless told): any number. */
  readonly rate: RateLimit | null;
  /** Requests of one caller that run at once, or whose answers are not read yet; `null` (unless told): any number. */
  readonly concurrency: number | null;
  /** Bytes of the answers to one request, and of the rows for them; default 64 MiB, `null`: only bounded by the longest string. */
  readonly answerBytes: number | null;
}

export const defaultLimits: Limits = {
  bodyBytes: 1024 * 1024,
  depth: 20,
  nodes: 5000,
  tokens: 20_000,
  timeMs: 30_000,
  batch: 1,
  rate: null,
  concurrency: null,
  answerBytes: 64 * 1024 * 1024,
};

/** Limits on the held bytes of all requests together. */
export interface AnswerLimits {
  /** Bytes, from their arrival from the databases until clients have read them; default: a quarter of the heap. */
  readonly heldBytes: number;
  /** The same for one caller; default: half of `heldBytes`. */
  readonly heldBytesPerCaller: number;
  /** Milliseconds after which a client that reads nothing of its answer is cut off; default 30,000. */
  readonly writeMs: number;
}

/** Fills in the defaults. */
export function answerLimits(given: Partial<AnswerLimits> = {}): AnswerLimits {
  const heldBytes = given.heldBytes ?? Math.ceil(getHeapStatistics().heap_size_limit / 4);
  return {
    heldBytes,
    heldBytesPerCaller: given.heldBytesPerCaller ?? Math.ceil(heldBytes / 2),
    writeMs: given.writeMs ?? 30_000,
  };
}

/** Limits of WebSockets. */
export interface WebsocketLimits {
  /** Open ones of everybody; 10,000 unless told. */
  readonly connections: number;
  /** Open ones of one caller (a credential, else an address); 100 unless told. */
  readonly connectionsPerCaller: number;
  /** Operations that run on one connection; 100 unless told. */
  readonly operations: number;
  /** Milliseconds until a client has said who it is; 10,000 unless told. */
  readonly initMs: number;
  /** Milliseconds between pings; who answers none until the next is cut off. 25,000 unless told. */
  readonly keepaliveMs: number;
  /** Bytes that may wait for a client to read them before it is cut off; 4 MiB unless told. */
  readonly bufferBytes: number;
}

export const defaultWebsocket: WebsocketLimits = {
  connections: 10_000,
  connectionsPerCaller: 100,
  operations: 100,
  initMs: 10_000,
  keepaliveMs: 25_000,
  bufferBytes: 4 * 1024 * 1024,
};

/** One request, as it is kept account of. */
export interface AccountOf {
  readonly requestId: string;
  readonly address: string | null;
  readonly operationName: string | null;
}

/** Keeps account of requests. */
export interface Accounts {
  /** Rejects with FozError where nothing may be written now, because account of it could not be kept. */
  ready(): Promise<void>;
  /** Rejects with FozError when the account cannot be kept and must be. */
  ran(session: Session, request: AccountOf, answer: EngineAnswer): Promise<void>;
  /**
   * Who asked was let in; called for each request, before it is answered. A promise is to
   * be awaited; it rejects with FozError when the account cannot be kept and must be.
   */
  entered(session: Session, request: AccountOf): Promise<void> | undefined;
  /** Who asked was not let in; `session`: was, but not with what was asked for. */
  refused(error: FozError, request: AccountOf, session: Session | null): Promise<void>;
}

/** Whether something is as far as it must be to serve, and why not; everybody may read it. */
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
   * Names that the server is reached by besides `host`, addresses and localhost; `*`: any. Read for each request. `null` (unless told):
   * names are not looked at, since credentials are.
   */
  readonly hosts?: readonly string[] | null;
  readonly port: number;
  /** Milliseconds that a client may take to send a whole request; 30,000 unless told. Who is slower is cut off with 408. */
  readonly receiveMs?: number;
  /** Limits on answers that clients have not read yet. */
  readonly answers?: Partial<AnswerLimits>;
  /** Files in PEM form; read again when they change. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** Origins that browsers may call from; `*` for any; empty: none but the server's own. Read for each request. */
  readonly cors: readonly string[];
  /** Read for each request, like those of roles; as long as they are the same, so is the object. */
  readonly limits: Limits;
  /** Limits of roles that have others. */
  readonly roleLimits?: ReadonlyMap<RoleName, Limits>;
  /** Who is asking. Rejects with FozError `access-denied`. */
  readonly identify: (request: IncomingMessage) => Promise<Session> | Session;
  /** Limits of WebSockets; `null`: none are opened. Read for each. */
  readonly websocket?: WebsocketLimits | null;
  /** Who opens a WebSocket: by the request for it and the payload of its `connection_init`. By the request alone unless told. */
  readonly identifySocket?: (upgrade: IncomingMessage, payload: unknown) => Promise<Session> | Session;
  /** Calls back once when a session is over. Returns how to stop watching. */
  readonly watch?: (session: Session, onEnd: (reason: SessionEnd) => void) => () => void;
  /** The caller's address; that of the socket unless told. Must not throw. */
  readonly addressOf?: (request: IncomingMessage) => string | null;
  /** Keeps account of what is done and refused. An answer that tells of a write leaves after its account is kept. */
  readonly accounts?: Accounts;
  readonly readiness: () => readonly SourceReadiness[];
  /** Whether what stands in Foz's own store is known; `null`, and unless told: there is no store. Asked often: nothing is to be read for it. */
  readonly storeReadiness?: () => Readiness | null;
  /** Gauges that are read when metrics are asked for. */
  readonly gauges: () => {
    readonly plans: number;
    readonly caches: readonly CacheState[];
    /** Lines that this process could not print. */
    readonly droppedLines: number;
    readonly pools: readonly {
      readonly source: string;
      readonly size: number;
      readonly idle: number;
      readonly waiting: number;
    }[];
  };
  readonly logger: Logger;
  /** Whether metrics are served. Read for each request. */
  readonly metrics: boolean;
  /** Serves GraphiQL at `/` from this folder; `null`: off. Read for each request. */
  readonly console: string | null;
  readonly samples: () => readonly unknown[];
  /** Further handlers by path, as the control API. */
  readonly routes?: ReadonlyMap<string, RouteHandler>;
  /** The same for whoever is signed in: asked who they are, counted and written down as at `/graphql`. */
  readonly sessionRoutes?: ReadonlyMap<string, SessionHandler>;
}

/** What a handler of a path answers. */
export interface RouteAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** A stream is sent as it comes; where it fails, the answer is cut off. */
  readonly body: string | Readable;
}

/** Answers one request. `read` gives its body, when it is wanted; it rejects with Refusal for one of more bytes than `most`. */
export type RouteHandler = (
  request: IncomingMessage,
  read: (most: number) => Promise<Buffer>,
) => Promise<RouteAnswer>;

/** Answers one request of somebody who was let in. */
export type SessionHandler = (
  session: Session,
  request: IncomingMessage,
  body: Buffer,
) => Promise<RouteAnswer & { readonly body: string }>;
