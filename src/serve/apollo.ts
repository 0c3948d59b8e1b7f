import { ApolloServer, HeaderMap } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import type { GatewayInterface } from '@apollo/server-gateway-interface';
import {
  type DocumentNode,
  type FormattedExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Session } from '../access/index.ts';
import { type CacheState, FozError, isStackOverflow } from '../core/index.ts';
import { answerErrors, type EngineAnswer } from '../execute/index.ts';
import { formatError, notePlaces } from './apollo-errors.ts';
import { documentRules } from './document-limits.ts';
import type { Answers, Engine, Operation, Subscriber } from './engine.ts';
import type { Limits } from './limits.ts';
import { type PersistedOperations, SentOperations } from './persisted.ts';
import type { LimitsOf } from './session-limits.ts';
import { asksForDeltas } from './subscriptions/asked-deltas.ts';

/** The context value of one request in Apollo Server, which copies the outer object only. */
export interface RequestContext {
  readonly operation: Omit<Operation, 'query' | 'operationName' | 'variables'>;
  /** Replaces the variables that Apollo Server read; absent: those are used. */
  readonly variables?: Readonly<Record<string, unknown>>;
  /** The caller of a subscription; absent: the transport cannot carry several answers. */
  readonly subscriber?: Subscriber | undefined;
  /** Whether the request may only read, since it is a GET. */
  readonly readsOnly?: boolean;
  readonly outcome: {
    /** Set once the operation has run; `null` where it was refused before. */
    answer: EngineAnswer | null;
    /** The answers of a subscription that has started. */
    answers?: Answers;
    /** Whether the request contained the text of an operation: errors from then on are the operation's, not the request's. */
    hasSource: boolean;
    /** Unexpected errors that Apollo Server caught. */
    failures: unknown[];
  };
}

const answerKey: unique symbol = Symbol('answer');

/** An Apollo Server with the graph and the limits that it was created for. */
interface ViewServer {
  readonly graph: GraphQLSchema;
  readonly limits: Limits;
  readonly server: Promise<ApolloServer<RequestContext>>;
}

/**
 * One Apollo Server for all sessions that see the same graph (a view). It is created for the first request, and again after the graph has
 * changed. A server that is replaced or evicted is not stopped, so requests that it is serving finish.
 */
export class ApolloServers {
  readonly #servers: LRUCache<string, ViewServer>;
  readonly #sent = new SentOperations();
  readonly #engine: Engine;
  readonly #limitsOf: LimitsOf;

  constructor(engine: Engine, limitsOf: LimitsOf, views = 200) {
    this.#engine = engine;
    this.#limitsOf = limitsOf;
    this.#servers = new LRUCache({
      max: views,
      dispose: (_door, view, reason) => {
        if (reason === 'evict') this.#sent.forget(view);
      },
    });
  }

  /** The caches shared by all views. */
  get caches(): readonly CacheState[] {
    return [this.#sent.state];
  }

  /** The started server for a session. */
  of(session: Session): Promise<ApolloServer<RequestContext>> {
    const view = this.#engine.view(session);
    const limits = this.#limitsOf(session);
    const graph = this.#engine.graph(session);
    const existing = this.#servers.get(view);
    if (existing?.graph === graph && validateAlike(existing.limits, limits)) return existing.server;
    const persisted = this.#sent.of(view, (id) => this.#engine.registered?.(session, id));
    const server = startServer(this.#engine, limits, graph, persisted);
    this.#servers.set(view, { graph, limits, server });
    return server;
  }

  async close(): Promise<void> {
    const servers = [...this.#servers.values()];
    await Promise.all(servers.map(async ({ server }) => (await server).stop()));
  }
}

/** Whether two limits make no difference to the validation of documents. */
function validateAlike(one: Limits, other: Limits): boolean {
  return one.depth === other.depth && one.nodes === other.nodes && one.tokens === other.tokens;
}

async function startServer(
  engine: Engine,
  limits: Limits,
  graph: GraphQLSchema,
  persisted: PersistedOperations,
): Promise<ApolloServer<RequestContext>> {
  const server = new ApolloServer<RequestContext>({
    gateway: gatewayOf(engine, graph),
    csrfPrevention: true,
    persistedQueries: { cache: persisted },
    // The plan cache stores parsed documents, see `didResolveSource`. Apollo Server's own store would print the whole graph for its keys.
    documentStore: null,
    includeStacktraceInErrorResponses: false,
    introspection: true,
    stopOnTerminationSignals: false,
    allowBatchedHttpRequests: false,
    parseOptions: { maxTokens: limits.tokens },
    validationRules: documentRules(limits),
    formatError,
    stringifyResult,
    plugins: [
      {
        requestDidStart: async () => ({
          didResolveSource: async (context) => {
            const { contextValue, source, request } = context;
            contextValue.outcome.hasSource = true;
            const { session } = contextValue.operation;
            const known = engine.document?.(session, source, request.operationName ?? null);
            // Setting the document makes Apollo Server skip parsing and validation.
            if (known !== undefined) (context as { document?: DocumentNode }).document = known;
          },
          didEncounterErrors: async ({ errors, contextValue, document }) => {
            notePlaces(errors, document);
            for (const { originalError } of errors)
              if (
                originalError !== undefined &&
                !(originalError instanceof GraphQLError) &&
                !isStackOverflow(originalError)
              )
                contextValue.outcome.failures.push(originalError);
          },
          didResolveOperation: async ({ operation, contextValue }) => {
            // Where the graph has no subscriptions, planning says why: another transport would not help.
            const lacksCarrier = contextValue.subscriber === undefined && graph.getSubscriptionType() != null;
            if (operation?.operation === 'subscription' && lacksCarrier)
              throw new GraphQLError(oneAnswer, unserved);
            if (operation?.operation === 'mutation' && contextValue.readsOnly === true)
              throw new GraphQLError('A GET only reads: send mutations by POST.', unserved);
          },
        }),
      },
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });
  await server.start();
  return server;
}

const oneAnswer =
  'A subscription has more than one answer: ask for it over a WebSocket (graphql-transport-ws), as server-sent events (accept: text/event-stream), or as multipart/mixed;subscriptionSpec=1.0.';
const unserved = { extensions: { code: 'not-supported', http: { status: 400 } } };

/** The gateway through which Apollo Server gets the graph and executes validated documents. */
function gatewayOf(engine: Engine, graph: GraphQLSchema): GatewayInterface {
  return {
    onSchemaLoadOrUpdate(callback) {
      callback({ apiSchema: graph, coreSupergraphSdl: '' });
      return () => {};
    },
    async load() {
      return {
        executor: async ({ document, request, context }) => {
          const requestContext = context as RequestContext;
          const operation: Operation = {
            ...requestContext.operation,
            query: request.query ?? '',
            operationName: request.operationName ?? null,
            variables: requestContext.variables ?? request.variables ?? {},
          };
          const { subscriber, outcome } = requestContext;
          // Without a subscriber the graph has no subscriptions, and `execute` answers with the reason.
          const isLive = subscriber !== undefined && isSubscription(document, operation.operationName);
          const answer = isLive
            ? subscribed(engine, operation, document, { outcome, subscriber, extensions: request.extensions })
            : await engine.execute(operation, document);
          requestContext.outcome.answer = answer;
          const extensions = { [answerKey]: answer } as Record<string, unknown>;
          if (answer.errors.length === 0) return { data: {}, extensions };
          const errors = answer.errors.map(
            (error) => new GraphQLError(error.message, { extensions: { code: error.code } }),
          );
          return answer.kind === 'data' ? { data: null, errors, extensions } : { errors, extensions };
        },
      };
    },
    async stop() {},
  };
}

function isSubscription(document: DocumentNode, operationName: string | null): boolean {
  return getOperationAST(document, operationName)?.operation === 'subscription';
}

const started: EngineAnswer = { json: '', kind: 'data', errors: [] };

/** Starts a subscription. Its answers become part of the outcome. `extensions`: those of the request. */
function subscribed(
  engine: Engine,
  operation: Operation,
  document: DocumentNode,
  {
    outcome,
    subscriber,
    extensions,
  }: Pick<RequestContext, 'outcome'> & { readonly subscriber: Subscriber; readonly extensions: unknown },
): EngineAnswer {
  const asDeltas = asksForDeltas(extensions);
  if (asDeltas instanceof FozError) return answerErrors([asDeltas], 'request', false);
  const result = engine.subscribe?.({ ...operation, asDeltas }, document, subscriber);
  if (result === undefined)
    return answerErrors(
      [new FozError('not-supported', 'There are no subscriptions here.')],
      'request',
      false,
    );
  if (!(Symbol.asyncIterator in result)) return result;
  outcome.answers = result;
  return started;
}

/** The engine's answer is JSON text already. A compressed one bypasses Apollo Server and is sent as it is. */
function stringifyResult(value: FormattedExecutionResult): string {
  const answer = (value.extensions as Record<symbol, EngineAnswer> | undefined)?.[answerKey];
  if (answer === undefined) return JSON.stringify(value);
  return answer.packed === undefined ? answer.json : '';
}

export { HeaderMap };
