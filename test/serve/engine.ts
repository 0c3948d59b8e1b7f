import { buildSchema, type DocumentNode, execute, type GraphQLSchema } from 'graphql';
import { pino } from 'pino';
import { adminSession, type Session } from '../../src/access/index.ts';
import { type EndSignal, FozError } from '../../src/core/index.ts';
import { answerErrors, type EngineAnswer } from '../../src/execute/index.ts';
import {
  defaultLimits,
  type Engine,
  type FozServer,
  type Limits,
  type Operation,
  type ServerOptions,
  startServer,
} from '../../src/serve/index.ts';

const first = buildSchema(
  'type Query { hello(name: String = "world"): String! slow(ms: Int!): String! fail: String broken: String value: Int! big(kb: Int!): String! } type Mutation { add(n: Int!): Int! set(n: Int!, ms: Int!): Int! } type Subscription { sum: Int! }',
);
const second = buildSchema('type Query { hello: String! fresh: Boolean! }');

/** An implementation of `Engine` on graphql-js and objects in memory, for tests of the HTTP server. */
export class MemoryEngine implements Engine {
  schema: GraphQLSchema = first;
  aborted = 0;
  running = 0;
  sum = 0;
  /** The largest number of operations that ran at once. */
  most = 0;
  readonly #planned = new Map<string, DocumentNode>();

  view({ role }: Session): string {
    return role;
  }
  graph(): GraphQLSchema {
    return this.schema;
  }
  swap(): void {
    this.schema = second;
    this.#planned.clear();
  }
  cached(operation: Operation): Promise<EngineAnswer> | undefined {
    const document = this.#planned.get(operation.query);
    return document === undefined ? undefined : this.execute(operation, document);
  }
  async execute(operation: Operation, document: DocumentNode): Promise<EngineAnswer> {
    this.running++;
    this.most = Math.max(this.most, this.running);
    // An error inside Apollo Server.
    if (operation.operationName === 'Crash') throw new TypeError('crashed inside');
    try {
      const root = {
        hello: ({ name }: { name?: string }) => `hello ${name ?? 'world'}`,
        slow: ({ ms }: { ms: number }) => this.#wait(ms, operation.signal),
        fail: () => {
          throw new FozError('unavailable', 'The source is down.');
        },
        broken: () => {
          const cause = new TypeError('the cause of it');
          throw new FozError('unexpected', 'Something went wrong.', { internal: 'said inside', cause });
        },
        value: () => this.sum,
        set: async ({ n, ms }: { n: number; ms: number }) => {
          await this.#wait(ms, operation.signal);
          this.sum = n;
          return n;
        },
        big: ({ kb }: { kb: number }) => 'x'.repeat(kb * 1024),
        fresh: true,
        add: ({ n }: { n: number }) => (this.sum += n),
      };
      const { data, errors } = await execute({
        schema: this.schema,
        document,
        rootValue: root,
        variableValues: operation.variables,
        operationName: operation.operationName,
      });
      if (errors !== undefined) {
        const list = errors.map((error) =>
          error.originalError instanceof FozError
            ? error.originalError
            : new FozError('validation-failed', error.message),
        );
        return answerErrors(list, data === undefined ? 'request' : 'data', false);
      }
      this.#planned.set(operation.query, document);
      return { json: JSON.stringify({ data }), kind: 'data', errors: [] };
    } finally {
      this.running--;
    }
  }

  #wait(ms: number, signal: EndSignal): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => resolve('done'), ms);
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        this.aborted++;
        reject(new FozError('timeout', 'The request was ended.'));
      });
    });
  }
}

/** Starts the HTTP server on a free port. */
export function serve(
  engine: Engine,
  limits: Partial<Limits> = {},
  more: Partial<ServerOptions> = {},
): Promise<FozServer> {
  return startServer({
    engine,
    host: '127.0.0.1',
    port: 0,
    tls: null,
    cors: [],
    limits: { ...defaultLimits, ...limits },
    identify: () => adminSession,
    readiness: () => [{ name: 'shop', ready: true, reason: null }],
    gauges: () => ({
      plans: 0,
      caches: [],
      live: { subscriptions: 0, queries: 0 },
      feeds: [],
      droppedLines: 0,
      pools: [{ source: 'shop', size: 2, idle: 1, waiting: 0 }],
    }),
    logger: pino({ level: 'silent' }),
    metrics: true,
    console: null,
    samples: () => [{ title: 'one' }],
    ...more,
  });
}

export interface Got {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** POSTs a JSON value, or text as it is. */
export async function post(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Got> {
  const response = await fetch(`${url}graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}
