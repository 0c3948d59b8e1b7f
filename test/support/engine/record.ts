import type { NestingDialect } from '../../../src/sql/index.ts';
import type { Kind, Value } from '../../catalogs/content.ts';
import type { CatalogName } from '../../catalogs/load.ts';
import type { Engine } from '../engines.ts';

/** A connection of the tests' own, past the product: to prepare, and to look at what the product left behind. */
export interface Connection {
  /** Runs a script of one or more statements. */
  execute(script: string): Promise<void>;
  /** Runs one query; values come as the driver gives them, big numbers and dates as text. */
  query(text: string): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

/** How an engine's scripts are written; independent of what the product itself knows. */
export interface Spelling {
  /** Whose table definitions it reads: `<catalog>/<ddl>.sql`. */
  readonly ddl: string;
  name(text: string): string;
  literal(value: Value, kind: Kind): string;
  /** What stands between the columns and the values of an insert, so that identity columns can be given. */
  readonly overriding: string;
  /** Lets the next row without a value of the counted column get `last` + 1. */
  counter(table: string, column: string, last: number): string;
  /** The statements as one unit that foreign keys do not look at. */
  unchecked(statements: readonly string[]): string[];
  /** The operator that takes NULL for equal to NULL. */
  readonly same: string;
  /** Type and constraint of a key that the database makes up where none is given. */
  readonly generatedKey: string;
  /** A type for keys of more digits than a double has. */
  readonly wideKey: string;
  /** An exact decimal, where there is one. */
  readonly decimal: string;
  /** A JSON document, as it was written if the engine can keep that. */
  readonly document: string;
  /** A type for texts of any length. */
  readonly longText: string;
  /** A text of so many `x`. */
  repeated(length: number): string;
}

/** A catalog to be loaded: its script, and a short text that changes with the script. */
export interface Content {
  readonly catalog: CatalogName;
  readonly script: string;
  readonly print: string;
}

export interface Copy {
  readonly location: string;
  drop(): Promise<void>;
}

/** Where an engine keeps databases and how they are copied. */
export interface Place {
  /** One for all tests, kept between runs, read only by agreement. */
  shared(content: Content): Promise<Copy>;
  /** A copy of one's own. `name`: of the database where that is a namespace. */
  fresh(content: Content, name: string): Promise<Copy>;
}

/** Everything that the tests know about an engine, but for how its server is started (`../servers`). */
export interface TestEngine {
  readonly spelling: Spelling;
  readonly place: Place;
  connect(location: string): Promise<Connection>;
  /** Where the tables of a catalog stand; `null`: the engine has no namespaces. */
  namespaceOf(catalog: CatalogName, name: string): string | null;
  /** The engine of the other database, where tests cross databases. */
  readonly partner: Engine;
  /** Of an engine that nests rows: the cases are asked without nesting, too. */
  readonly dialect?: NestingDialect;
  /** Counts, as `n`, the transactions of others in the database that nobody has ended; `null`: an embedded engine. */
  readonly openTransactions: string | null;
  /** The catalog `pg_extra` can be loaded. */
  readonly hasExtra?: boolean;
  /** Texts of the shop are ordered and grouped by their code points, not by a collation. */
  readonly exactTexts: boolean;
}

/** Connects, and closes the connection afterwards. */
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

/** A text as SQL. */
export const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
export const hex = (base64: Value) => Buffer.from(String(base64), 'base64').toString('hex');
export const asTime = (text: Value) => String(text).replace('T', ' ').replace('+00:00', '');

/** Literals, of which an engine spells some in its own way. */
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
