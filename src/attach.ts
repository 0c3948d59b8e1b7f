import { noMetadata } from './catalog/index.ts';
import type { FozConfig } from './control/index.ts';
import { FozError, parseSourceName, type SourceName } from './core/index.ts';
import type { Connector } from './plan/index.ts';
import {
  changesOf,
  Graphs,
  type SourceConfig,
  type SourceKind,
  SourceRegistry,
  StoredCatalog,
  tlsOf,
} from './views/index.ts';

/** The connector of each kind of database, made from its configuration. Its driver is loaded when it is first used. */
const kinds = {
  postgres: async (source) =>
    (await import('./databases/postgres/index.ts')).connectPostgres({
      ...serverOptions(source),
      changes: changesOf(source),
      preparedStatements: source.prepared_statements,
      onPooler: () => warnOfPooler(source),
    }),
  mysql: async (source) =>
    (await import('./databases/mysql/index.ts')).connectMysql({
      ...serverOptions(source),
      changes: changesOf(source),
    }),
  mariadb: async (source) =>
    (await import('./databases/mariadb/index.ts')).connectMariadb({
      ...serverOptions(source),
      changes: changesOf(source),
    }),
  kingbase: async (source) =>
    (await import('./databases/kingbase/index.ts')).connectKingbase({
      ...serverOptions(source),
      changes: changesOf(source),
      preparedStatements: source.prepared_statements,
      onPooler: () => warnOfPooler(source),
    }),
  mssql: async (source) =>
    (await import('./databases/mssql/index.ts')).connectMssql({
      ...serverOptions(source),
      // Encrypted unless it is told otherwise.
      ...(source.tls?.mode === 'disable' ? { tls: false } : {}),
    }),
  sqlite: async (source, { create, forServing = true }) =>
    (await import('./databases/sqlite/index.ts')).connectSqlite({
      file: source.path!,
      readonly: source.readonly,
      create,
      wal: forServing,
    }),
  pglite: async (source) =>
    (await import('./databases/pglite/index.ts')).connectPglite(
      source.path === ':memory:' ? {} : { folder: source.path! },
    ),
} satisfies Record<SourceKind, (source: SourceConfig, options: ConnectOptions) => Promise<Connector>>;

function warnOfPooler({ name }: SourceConfig): void {
  process.emitWarning(`Source ${name}: a connection pooler stands before the server; statements go unnamed.`);
}

function serverOptions(source: SourceConfig) {
  return {
    connection: source.url!,
    tls: tlsOf(source),
    poolSize: source.pool?.max,
    waitMs: source.pool?.wait_ms,
    idleMs: source.pool?.idle_ms,
  };
}

export interface ConnectOptions {
  /** Creates a missing database file. Default: false. */
  readonly create?: boolean;
  /** Requests will be served. Otherwise a SQLite file keeps its journal mode, since a look at it should not change it. Default: true. */
  readonly forServing?: boolean;
}

/** A connector for one configured source, not connected yet. Rejects for an invalid URL. */
export function connect(source: SourceConfig, options: ConnectOptions = {}): Promise<Connector> {
  return kinds[source.kind](source, options);
}

/** Sources, catalog and graphs without the HTTP front, for commands that inspect them. */
export interface Attached {
  readonly registry: SourceRegistry;
  readonly graphs: Graphs;
  close(): Promise<void>;
}

/**
 * Attaches and introspects all sources of a configuration. A source that is down does not make it reject. `command`: waits for sources that
 * do not answer, and stores nothing in the state folder, which may belong to a running server.
 */
export async function attach(config: FozConfig, by: 'server' | 'command'): Promise<Attached> {
  const sources = await Promise.all(
    config.sources.map(async (source) => ({
      name: nameOf(source),
      config: source,
      connector: await connect(source, { forServing: by === 'server' }),
    })),
  );
  const registry = new SourceRegistry(
    sources,
    new StoredCatalog(config.state ?? '.foz', by === 'server' ? 'writes' : 'reads'),
    config.schema_check_seconds,
  );
  registry.wantEnums(config.metadata ?? noMetadata);
  await registry.start(by === 'server' ? 'some' : 'all');
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
