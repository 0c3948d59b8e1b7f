/** Facts about a kind of source that can be known without a connection: for configuration, prompts, messages and the import. */
export interface KindFacts {
  readonly label: string;
  /** The text after the label in prompts, as "a file". */
  readonly note?: string;
  /** The setting that locates the database: the URL of a server, or the path of an embedded database's file or folder. */
  readonly place: 'url' | 'path';
  /** The schemes of its URLs, the usual one first. */
  readonly schemes: readonly string[];
  readonly example: string;
  /** URL parameters that would make the client library read a local file. */
  readonly fileParameters?: readonly string[];
  /** Whether tables have namespaces, and the default one (`null`: that of the URL). */
  readonly namespaces: false | { readonly standard: string | null };
  /**
   * Whether the server has a log of changes that Foz can read; `published`: of tables that a publication names. Absent: it has none.
   */
  readonly log?: 'published' | 'whole';
  /** The form of such a database in Hasura's metadata. Absent: Hasura does not support it. */
  readonly hasura?: {
    /** The values of `kind`. */
    readonly kinds: readonly string[];
    /** The part of `configuration` that locates the database. */
    readonly connection: 'connection_info' | 'value' | 'value.db';
  };
}

/**
 * Every kind of source, in the order of lists and prompts. A new kind is one entry here: SourceKind, the prompts of
 * `foz init`, the enum of the control API and (by `npm run codegen`) the JSON Schema follow.
 */
export const sourceKinds = {
  postgres: {
    label: 'PostgreSQL',
    place: 'url',
    schemes: ['postgres:', 'postgresql:'],
    example: 'postgres://user:password@localhost:5432/shop',
    fileParameters: ['sslrootcert', 'sslcert', 'sslkey'],
    namespaces: { standard: 'public' },
    log: 'published',
    hasura: { kinds: ['postgres', 'pg', 'citus', 'alloy'], connection: 'connection_info' },
  },
  mysql: {
    label: 'MySQL',
    place: 'url',
    schemes: ['mysql:', 'mariadb:'],
    example: 'mysql://user:password@localhost:3306/shop',
    namespaces: { standard: null },
    log: 'whole',
    hasura: { kinds: ['mysql', 'mysqlgdc', 'mysql8'], connection: 'value' },
  },
  mariadb: {
    label: 'MariaDB',
    place: 'url',
    schemes: ['mariadb:', 'mysql:'],
    example: 'mariadb://user:password@localhost:3306/shop',
    namespaces: { standard: null },
    log: 'whole',
    hasura: { kinds: ['mariadb'], connection: 'value' },
  },
  kingbase: {
    label: 'KingbaseES',
    place: 'url',
    schemes: ['kingbase:', 'kingbase8:', 'postgres:', 'postgresql:'],
    example: 'kingbase://user:password@localhost:54321/test',
    fileParameters: ['sslrootcert', 'sslcert', 'sslkey'],
    namespaces: { standard: 'public' },
    log: 'published',
  },
  mssql: {
    label: 'SQL Server',
    place: 'url',
    schemes: ['mssql:', 'sqlserver:'],
    example: 'mssql://user:password@localhost:1433/shop',
    namespaces: { standard: 'dbo' },
    hasura: { kinds: ['mssql'], connection: 'connection_info' },
  },
  sqlite: {
    label: 'SQLite',
    note: 'a file',
    place: 'path',
    schemes: [],
    example: 'shop.db',
    namespaces: false,
    hasura: { kinds: ['sqlite'], connection: 'value.db' },
  },
  pglite: {
    label: 'PGlite',
    note: 'PostgreSQL inside Foz, a folder',
    place: 'path',
    schemes: [],
    example: '.foz/data',
    namespaces: { standard: 'public' },
  },
} as const satisfies Readonly<Record<string, KindFacts>>;

export type SourceKind = keyof typeof sourceKinds;

/** All facts of a kind, without the narrow types of the table. */
export function kindFacts(kind: SourceKind): KindFacts {
  return sourceKinds[kind];
}

/** The names of all kinds, in the order of lists and prompts. */
export const kindNames = Object.keys(sourceKinds) as readonly SourceKind[];

/** Whether a text is the name of a kind of source. */
export function isSourceKind(text: string): text is SourceKind {
  return Object.hasOwn(sourceKinds, text);
}

/** The fault in a source's URL; `null`: none, or the kind has no URL. Contains no part of the URL but its scheme. */
export function urlProblem(kind: SourceKind, url: string | undefined): string | null {
  const { schemes } = kindFacts(kind);
  const [scheme] = schemes;
  if (url === undefined || scheme === undefined) return null;
  const example = `${scheme}//user:password@host/database`;
  if (!URL.canParse(url))
    return `is no URL: it looks like ${example}, with @ : / ? # in a password written as %40 %3A %2F %3F %23`;
  if (hasStrayAt(url))
    return 'has an @ after its host: a password with @ : / ? # in it is written with %40 %3A %2F %3F %23';
  if (!isDecodable(url)) return 'is no URL: a % that stands for itself is written as %25';
  const { protocol } = new URL(url);
  if (schemes.includes(protocol)) return null;
  const other = kindOfScheme(protocol);
  return `must look like ${example}${other === undefined ? '' : `; this is a URL of ${sourceKinds[other].label}: then its kind is ${other}`}`;
}

function kindOfScheme(protocol: string): SourceKind | undefined {
  return kindNames.find((kind) => kindFacts(kind).schemes[0] === protocol);
}

/**
 * Whether the end of the user's part stands after the host that the URL is read to have: an unescaped / ? or # of a password has cut the
 * user's part short, and a piece of the password would be taken for the host.
 */
function hasStrayAt(url: string): boolean {
  const { pathname, search, hash } = new URL(url);
  return pathname.includes('@') || hash.includes('@') || /^\?[^=]*@/.test(search);
}

function isDecodable(url: string): boolean {
  try {
    return decodeURIComponent(url) !== undefined;
  } catch {
    return false;
  }
}
