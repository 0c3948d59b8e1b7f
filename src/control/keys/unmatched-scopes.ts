import { allowsTable, type ScopedTable, type ScopesConfig, scopesOf } from '../../auth/index.ts';
import { type Catalog, didYouMean } from '../../catalog/index.ts';
import { FozError, FozErrors } from '../../core/index.ts';
import type { Graphs, SourceRegistry } from '../../views/index.ts';
import type { ConfigIssue, FozConfig } from '../config/config.ts';
import { spelled } from '../metadata/located-yaml.ts';

/** A pattern in the scopes of a key that matches nothing. */
export interface UnmatchedScope {
  readonly path: readonly ['sources' | 'tables', number];
  readonly pattern: string;
  readonly reason: string;
}

/**
 * The patterns of scopes that match no source or no table, so that they are probably misspelt. Patterns that may be about a source that
 * was never read are left out.
 */
export function unmatchedScopes(
  { sources, unread }: Pick<Catalog, 'sources' | 'unread'>,
  scopes: ScopesConfig | undefined,
): readonly UnmatchedScope[] {
  const names = [...sources.keys(), ...unread];
  const tables = [...sources.values()].flatMap((source) =>
    source.tables.map(({ namespace, name }) => ({ source: source.name, namespace, table: name })),
  );
  const hasSource = (pattern: string, among: Iterable<string>) =>
    [...among].some((source) => allows({ sources: [pattern] }, { source, namespace: null, table: '' }));
  const ofSources = (scopes?.sources ?? []).map((pattern, at): UnmatchedScope | null =>
    hasSource(pattern, names)
      ? null
      : {
          path: ['sources', at],
          pattern,
          reason: `no source matches "${pattern}"${didYouMean(pattern, names)}: this entry opens nothing`,
        },
  );
  const ofTables = (scopes?.tables ?? []).map((pattern, at): UnmatchedScope | null => {
    if (
      hasSource(pattern.split('.')[0]!, unread) ||
      tables.some((table) => allows({ tables: [pattern] }, table))
    )
      return null;
    const known = tables.map((table) => spelling(table, pattern.split('.').length));
    return {
      path: ['tables', at],
      pattern,
      reason: `no table matches "${pattern}"${didYouMean(pattern, known)}: this entry opens nothing`,
    };
  });
  return [...ofSources, ...ofTables].filter((found) => found !== null);
}

/**
 * Problems of new scopes that are certainly misspelt: names without `*` that match nothing. A pattern with `*` may be meant for tables to
 * come. `mayHaveMore`: whether there may be sources that the catalog does not have.
 */
export function misspeltScopes(
  catalog: Pick<Catalog, 'sources' | 'unread'>,
  scopes: ScopesConfig | null | undefined,
  mayHaveMore = false,
): readonly string[] {
  const known = new Set<string>(catalog.sources.keys());
  return misspelt(catalog, scopes)
    .filter((found) => !mayHaveMore || known.has(sourceOf(found)))
    .map(scopeProblem);
}

function misspelt(
  catalog: Pick<Catalog, 'sources' | 'unread'>,
  scopes: ScopesConfig | null | undefined,
): readonly UnmatchedScope[] {
  // An invalid pattern is refused for its form.
  return unmatchedScopes(catalog, scopes ?? undefined).filter(
    ({ path: [kind], pattern }) => !pattern.includes('*') && (kind === 'sources' || pattern.includes('.')),
  );
}

/** The source that a pattern without `*` names. */
function sourceOf({ pattern }: UnmatchedScope): string {
  return pattern.split('.')[0]!;
}

/** An unmatched pattern as a sentence. */
export function scopeProblem({ path: [kind], reason }: UnmatchedScope): string {
  return `scopes.${kind}: ${reason}.`;
}

/**
 * Rejects with FozErrors `validation-failed` that name all new scopes which are certainly misspelt. The catalog may be older than the schema,
 * so the sources that they name are introspected first. Nothing is refused for a source that does not answer. `former` resolves with the
 * scopes that the key has already, which are not refused again.
 */
export async function refuseMisspeltScopes(
  { graphs, registry }: ScopeFacts,
  scopes: ScopesConfig | null | undefined,
  former: () => Promise<ScopesConfig | null | undefined> = async () => null,
): Promise<void> {
  const suspects = misspelt(graphs.catalog, scopes);
  if (suspects.length === 0) return;
  const before = await former();
  const silent = await silentSources(registry, new Set(suspects.map(sourceOf)));
  const problems = misspelt(graphs.catalog, scopes)
    .filter((found) => before?.[found.path[0]]?.includes(found.pattern) !== true)
    .filter((found) => !silent.has(sourceOf(found)))
    .map(scopeProblem);
  if (problems.length > 0)
    throw new FozErrors(problems.map((text) => new FozError('validation-failed', text)));
}

/** The catalog in use, and the sources that it is of. */
export interface ScopeFacts {
  readonly graphs: Pick<Graphs, 'catalog'>;
  readonly registry: Pick<SourceRegistry, 'find' | 'refresh'>;
}

/** Introspects sources again. Resolves with those that do not answer. A name without a source is none of them. */
async function silentSources(
  registry: ScopeFacts['registry'],
  names: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const silent = new Set<string>();
  const read = async (name: string) => {
    const source = registry.find(name);
    if (source === undefined) return;
    // Connecting to a source that is known to be down could take long.
    if (source.status.state !== 'available') silent.add(name);
    else await registry.refresh(source.name).catch(() => silent.add(name));
  };
  await Promise.all([...names].map(read));
  return silent;
}

/** The scopes of keys in a configuration that match nothing. */
export function keysOfNothing(
  { auth }: Pick<FozConfig, 'auth'>,
  catalog: Pick<Catalog, 'sources' | 'unread'>,
): readonly ConfigIssue[] {
  return (auth?.api_keys ?? []).flatMap(({ scopes }, at) =>
    unmatchedScopes(catalog, scopes).map(({ path, reason }): ConfigIssue => {
      const inConfig = ['auth', 'api_keys', at, 'scopes', ...path] as const;
      return { severity: 'note', where: spelled(inConfig), reason, inConfig };
    }),
  );
}

function allows(scopes: ScopesConfig, table: ScopedTable): boolean {
  return allowsTable(scopesOf(scopes), table);
}

/** A table as a pattern of so many parts names it. */
function spelling({ source, namespace, table }: ScopedTable, parts: number): string {
  return parts === 2 || namespace === null ? `${source}.${table}` : `${source}.${namespace}.${table}`;
}
