import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import {
  createServer as createHttp,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttps, type Server as HttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { FozError } from '../core/index.ts';
import { ApolloServers } from './apollo.ts';
import { Refusal, readBody } from './body.ts';
import { corsHeaders, isPreflight, UnlistedOrigins } from './cors.ts';
import { serveFile } from './files.ts';
import { Gate } from './gate.ts';
import { GraphqlHandler } from './graphql.ts';
import { Holdings } from './holdings.ts';
import { type OwnAnswer, type OwnOperation, operate, untilAborted } from './in-process.ts';
import { answerLimits } from './limits.ts';
import { Metrics, type Transport } from './metrics.ts';
import { Operations, type Outcome } from './operations.ts';
import type { ServerOptions } from './options.ts';
import { Readers } from './readers.ts';
import { requestId } from './request-id.ts';
import { Sender } from './respond.ts';
import { type LimitsOf, limitsOfSessions } from './session-limits.ts';
import { answerSession } from './session-route.ts';
import type { Serving } from './socket/serve-operation.ts';
import { Sockets } from './socket/sockets.ts';
import { refuseUpgrade, serveWithoutUpgrade, takeOver } from './socket/upgrade.ts';
import { StreamedResponses } from './subscriptions/streamed-responses.ts';
import { logUnexpected } from './unexpected.ts';

/** A running HTTP front. */
export interface FozServer {
  readonly url: string;
  /** Runs an operation of this process, such as that of a step of a workflow. */
  operate(operation: OwnOperation): Promise<OwnAnswer>;
  /** Stops accepting connections, lets running requests finish for at most `graceMs`, then closes the rest. */
  close(graceMs?: number): Promise<void>;
}

const plain = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };

/** Starts listening. Rejects when the port is in use or a certificate cannot be read. */
export async function startServer(options: ServerOptions): Promise<FozServer> {
  const limitsOf = limitsOfSessions(options);
  const servers = new ApolloServers(options.engine, limitsOf);
  const front = new Front(options, servers, limitsOf);
  const listener = (request: IncomingMessage, response: ServerResponse) =>
    // Sending the response failed, so no error can be sent either. Uncaught, this error would end the process.
    void front.serve(request, response).catch((error: unknown) => {
      options.logger.error({ err: error }, 'answer failed');
      response.destroy();
    });
  const { tls, receiveMs = 30_000 } = options;
  const slow = {
    requestTimeout: receiveMs,
    headersTimeout: receiveMs,
    connectionsCheckingInterval: Math.min(5_000, Math.ceil(receiveMs / 4)),
    keepAliveTimeout: 65_000,
  };
  const server: Server | HttpsServer =
    tls === null ? createHttp(slow, listener) : createHttps({ ...slow, ...readCertificate(tls) }, listener);
  const { sockets } = front;
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
    takeOver(socket, () => {
      if (request.headers.upgrade?.toLowerCase() !== 'websocket' || options.websocket === null)
        serveWithoutUpgrade(server, request, socket, head);
      else if (isGraphql(pathOf(request))) sockets.upgrade(request, socket, head);
      else refuseUpgrade(socket, 404, nothingAt(pathOf(request)), {});
    }),
  );
  if (tls !== null)
    for (const file of [tls.cert, tls.key])
      watchFile(file, { interval: 2000 }, () => reload(server as HttpsServer, options));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  const unused = unusedConnections(server);
  const { port } = server.address() as AddressInfo;
  const host = options.host === '0.0.0.0' || options.host === '::' ? 'localhost' : options.host;
  return {
    operate: (operation) => front.operate(operation),
    url: `${tls === null ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}/`,
    async close(graceMs = 10_000) {
      if (tls !== null) for (const file of [tls.cert, tls.key]) unwatchFile(file);
      front.closing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const socketsClosed = sockets.close(graceMs);
      front.streams.close();
      server.closeIdleConnections();
      unused.close();
      // A keep-alive connection becomes idle after its last response, and would otherwise stay open until the client closes it.
      const sweeper = setInterval(() => server.closeIdleConnections(), 50);
      const timer = setTimeout(() => server.closeAllConnections(), graceMs);
      await Promise.all([closed, socketsClosed]);
      clearTimeout(timer);
      clearInterval(sweeper);
      await servers.close();
    },
  };
}

/**
 * Connections on which nothing has been sent yet. Clients open some in advance, and Node counts them as busy, so that they would
 * delay a stop.
 */
function unusedConnections(server: Server | HttpsServer): { close(): void } {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    // A request that offers another protocol is given to the server once more.
    if (open.has(socket)) return;
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  return {
    close() {
      for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
    },
  };
}

function readCertificate(tls: { readonly cert: string; readonly key: string }) {
  return { cert: readFileSync(tls.cert), key: readFileSync(tls.key) };
}

/** Loads a new certificate for new connections. One that cannot be loaded, such as a half-written file, leaves the old one in use. */
function reload(server: HttpsServer, options: ServerOptions): void {
  try {
    server.setSecureContext(readCertificate(options.tls!));
    options.logger.info('certificate reloaded');
  } catch (error) {
    options.logger.error({ err: error }, 'certificate not reloaded: the old one stays in use');
  }
}

class Front {
  closing = false;
  readonly #options: ServerOptions;
  readonly #gate: Gate;
  readonly #graphql: GraphqlHandler;
  readonly #metrics: Metrics;
  readonly #unlisted: UnlistedOrigins;
  readonly #sender: Sender;
  readonly #serving: Omit<Serving, 'onOutcome'>;
  readonly sockets: Sockets;
  readonly streams: StreamedResponses;

  constructor(options: ServerOptions, servers: ApolloServers, limitsOf: LimitsOf) {
    this.#options = options;
    const limits = answerLimits(options.answers);
    const readers = new Readers(limits.writeMs);
    const holdings = new Holdings(limits, () => readers.makeRoom());
    this.#sender = new Sender(readers);
    const gate = new Gate(options, limitsOf, holdings);
    this.#gate = gate;
    const operations = new Operations(options, gate, servers);
    this.streams = new StreamedResponses(readers);
    this.#graphql = new GraphqlHandler(options, gate, operations, this.#sender, this.streams);
    const { logger } = options;
    this.#unlisted = new UnlistedOrigins(logger);
    const onOutcome = (outcome: Outcome, ms: number, id: string) =>
      this.#record(outcome, ms, id, 'websocket');
    this.#serving = { engine: options.engine, gate, operations, logger };
    this.sockets = new Sockets(options, { ...this.#serving, onOutcome }, readers);
    this.#metrics = new Metrics({
      ...options,
      sockets: () => this.sockets.size,
      caches: () => [...options.gauges().caches, ...servers.caches, gate.cache],
      heldBytes: () => holdings.bytes,
      slowReaders: () => readers.cutOff,
    });
  }

  operate(operation: OwnOperation): Promise<OwnAnswer> {
    if (this.closing) return untilAborted(operation.signal);
    const onOutcome = (outcome: Outcome, ms: number, id: string) => this.#record(outcome, ms, id, 'workflow');
    return operate({ ...this.#serving, onOutcome }, operation);
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const id = requestId(request);
    try {
      await this.#route(request, response, id);
    } catch (error) {
      const refusal =
        error instanceof Refusal
          ? error
          : new Refusal(500, 'unexpected', 'Something went wrong inside Foz; the log has the details.');
      if (refusal.status === 500) logUnexpected(this.#options.logger, error, { requestId: id });
      if (!response.headersSent)
        await this.#sender.send(
          request,
          response,
          refusal.status,
          plain,
          JSON.stringify({
            errors: [{ message: refusal.message, extensions: { path: '$', code: refusal.code } }],
          }),
        );
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse, id: string): Promise<void> {
    const path = pathOf(request);
    if (isGraphql(path)) return this.#serveGraphql(request, response, id);
    switch (path) {
      case '/healthz':
        return this.#sender.send(request, response, 200, plain, '{"status":"ok"}');
      case '/readyz':
        return this.#ready(request, response);
    }
    const { routes, hooks } = this.#options;
    const route = routes?.get(path) ?? (path.startsWith('/hooks/') ? hooks : undefined);
    if (route === undefined) return this.#open(request, response, path, id);
    const answer = await route(request, (most) => readBody(request, most));
    const headers = { ...answer.headers, 'x-request-id': id };
    if (typeof answer.body !== 'string')
      return this.#sender.sendStream(response, answer.status, headers, answer.body);
    return this.#sender.send(request, response, answer.status, headers, answer.body);
  }

  /** Serves paths that need no credential; the Host header is checked where that is enabled. */
  async #open(request: IncomingMessage, response: ServerResponse, path: string, id: string): Promise<void> {
    this.#gate.hosts.check(request);
    if (path === '/metrics' && this.#options.metrics) {
      const { registry } = this.#metrics;
      const headers = { 'content-type': registry.contentType };
      return this.#sender.send(request, response, 200, headers, await registry.metrics());
    }
    if (path === '/samples.json')
      return this.#sender.send(request, response, 200, plain, JSON.stringify(this.#options.samples()));
    const own = this.#options.sessionRoutes?.get(path);
    if (own !== undefined) {
      const { status, headers, body } = await answerSession(this.#options, this.#gate, own, request, id);
      return this.#sender.send(request, response, status, { ...headers, 'x-request-id': id }, body);
    }
    const readable = request.method === 'GET' || request.method === 'HEAD';
    if (
      this.#options.console !== null &&
      readable &&
      (await serveFile(this.#options.console, request, response, path))
    )
      return;
    throw new Refusal(404, 'not-found', nothingAt(path).message);
  }

  async #serveGraphql(request: IncomingMessage, response: ServerResponse, id: string): Promise<void> {
    const started = performance.now();
    const cors = corsHeaders(this.#options.cors, request);
    if (request.headers.origin !== undefined) this.#unlisted.check(this.#options.cors, request);
    const headers: Record<string, string> = { ...cors, 'x-request-id': id };
    if (this.closing) headers.connection = 'close';
    if (isPreflight(request)) {
      response.writeHead(204, { ...headers, 'content-length': '0' }).end();
      return;
    }
    const outcome = await this.#graphql.handle(request, response, headers);
    this.#record(outcome, performance.now() - started, id, 'http');
  }

  #record(outcome: Outcome, milliseconds: number, id: string, transport: Transport): void {
    this.#metrics.record(outcome, milliseconds, transport);
    const { logger } = this.#options;
    if (logger.isLevelEnabled('info'))
      logger.info(
        { requestId: id, transport, ...outcome, ms: Math.round(milliseconds * 100) / 100 },
        'graphql',
      );
  }

  async #ready(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const sources = this.#options.readiness();
    const store = this.#options.storeReadiness?.() ?? null;
    const some = sources.length === 0 || sources.some((source) => source.ready);
    const ready = !this.closing && some && store?.ready !== false;
    await this.#sender.send(
      request,
      response,
      ready ? 200 : 503,
      plain,
      JSON.stringify({
        status: ready ? 'ready' : 'not ready',
        // A request with another Host may come from a page by DNS rebinding: it does not learn the names of sources.
        ...(this.#gate.hosts.passes(request) ? { store, sources } : {}),
      }),
    );
  }
}

function pathOf({ url = '/' }: IncomingMessage): string {
  return url.includes('?') ? url.slice(0, url.indexOf('?')) : url;
}

function isGraphql(path: string): boolean {
  return path === '/graphql' || path === '/v1/graphql';
}

function nothingAt(path: string): FozError {
  return new FozError('not-found', `There is nothing at ${path}. GraphQL is at /graphql.`);
}
