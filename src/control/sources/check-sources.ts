import type { FozConfig, SourceConfig, SourceKind } from '../config.ts';

/** Something wrong with a source, at a place inside the configuration. */
export interface SourceProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** What URLs of a database server start with; embedded databases have none. */
const schemes: Readonly<Record<SourceKind, readonly string[]>> = {
  postgres: ['postgres:', 'postgresql:'],
  mysql: ['mysql:', 'mariadb:'],
  mariadb: ['mariadb:', 'mysql:'],
  sqlite: [],
  pglite: [],
};

/** What a JSON Schema cannot say: names that are there twice, URLs that are none. Shows no part of a URL. */
export function checkSources({ sources }: Pick<FozConfig, 'sources'>): SourceProblem[] {
  const seen = new Set<string>();
  return sources.flatMap((source, index) => {
    const problems: SourceProblem[] = [];
    if (seen.has(source.name))
      problems.push({ path: ['sources', index, 'name'], message: `two sources are called ${source.name}` });
    seen.add(source.name);
    const message = urlProblem(source);
    if (message !== null) problems.push({ path: ['sources', index, 'url'], message });
    return problems;
  });
}

function urlProblem({ kind, url }: SourceConfig): string | null {
  const [scheme, ...more] = schemes[kind];
  if (url === undefined || scheme === undefined) return null;
  const example = `${scheme}//user:password@host/database`;
  if (!URL.canParse(url))
    return `is no URL: it looks like ${example}, with @ : / ? # in a password written as %40 %3A %2F %3F %23`;
  if (!isDecodable(url)) return 'is no URL: a % that stands for itself is written as %25';
  return [scheme, ...more].includes(new URL(url).protocol) ? null : `must look like ${example}`;
}

function isDecodable(url: string): boolean {
  try {
    return decodeURIComponent(url) !== undefined;
  } catch {
    return false;
  }
}
