import type { SourceKind } from '../../views/index.ts';

/** Facts about a kind of source for prompts and messages, known without a connection. */
export interface KindFacts {
  readonly label: string;
  /** The setting that locates the database: the URL of a server, or the path of an embedded database's file or folder. */
  readonly place: 'url' | 'path';
  /** Schemes that its URLs may have, the usual one first. */
  readonly schemes: readonly string[];
  readonly example: string;
}

/** Every kind of source, in the order in which they are offered. */
export const sourceKinds = {
  postgres: {
    label: 'PostgreSQL',
    place: 'url',
    schemes: ['postgres:', 'postgresql:'],
    example: 'postgres://user:password@localhost:5432/shop',
  },
  mysql: {
    label: 'MySQL',
    place: 'url',
    schemes: ['mysql:', 'mariadb:'],
    example: 'mysql://user:password@localhost:3306/shop',
  },
  mariadb: {
    label: 'MariaDB',
    place: 'url',
    schemes: ['mariadb:', 'mysql:'],
    example: 'mariadb://user:password@localhost:3306/shop',
  },
  sqlite: { label: 'SQLite (a file)', place: 'path', schemes: [], example: 'shop.db' },
  pglite: {
    label: 'PGlite (PostgreSQL inside Foz, a folder)',
    place: 'path',
    schemes: [],
    example: '.foz/data',
  },
} as const satisfies Readonly<Record<SourceKind, KindFacts>>;

/** Whether a text names a kind of source. */
export function isSourceKind(text: string): text is SourceKind {
  return Object.hasOwn(sourceKinds, text);
}

/** The problem of a source's URL; `null`: it has none, or its kind takes no URL. Shows no part of a URL but its scheme. */
export function urlProblem(kind: SourceKind, url: string | undefined): string | null {
  const { schemes }: KindFacts = sourceKinds[kind];
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
  const kinds = Object.keys(sourceKinds) as SourceKind[];
  return kinds.find((kind) => (sourceKinds[kind] as KindFacts).schemes[0] === protocol);
}

function isDecodable(url: string): boolean {
  try {
    return decodeURIComponent(url) !== undefined;
  } catch {
    return false;
  }
}
