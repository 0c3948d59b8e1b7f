import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ExecutionArgs, type ExecutionResult, GraphQLError, Kind, OperationTypeNode } from 'graphql';
import { makeServer, type Server as ProtocolServer } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { countedAddress } from '../../auth/index.ts';
import { Refusal } from '../body.ts';
import { ConcurrencySlots } from '../concurrency.ts';
import type { Requester } from '../gate.ts';
import { defaultWebsocket, type WebsocketLimits } from '../limits.ts';
import type { ServerOptions } from '../options.ts';
import type { Readers } from '../readers.ts';
import { isRefusal, refusalOf } from '../refusal.ts';
import { requestId } from '../request-id.ts';
import { logUnexpected } from '../unexpected.ts';
import { type Reply, Unserved } from './answering.ts';
import { closingOf, closings } from './closings.ts';
import { Connection } from './connection.ts';
import { type Serving, serveOperation } from './serve-operation.ts';
import { checkUpgrade, refuseUpgrade } from './upgrade.ts';

/** Close reasons for sessions that have ended: the cause, and the client's remedy. */
const endings = {
  expired: {
    code: closings.ended,
    reason: 'The session has expired: come back with a credential that holds.',
  },
  changed: {
    code: closings.ended,
    reason: 'What the credential allows has changed: connect again with it.',
  },
  revoked: { code: closings.forbidden, reason: 'The API key was revoked.' },
  withdrawn: {
    code: closings.forbidden,
    reason: 'The key that signed the token was withdrawn: come back with another token.',
  },
} as const;

/** Milliseconds for a client to answer a close frame. */
const closeTimeout = 2_000;

/** A stand-in document: the protocol's library needs one, while the endpoint works with the payload that was sent. */
const some = {
  kind: Kind.DOCUMENT,
  definitions: [
    {
      kind: Kind.OPERATION_DEFINITION,
      operation: OperationTypeNode.QUERY,
      selectionSet: { kind: Kind.SELECTION_SET, selections: [] },
    },
  ],
} as const;

/** GraphQL over WebSocket (graphql-transport-ws): accepts connections, authenticates them, runs their operations and closes them. */
export class Sockets {
  readonly #options: ServerOptions;
  readonly #serving: Serving;
  readonly #readers: Readers;
  readonly #server: WebSocketServer;
  #protocol: { readonly initMs: number; readonly server: ProtocolServer<Connection> } | null = null;
  readonly #open = new Set<Connection>();
  readonly #slots = new ConcurrencySlots();
  #isClosing = false;

  constructor(options: ServerOptions, serving: Serving, readers: Readers) {
    this.#options = options;
    this.#readers = readers;
    this.#serving = serving;
    const settings = {
      noServer: true,
      perMessageDeflate: false,
      autoPong: false,
      // A completed operation is removed before a message that uses its id again is handled.
      allowSynchronousEvents: false,
      closeTimeout,
      clientTracking: false,
      handleProtocols: () => 'graphql-transport-ws',
    };
    this.#server = new WebSocketServer(settings);
  }

  /** The number of open WebSockets. */
  get size(): number {
    return this.#open.size;
  }

  get #limits(): WebsocketLimits {
    return this.#options.websocket ?? defaultWebsocket;
  }

  /** Handles an upgrade request: opens a WebSocket, or answers in HTTP with the reason for the refusal. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const id = requestId(request);
    let free: (() => void)[] = [];
    try {
      if (this.#isClosing)
        throw new Refusal(503, 'unavailable', 'The server stops: open the WebSocket again.');
      this.#serving.gate.hosts.check(request);
      checkUpgrade(request, this.#options.cors);
      free = [this.#slot('', this.#limits.connections)];
      free.push(
        this.#slot(
          `opening ${countedAddress(this.#serving.gate.addressOf(request))}`,
          this.#limits.connectionsPerCaller,
        ),
      );
    } catch (error) {
      for (const one of free) one();
      const { status, refusal } = refusalOf(error, this.#options.logger, { requestId: id });
      this.#refused(error, { request, requestId: id });
      const more = error instanceof Refusal ? error.headers : {};
      refuseUpgrade(socket, status, refusal, { ...more, 'x-request-id': id });
      return;
    }
    const [leave, opened] = free as [() => void, () => void];
    socket.on('close', () => {
      leave();
      opened();
    });
    this.#server.options.maxPayload = this.#longest();
    this.#server.handleUpgrade(request, socket, head, (webSocket) =>
      this.#opened(webSocket, request, id, opened),
    );
  }

  /**
   * Accepts no more connections, closes idle ones, lets running operations finish for at most `graceMs`, then closes the rest.
   */
  async close(graceMs: number): Promise<void> {
    this.#isClosing = true;
    const left = () => [...this.#open];
    const gone = Promise.all(
      left().map((connection) => new Promise<void>((resolve) => connection.closed.push(resolve))),
    );
    for (const connection of left()) connection.drain();
    const timer = setTimeout(() => {
      for (const connection of left()) {
        connection.close(closings.away, 'The server stops.');
        setTimeout(() => connection.terminate(), Math.min(graceMs, closeTimeout)).unref();
      }
    }, graceMs);
    await gone;
    clearTimeout(timer);
  }

  /** Takes a slot for an open WebSocket of a caller; `''`: of all callers together. Throws Refusal 429 when all are taken. */
  #slot(caller: string, most: number): () => void {
    const full = `${most} WebSockets are open already, which is as many as may: close one of them.`;
    return this.#slots.take(caller, most, full);
  }

  /** Bytes of the longest message that any role may send. */
  #longest(): number {
    const { limits, roleLimits = new Map() } = this.#options;
    return Math.max(...[limits, ...roleLimits.values()].map((limit) => limit.body_bytes));
  }

  #opened(webSocket: WebSocket, request: IncomingMessage, id: string, opened: () => void): void {
    const { logger } = this.#options;
    const { gate } = this.#serving;
    const connection = new Connection(webSocket, {
      id,
      request,
      keepaliveMs: this.#limits.keepaliveMs,
      bufferBytes: this.#limits.bufferBytes,
      readers: this.#readers,
      longest: (session) => (session === null ? this.#options.limits : gate.limitsOf(session)).body_bytes,
      onAccept: opened,
      onError: (error) => logUnexpected(logger, error, { requestId: id }),
    });
    this.#open.add(connection);
    const closed = this.#speak().opened(
      {
        protocol: connection.protocol,
        send: (message) => connection.send(message),
        close: (code = closings.broken, reason) => connection.close(code, reason),
        onMessage: (listener) =>
          connection.onMessage((message) => listener(message as Parameters<typeof listener>[0])),
      },
      connection,
    );
    webSocket.on('close', (code, reason) => {
      this.#open.delete(connection);
      void closed(code, String(reason)).catch((error: unknown) =>
        logger.error({ err: error, requestId: id }, 'websocket failed'),
      );
      logger.info(
        { requestId: id, role: connection.session?.role ?? null, code, reason: String(reason) },
        'websocket closed',
      );
    });
    if (this.#isClosing) connection.drain();
  }

  #speak(): ProtocolServer<Connection> {
    const { initMs } = this.#limits;
    if (this.#protocol?.initMs !== initMs) this.#protocol = { initMs, server: this.#speaking(initMs) };
    return this.#protocol.server;
  }

  #speaking(initMs: number): ProtocolServer<Connection> {
    return makeServer<Record<string, unknown>, Connection>({
      connectionInitWaitTimeout: initMs,
      onConnect: ({ extra, connectionParams }) => this.#connect(extra, connectionParams),
      onSubscribe: ({ extra }, _id, payload) => this.#refusalNow(extra) ?? this.#begin(extra, payload),
      execute: ({ contextValue }) => contextValue as AsyncIterableIterator<ExecutionResult>,
      onNext: ({ extra }, _id, _payload, _args, result) => extra.raw(result as unknown as Reply),
      onError: (_context, _id, _payload, [error]) =>
        error?.originalError instanceof Unserved ? error.originalError.errors : undefined,
    });
  }

  /** Starts an operation of a connection, in the form that the protocol's library expects of `execute`. */
  #begin(connection: Connection, payload: unknown): ExecutionArgs {
    const { request, session } = connection;
    const requester: Requester = { session: session!, request, requestId: connection.nextId() };
    const hasExact = connection.isExact(payload);
    const answering = connection.answer((end) =>
      serveOperation(this.#serving, requester, { body: payload, hasExact }, end),
    );
    return { document: some, contextValue: answering } as unknown as ExecutionArgs;
  }

  /** The errors to answer with when no operation can start on this connection now. */
  #refusalNow({ running }: Connection): readonly GraphQLError[] | undefined {
    const refuse = (code: string, message: string) => [
      new GraphQLError(message, { extensions: { path: '$', code } }),
    ];
    const most = this.#limits.operations;
    if (this.#isClosing) return refuse('unavailable', 'The server stops: ask again over a new connection.');
    if (running < most) return undefined;
    return refuse(
      'limit-exceeded',
      `${most} operations run on this connection already, which is as many as may: wait for one of them.`,
    );
  }

  /** Authenticates a connection. Returns `false` where it was refused and closed. */
  async #connect(connection: Connection, payload: unknown): Promise<boolean> {
    const { identify, identifySocket = identify, watch, audit } = this.#options;
    const { gate } = this.#serving;
    const { request, id } = connection;
    try {
      const session = await identifySocket(request, payload);
      if (!connection.isOpen) return false;
      connection.closed.push(this.#slot(gate.callerOf(session, request), this.#limits.connectionsPerCaller));
      await audit?.entered(session, gate.auditedRequest({ request, requestId: id }, null));
      if (!connection.isOpen) return false;
      connection.accept(session);
      const stop = watch?.(session, (reason) =>
        connection.close(endings[reason].code, endings[reason].reason),
      );
      if (stop !== undefined) connection.closed.push(stop);
      return connection.isOpen;
    } catch (error) {
      const { refusal } = refusalOf(error, this.#options.logger, { requestId: id });
      this.#refused(error, { request, requestId: id });
      connection.close(closingOf(error), refusal.message);
      return false;
    }
  }

  #refused(error: unknown, requester: Pick<Requester, 'request' | 'requestId'>): void {
    if (isRefusal(error)) this.#serving.gate.refused(requester, error);
  }
}
