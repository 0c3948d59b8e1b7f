import type { Changes } from '../../plan/index.ts';
import type { Driver, NestingDialect } from '../../sql/index.ts';
import { postgresDialect } from './dialect.ts';
import type { LogIn } from './log-in.ts';
import type { OwnTypes } from './natives.ts';
import type { Row } from './relations.ts';

/** Runs a query of introspection, or of a connection that has just been opened. */
export type Rows = (text: string) => Promise<readonly Row[]>;

/** How a server that is derived from PostgreSQL differs from it. */
export interface ServerVariant {
  /** The kind of the source. */
  readonly engine: string;
  /** The name of the server in messages, before the version of PostgreSQL. */
  readonly label: string;
  /** The port where the URL has none; default: PostgreSQL's. */
  readonly port?: number;
  /** Kinds of log-in that PostgreSQL does not have, by the code of the server's request. */
  readonly logIns?: ReadonlyMap<number, LogIn>;
  /** Runs on each new connection before any other statement. Rejects with FozError for a server that cannot be used. */
  readonly onConnect?: (rows: Rows) => Promise<void>;
  readonly catalog?: CatalogVariant;
}

/** How the catalog of a variant differs from that of PostgreSQL. */
export interface CatalogVariant {
  readonly describe: (rows: Rows) => Promise<ServerDescription>;
  /** Namespaces that the server keeps for itself, besides those of PostgreSQL. */
  readonly systemNamespaces: RegExp;
}

/** The version of a server, and how introspection has to read it. */
export interface ServerDescription {
  readonly version: string;
  /** Sentences for the issues of the source. */
  readonly notes: readonly string[];
  readonly types: OwnTypes;
}

/** A server that speaks PostgreSQL's protocol, and the SQL for it. */
export interface PostgresVariant {
  readonly server: ServerVariant;
  readonly dialect: NestingDialect;
  /** Returns the changes of the variant, made from those of PostgreSQL; default: PostgreSQL's. */
  readonly changes?: (changes: Changes, driver: Pick<Driver, 'run'>) => Changes;
}

/** PostgreSQL itself. */
export const postgresVariant: PostgresVariant = {
  server: { engine: 'postgres', label: 'PostgreSQL' },
  dialect: postgresDialect('postgres'),
};
