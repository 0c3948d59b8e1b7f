/** Facts about a kind of source that can be known without a connection: for configuration, prompts, messages and the import. */
export interface KindFacts {
  readonly label: string;
  /** What stands behind the label where people choose, as "a file". */
  readonly note?: string;
  /** The setting that locates the database: the URL of a server, or the path of an embedded database's file or folder. */
  readonly place: 'url' | 'path';
  /** Schemes that its URLs may have, the usual one first. */
  readonly schemes: readonly string[];
  readonly example: string;
  /** Parameters of its URLs for which the client library would read a file of this machine. */
  readonly fileParameters?: readonly string[];
  /** Whether tables stand in namespaces, and which one is meant where none is named (`null`: that of the URL). */
  readonly namespaces: false | { readonly standard: string | null };
  /** How such a database stands in Hasura's metadata; absent: Hasura does not know it. */
  readonly hasura?: {
    /** Values of `kind`. */
    readonly kinds: readonly string[];
    /** The part of `configuration` that says where the database is. */
    readonly connection: 'connection_info' | 'value' | 'value.db';
  };
}

/**
 * Every kind of source, in the order in which they are offered. A new kind is one entry here: SourceKind, the prompts of `foz init`, the
 * enum of the control API and (by `npm run codegen`) the JSON Schema follow.
 */
export const sourceKinds = {
  postgres: {
    label: 'PostgreSQL',
    place: 'url',
    schemes: ['postgres:', 'postgresql:'],
    example: 'postgres://user:password@localhost:5432/shop',
    fileParameters: ['sslrootcert', 'sslcert', 'sslkey'],
    namespaces: { standard: 'public' },
    hasura: { kinds: ['postgres', 'pg', 'citus', 'alloy'], connection: 'connection_info' },
  },
  mysql: {
    label: 'MySQL',
    place: 'url',
    schemes: ['mysql:', 'mariadb:'],
    example: 'mysql://user:password@localhost:3306/shop',
    namespaces: { standard: null },
    hasura: { kinds: ['mysql', 'mysqlgdc', 'mysql8'], connection: 'value' },
  },
  mariadb: {
    label: 'MariaDB',
    place: 'url',
    schemes: ['mariadb:', 'mysql:'],
    example: 'mariadb://user:password@localhost:3306/shop',
    namespaces: { standard: null },
    hasura: { kinds: ['mariadb'], connection: 'value' },
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

/** The kinds by name, in the order in which they are offered. */
export const kindNames = Object.keys(sourceKinds) as readonly SourceKind[];

/** Whether a text names a kind of source. */
export function isSourceKind(text: string): text is SourceKind {
  return Object.hasOwn(sourceKinds, text);
}

/** The problem of a source's URL; `null`: it has none, or its kind takes no URL. Shows no part of a URL but its scheme. */
export function urlProblem(kind: SourceKind, url: string | undefined): string | null {
  const { schemes } = kindFacts(kind);
  const [scheme] = schemes;
  if (url === undefined || scheme === undefined) return null;
  const example = `${scheme}//user:password@host/database`;
  if (!URL.canParse(url))
    return `is no URL: it looks like ${example}, with @ : / ? # in a password written as %40 %3A %2F %3F %23`;
  if (!isDecodable(url)) return 'is no URL: a % that stands for itself is written as %25';
  const { protocol } = new URL(url);
  if (schemes.includes(protocol)) return null;
  const other = kindOfScheme(protocol);
  return `must look like ${example}${other === undefined ? '' : `; this is a URL of ${sourceKinds[other].label}: then its kind is ${other}`}`;
}

function kindOfScheme(protocol: string): SourceKind | undefined {
  return kindNames.find((kind) => kindFacts(kind).schemes[0] === protocol);
}

function isDecodable(url: string): boolean {
  try {
    return decodeURIComponent(url) !== undefined;
  } catch {
    return false;
  }
}
