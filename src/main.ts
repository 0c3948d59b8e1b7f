import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import {
  type Authentication,
  admissionOf,
  answersOf,
  authenticationOf,
  changingOptions,
  droppedLines,
  processLog,
  replan,
  requestAuditOf,
  routesOf,
  startRuntime,
  tlsOf,
} from './app/index.ts';
import { noMetadata } from './catalog/index.ts';
import { type ControlPlane, type FozConfig, openControlPlane } from './control/index.ts';
import { type CacheState, FozError, parseSourceName, type SourceName } from './core/index.ts';
import type { Connector } from './plan/index.ts';
import {
  type Engine,
  type FozServer,
  type Readiness,
  type SourceReadiness,
  startServer,
} from './serve/index.ts';
import type { GraphChanges, SourceConfig, SourceKind } from './views/index.ts';
import { GraphFile, GraphHistory, Graphs, SourceRegistry, StoredCatalog, viewKey } from './views/index.ts';

/** The connector of each kind of database, made from its configuration. Its driver is loaded when it is first used. */
const kinds = {
  postgres: async (source) =>
    (await import('./databases/postgres/index.ts')).connectPostgres({
      ...serverOptions(source),
      preparedStatements: source.prepared_statements,
      onPooler: () =>
        process.emitWarning(
          `Source ${source.name}: a connection pooler stands before the server; statements go unnamed.`,
        ),
    }),
  mysql: async (source) => (await import('./databases/mysql/index.ts')).connectMysql(serverOptions(source)),
  mariadb: async (source) =>
    (await import('./databases/mariadb/index.ts')).connectMariadb(serverOptions(source)),
  sqlite: async (source, create) =>
    (await import('./databases/sqlite/index.ts')).connectSqlite({
      file: source.path!,
      readonly: source.readonly,
      create,
    }),
  pglite: async (source) =>
    (await import('./databases/pglite/index.ts')).connectPglite(
      source.path === ':memory:' ? {} : { folder: source.path! },
    ),
} satisfies Record<SourceKind, (source: SourceConfig, create: boolean) => Promise<Connector>>;

function serverOptions(source: SourceConfig) {
  return {
    connection: source.url!,
    tls: tlsOf(source),
    poolSize: source.pool?.max,
    waitMs: source.pool?.wait_ms,
    idleMs: source.pool?.idle_ms,
  };
}

/** A connector for one configured source, not connected yet. Rejects for an invalid URL. `create`: creates a missing database file. */
export function connect(source: SourceConfig, create = false): Promise<Connector> {
  return kinds[source.kind](source, create);
}

/** Sources, catalog and graphs without the HTTP front, for commands that inspect them. */
export interface Attached {
  readonly registry: SourceRegistry;
  readonly graphs: Graphs;
  close(): Promise<void>;
}

/**
 * Attaches and introspects all sources of a configuration. A source that is down does not make it reject. `wait`: whether to wait for
 * sources that do not answer.
 */
export async function attach(config: FozConfig, wait: 'all' | 'some' = 'all'): Promise<Attached> {
  const sources = await Promise.all(
    config.sources.map(async (source) => ({
      name: nameOf(source),
      config: source,
      connector: await connect(source),
    })),
  );
  const registry = new SourceRegistry(
    sources,
    new StoredCatalog(config.state ?? '.foz'),
    config.schema_check_seconds,
  );
  registry.wantEnums(config.metadata ?? noMetadata);
  await registry.start(wait);
  const graphs = new Graphs(config, registry);
  return { registry, graphs, close: () => registry.close() };
}

function nameOf(source: SourceConfig): SourceName {
  const name = parseSourceName(source.name);
  if (name === undefined)
    throw new FozError(
      'validation-failed',
      `"${source.name}" cannot be the name of a source: use letters, digits, _ and -.`,
    );
  return name;
}

export interface StartOptions {
  readonly logger?: Logger;
  /** Sample operations for the console. */
  readonly samples?: readonly unknown[];
  /** Called with each stage of the start, as a text: `Reading the sources shop, support`. */
  readonly onStage?: (stage: string) => void;
}

/** A running Foz. */
export interface Started extends FozServer {
  readonly attached: Attached;
  readonly authentication: Authentication;
  /** `null`: the configuration needs none. */
  readonly plane: ControlPlane | null;
  /** Parts of the store that were not read yet; `/readyz` answers 503 until there are none. */
  readonly unread: readonly string[];
  readonly logger: Logger;
  /** What is different in the graph since it was last served from this state folder; `null`: nothing, or it never was. */
  readonly changedSince: GraphChanges | null;
}

/** Starts Foz: attaches all sources, then listens. A store that does not answer is followed as soon as it does. */
export async function start(config: FozConfig, options: StartOptions = {}): Promise<Started> {
  const logger = options.logger ?? processLog();
  const plane = await openControlPlane(config, process.env, logger);
  const keeping = { logger, ...(plane?.audit ? { audit: requestAuditOf(plane.audit) } : {}) };
  const authentication = authenticationOf(config, plane, logger);
  const stage = options.onStage ?? (() => {});
  stage(`Reading the sources ${config.sources.map(({ name }) => name).join(', ')}`);
  const attached = await attach(config, 'some');
  if (plane !== null) stage(`Opening and reading the store (${storeOf(config)})`);
  const { server = {} } = config;
  const runtime = await startRuntime({ ...attached, config, plane, authentication, connect, log: logger });
  const history = historyOf(config, attached, logger);
  const changing = changingOptions(
    () => runtime.settings.current.config.server ?? {},
    () => attached.graphs.limits,
    consoleFolder(),
    authentication.auth === null,
  );
  const close = async () => {
    for (const part of [history, runtime, attached, authentication, plane]) await part?.close();
  };
  // Spread would evaluate the getters of the changing options once, so the fixed ones are added to that object.
  const fixed = {
    engine: engineOf(attached),
    host: server.host ?? '127.0.0.1',
    port: Number(server.port ?? 8080),
    tls: server.tls ?? null,
    ...(server.receive_ms === undefined ? {} : { receiveMs: server.receive_ms }),
    answers: answersOf(server.answers),
    ...admissionOf(authentication),
    ...keeping,
    readiness: () => readinessOf(attached.registry),
    storeReadiness: () => (plane === null ? null : storeReadinessOf(runtime.unread)),
    gauges: () => gaugesOf(attached, [authentication.auth, keeping.audit, runtime.unlisted]),
    samples: () => options.samples ?? [],
    ...(await routesOf(config, authentication, { ...attached, ...runtime, history, plane }, keeping)),
  };
  const front = await startServer(Object.assign(changing, fixed)).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  // Comes last, so that a start that fails does not use up the secret, which is shown only once.
  await authentication.settleFirst(runtime.settings);
  return {
    // Only now, so that nobody waits for it before they are answered.
    changedSince: history.start(),
    url: front.url,
    attached,
    authentication,
    plane,
    logger,
    get unread() {
      return runtime.unread;
    },
    async close(graceMs) {
      await front.close(graceMs);
      await close();
    },
  };
}

function historyOf({ state }: FozConfig, attached: Attached, log: Logger): GraphHistory {
  return new GraphHistory({ ...attached, file: state === undefined ? null : new GraphFile(state), log });
}

/** The location of the store, for messages. Shows no URL, since it may contain a password. */
function storeOf({ store, state = '.foz' }: FozConfig): string {
  const shared = (store?.url ?? process.env.FOZ_STORE_URL) || undefined;
  return shared === undefined
    ? `an embedded PostgreSQL in ${state}; its first start takes longer`
    : 'a PostgreSQL server';
}

/** An object with caches. */
type HasCaches = { readonly caches: readonly CacheState[] } | null | undefined;

function gaugesOf({ graphs, registry }: Attached, others: readonly HasCaches[]) {
  return {
    plans: graphs.plans,
    caches: [...graphs.caches, ...others.flatMap((one) => one?.caches ?? [])],
    droppedLines: droppedLines(),
    pools: registry.sources.map(({ name, connector }) => ({ source: name, ...connector.pool() })),
  };
}

function readinessOf({ sources }: SourceRegistry): SourceReadiness[] {
  return sources.map(({ name, status }) => ({
    name,
    ready: status.state === 'available',
    reason: status.state === 'unavailable' ? `unavailable since ${status.since.toISOString()}` : null,
  }));
}

function storeReadinessOf(unread: readonly string[]): Readiness {
  const ready = unread.length === 0;
  return { ready, reason: ready ? null : `not read yet: ${unread.join(', ')}; the log says why` };
}

function engineOf(attached: Attached): Engine {
  const { graphs } = attached;
  return {
    view: viewKey,
    graph: (session) => graphs.engine(session).options.schema,
    document: (session, query, operationName) => graphs.engine(session).document(query, operationName),
    registered: ({ role }, id) => graphs.registered(role, id),
    cached(operation) {
      const engine = graphs.engine(operation.session);
      const answer = engine.cached({ ...operation, session: operation.session.variables });
      return answer?.then((first) =>
        first.drifted === undefined ? first : replan(attached, operation, engine, first),
      );
    },
    async execute(operation, document) {
      const engine = graphs.engine(operation.session);
      const first = await engine.execute({
        ...operation,
        session: operation.session.variables,
        document,
      });
      return replan(attached, operation, engine, first, document);
    },
  };
}

/** The folder of the built console: beside the built server, or in its package when Foz runs from a checkout. */
function consoleFolder(): string | null {
  const here = dirname(fileURLToPath(import.meta.url));
  const candidates = [
    join(here, '../console'),
    join(here, '../../console/dist'),
    join(here, '../console/dist'),
  ];
  return candidates.find((folder) => existsSync(join(folder, 'index.html'))) ?? null;
}
