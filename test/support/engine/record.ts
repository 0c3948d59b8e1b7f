import type { NestingDialect } from '../../../src/sql/index.ts';
import type { Kind, Value } from '../../catalogs/content.ts';
import type { CatalogName } from '../../catalogs/load.ts';
import type { Engine } from '../engines.ts';

/** A connection that bypasses the product, to prepare a database and to inspect it. */
export interface Connection {
  /** Runs a script of one or more statements. */
  execute(script: string): Promise<void>;
  /** Runs one query; values are those of the driver, large numbers and dates as text. */
  query(text: string): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

/** An enum: the names of its type and of its column, and its labels, all of them as they stand in a script. */
export interface EnumParts {
  readonly type: string;
  readonly column: string;
  readonly labels: readonly string[];
}

/** Spelling of an engine's scripts, independent of the product's dialects. */
export interface Spelling {
  /** The table definitions that the engine reads: `<catalog>/<ddl>.sql`. */
  readonly ddl: string;
  name(text: string): string;
  literal(value: Value, kind: Kind): string;
  /** Text between the columns and the values of an insert that allows values for identity columns. */
  readonly overriding: string;
  /** An insert with values for the column of generated values, where the engine takes such an insert between other statements only. */
  withKeys?(table: string, insert: string): string;
  /** The most rows of VALUES; default: any number. */
  readonly mostRows?: number;
  /** Sets the counter of the column, so that the next generated value is `last` + 1. */
  counter(table: string, column: string, last: number): string;
  /** The statements as one unit without foreign key checks. */
  unchecked(statements: readonly string[]): string[];
  /** As `unchecked`, for statements about some tables of the catalog that `ddl` creates; default: `unchecked`. */
  uncheckedAmong?(statements: readonly string[], tables: readonly string[], ddl: string): string[];
  /** The equality operator that treats NULL as equal to NULL. */
  readonly same: string;
  /** Type and constraint of a key that the database generates by default. */
  readonly generatedKey: string;
  /** A type for integer keys with more digits than a double can hold. */
  readonly wideKey: string;
  /** An exact decimal type, if the engine has one. */
  readonly decimal: string;
  /** A JSON type that keeps the document's text, if the engine has one. */
  readonly document: string;
  /** The type of an enum column. `before`: a statement that creates the type first. */
  enumOf(parts: EnumParts): { readonly before: string; readonly type: string };
  /** A text type without a length limit. */
  readonly longText: string;
  /** An expression for a text of `length` times `x`. */
  repeated(length: number): string;
}

/** A catalog to load: its script, and a short hash of the script. */
export interface Content {
  readonly catalog: CatalogName;
  readonly script: string;
  readonly print: string;
}

export interface Copy {
  readonly location: string;
  drop(): Promise<void>;
}

/** Where an engine stores databases and how it copies them. */
export interface Place {
  /** A database that all tests share and that is kept between runs; tests must not write to it. */
  shared(content: Content): Promise<Copy>;
  /** A private copy. `name`: the name of the database, if databases are namespaces. */
  fresh(content: Content, name: string): Promise<Copy>;
}

/** Test settings of an engine, except for how its server is started (`../servers`). */
export interface TestEngine {
  readonly spelling: Spelling;
  readonly place: Place;
  connect(location: string): Promise<Connection>;
  /** The namespace of the tables of a catalog; `null`: the engine has no namespaces. */
  namespaceOf(catalog: CatalogName, name: string): string | null;
  /** The engine of the other database in tests across databases. */
  readonly partner: Engine;
  /** The cases also run by this dialect: without nesting where the engine nests rows, and nested where it does not. */
  readonly dialect?: NestingDialect | undefined;
  /** A query for `n`, the number of open transactions of other sessions; `null`: an embedded engine. */
  readonly openTransactions: string | null;
  /** Whether the catalog `pg_extra` can be loaded. */
  readonly hasExtra?: boolean;
  /** Texts of the shop are ordered and grouped by code point, not by a collation. */
  readonly exactTexts: boolean;
}

/** Connects, runs `body` and closes the connection. */
export async function using<T>(
  connect: TestEngine['connect'],
  location: string,
  body: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await connect(location);
  try {
    return await body(connection);
  } finally {
    await connection.close();
  }
}

export const notOurs = (name: string, url: string) =>
  new Error(
    `The server at ${new URL(url).host} has a database "${name}" that these tests did not make: give them another server.`,
  );

/** The URL of another database of a server. */
export const at = (url: string, name: string) => new URL(`/${name}`, url).href;

/** A text as an SQL literal. */
export const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
export const hex = (base64: Value) => Buffer.from(String(base64), 'base64').toString('hex');
export const asTime = (text: Value) => String(text).replace('T', ' ').replace('+00:00', '');

/** The spelling of literals, with the engine's own where it differs. */
export function literals(
  of: Partial<Record<Kind, (value: Value) => string>>,
  text: (value: string) => string,
) {
  const bare = new Set<Kind>(['integer', 'decimal', 'float']);
  return (value: Value, kind: Kind) => {
    if (value === null) return 'null';
    const own = of[kind];
    if (own) return own(value);
    return bare.has(kind) ? String(value) : text(String(value));
  };
}
