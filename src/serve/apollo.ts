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
  type GraphQLFormattedError,
  type GraphQLSchema,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Session } from '../access/index.ts';
import { type CacheState, isStackOverflow, nestedTooDeeply } from '../core/index.ts';
import type { EngineAnswer } from '../execute/index.ts';
import { limitRule } from './document-limits.ts';
import type { Engine, Operation } from './engine.ts';
import type { Limits } from './options.ts';
import { type PersistedOperations, SentOperations } from './persisted.ts';
import type { LimitsOf } from './session-limits.ts';

/** What travels with a request through Apollo Server, which copies the outer object. */
export interface RequestContext {
  readonly operation: Omit<Operation, 'query' | 'operationName' | 'variables'>;
  /** Variables in place of those that Apollo Server read; absent: its own. */
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly seen: {
    /** Filled when the operation ran; a refusal before that leaves it empty. */
    answer: EngineAnswer | null;
    /** The request held an operation's text: what is wrong from here on is wrong with the operation, not with the request. */
    hasSource: boolean;
    /** Errors within Apollo Server. */
    failures: unknown[];
  };
}

const answerKey: unique symbol = Symbol('answer');

/** A server, and the graph and the limits that it was made with. */
interface ViewServer {
  readonly graph: GraphQLSchema;
  readonly limits: Limits;
  readonly server: Promise<ApolloServer<RequestContext>>;
}

/**
 * One Apollo Server for all sessions that see the same graph, made when the first one asks, and again after the graph has changed.
 * One that is replaced or the least used is let go, not stopped: what runs on it goes on.
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

  /** The caches that all views share. */
  get caches(): readonly CacheState[] {
    return [this.#sent.state];
  }

  /** The server of a session, started. */
  of(session: Session): Promise<ApolloServer<RequestContext>> {
    const view = this.#engine.view(session);
    const limits = this.#limitsOf(session);
    const graph = this.#engine.graph(session);
    const door = this.#servers.get(view);
    if (door?.graph === graph && checkAlike(door.limits, limits)) return door.server;
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

/** Whether documents are checked alike. */
function checkAlike(one: Limits, other: Limits): boolean {
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
    // Documents are kept with their plans, see `didResolveSource`. A store of Apollo Server's would print the whole graph for its keys.
    documentStore: null,
    includeStacktraceInErrorResponses: false,
    introspection: true,
    stopOnTerminationSignals: false,
    allowBatchedHttpRequests: false,
    parseOptions: { maxTokens: limits.tokens },
    validationRules: [limitRule(limits)],
    formatError,
    stringifyResult,
    plugins: [
      {
        requestDidStart: async () => ({
          didResolveSource: async (context) => {
            const { contextValue, source, request } = context;
            contextValue.seen.hasSource = true;
            const { session } = contextValue.operation;
            const known = engine.document?.(session, source, request.operationName ?? null);
            // Apollo Server does not parse and validate what is there already.
            if (known !== undefined) (context as { document?: DocumentNode }).document = known;
          },
          didEncounterErrors: async ({ errors, contextValue }) => {
            for (const { originalError } of errors)
              if (
                originalError !== undefined &&
                !(originalError instanceof GraphQLError) &&
                !isStackOverflow(originalError)
              )
                contextValue.seen.failures.push(originalError);
          },
          didResolveOperation: async ({ operation }) => {
            if (operation?.operation === 'subscription') throw new GraphQLError(noSubscriptions, unserved);
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

const noSubscriptions =
  'Subscriptions are not served yet: ask by a query, again and again where you wait for a change.';
const unserved = { extensions: { code: 'not-supported' } };

/** Hands Apollo the graph, and runs what it has validated. */
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
          const answer = await engine.execute(
            {
              ...requestContext.operation,
              query: request.query ?? '',
              operationName: request.operationName ?? null,
              variables: requestContext.variables ?? request.variables ?? {},
            },
            document,
          );
          requestContext.seen.answer = answer;
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

/** The engine's answer is text already. A packed one is sent as it is, past Apollo Server. */
function stringifyResult(value: FormattedExecutionResult): string {
  const answer = (value.extensions as Record<symbol, EngineAnswer> | undefined)?.[answerKey];
  if (answer === undefined) return JSON.stringify(value);
  return answer.packed === undefined ? answer.json : '';
}

const codes: Readonly<Record<string, string>> = {
  GRAPHQL_PARSE_FAILED: 'parse-failed',
  GRAPHQL_VALIDATION_FAILED: 'validation-failed',
  BAD_USER_INPUT: 'validation-failed',
  BAD_REQUEST: 'validation-failed',
  OPERATION_RESOLUTION_FAILURE: 'validation-failed',
  PERSISTED_QUERY_NOT_FOUND: 'PERSISTED_QUERY_NOT_FOUND',
  PERSISTED_QUERY_NOT_SUPPORTED: 'PERSISTED_QUERY_NOT_SUPPORTED',
};

/** What Apollo Server refused itself, in the words of this API. */
export function formatError(formatted: GraphQLFormattedError): GraphQLFormattedError {
  if (formatted.message.startsWith('Maximum call stack')) {
    const { message, code } = nestedTooDeeply('$', 'The document');
    return { message, extensions: { path: '$', code } };
  }
  const given = String(formatted.extensions?.code ?? '');
  const limited =
    formatted.extensions?.limit === true || formatted.message.includes('tokens. Parsing aborted');
  // Apollo Server gives this refusal no code of its own.
  if (formatted.message === 'provided sha does not match query')
    return {
      message: 'The SHA-256 in extensions.persistedQuery is not that of the operation: send the one that is.',
      extensions: { path: '$', code: 'validation-failed' },
    };
  const known = codes[given] ?? (given === 'INTERNAL_SERVER_ERROR' || given === '' ? 'unexpected' : given);
  const code = limited ? 'limit-exceeded' : known;
  const message =
    code === 'unexpected' ? 'Something went wrong inside Foz; the log has the details.' : formatted.message;
  return {
    message,
    ...(formatted.locations === undefined ? {} : { locations: formatted.locations }),
    extensions: { path: '$', code },
  };
}

export { HeaderMap };
