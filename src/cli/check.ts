import type { CatalogIssue } from '../catalog/index.ts';
import {
  allIssues,
  ConfigError,
  describeSource,
  type Following,
  type FozConfig,
  followingNotes,
  followingReason,
  followingsOf,
  keysOfNothing,
  readConfig,
  roleSchema,
  rolesWithoutPermissions,
  type SourceDescription,
  unsetVariables,
} from '../control/index.ts';
import { counted, FozError } from '../core/index.ts';
import type { AttachedSource } from '../views/index.ts';
import { attachStored, type Inspected } from './attach-stored.ts';
import { type EndpointOptions, runningFoz } from './endpoint.ts';
import {
  breakingIn,
  type ComparedWithFile,
  comparedWith,
  graphIn,
  printCompared,
} from './graph-comparison.ts';
import { type FoundIssue, issuePlaces, type Place, placeText, sourcePlace } from './issue-places.ts';
import { issueLines } from './issues.ts';

/** A source; with its place in the configuration file if it is unavailable. */
type CheckedSource = Pick<SourceDescription, 'name' | 'kind' | 'state' | 'reason' | 'version' | 'tables'> &
  Place & {
    /** How the source is followed; absent: the database does not answer. */
    readonly changes?: Pick<Following, 'wanted' | 'method'> & { readonly reason: string };
  };

/** A problem; with file, line and column where it has a place in a file. */
type LocatedIssue = Omit<CatalogIssue, 'path'> & Place;

interface Checked {
  readonly sources: readonly CheckedSource[];
  readonly issues: readonly LocatedIssue[];
  readonly against?: ComparedWithFile;
}

interface Options extends EndpointOptions {
  readonly config: string;
  readonly json?: boolean;
  /** Prints each issue, also where many are alike. */
  readonly all?: boolean;
  /** A file with the graph that clients were made for. */
  readonly against?: string;
  readonly role?: string;
}

const document =
  '{ sources { name kind state reason version tables changes { wanted method reason: summary } } issues { severity where reason topic } }';

/** `foz check`: the configuration is checked first, then every connection and everything the catalog could not take. */
export async function check(options: Options): Promise<void> {
  refuseMixed(options);
  const foz = runningFoz(options);
  const { sources, issues, against } =
    foz === null ? await checked(options) : withoutNulls(await foz.query<Checked>(document));
  const failed =
    sources.some((source) => source.state !== 'available') ||
    issues.some((issue) => issue.severity === 'error') ||
    (against !== undefined && breakingIn(against) > 0);
  if (options.json === true) console.log(JSON.stringify({ ok: !failed, sources, issues, against }, null, 2));
  else {
    for (const source of sources) console.log(sourceLine(source, issues));
    const lines = issueLines(
      issues,
      (issue) => `${placeText(issue)}${issue.severity}: ${issue.where}: ${issue.reason}`,
      {
        all: options.all === true,
        seeAll: 'See all with --all.',
        hasCause: sources.some(({ state }) => state !== 'available'),
      },
    );
    for (const line of lines) console.log(line);
    if (against !== undefined) printCompared(against, options.role);
    const empty = sources.every(({ tables }) => tables === 0);
    const notes = issues.length === 0 ? '' : `, apart from ${counted(issues.length, 'note')}`;
    console.log(
      failed ? 'There are problems.' : empty ? 'There is nothing to ask for yet.' : `All is well${notes}.`,
    );
  }
  if (failed) process.exitCode = 1;
}

/** A source that is reached, but of which nothing can be served as it should, is not called ok. */
function sourceLine(source: CheckedSource, issues: readonly LocatedIssue[]): string {
  const { name, kind, state, version, tables, reason } = source;
  if (state !== 'available') return `${placeText(source)}${name}: unavailable: ${reason}`;
  const isOk = issues.every(({ severity, where }) => severity !== 'error' || where !== name);
  return `${name}: ${isOk ? 'ok' : 'reached'}: ${kind} ${version}, ${counted(tables, 'table')}${followed(source)}`;
}

function refuseMixed({ endpoint, against, role }: Options): void {
  if (role !== undefined && against === undefined)
    throw new FozError('not-supported', '--role says whose graph is compared: give a file with --against.');
  if (endpoint !== undefined && against !== undefined)
    throw new FozError(
      'not-supported',
      '--against cannot stand beside --endpoint: compare where the configuration and its databases can be opened.',
    );
}

/** The answer of a running Foz as `checked` returns it: without properties that are null. */
function withoutNulls({ sources, issues }: Checked): Checked {
  return {
    sources: sources.map(({ changes, ...source }) => (changes ? { ...source, changes } : source)),
    issues: issues.map(({ topic, ...issue }) => (topic ? { ...issue, topic } : issue)),
  };
}

async function checked({ config: file, against, role }: Options): Promise<Checked> {
  const before = against === undefined ? null : graphIn(against, role);
  const read = readConfig(file);
  const { config, problems } = read;
  if (config === null || (problems.length > 0 && before !== null)) throw new ConfigError(problems);
  const attached = await attachStored(config);
  const { graphs } = attached;
  let compared: ComparedWithFile | undefined;
  let sources: readonly CheckedSource[];
  let issues: readonly FoundIssue[];
  try {
    const { sources: all } = attached.registry;
    const followings = await followingsOf(all, attached.plane);
    sources = all.map((source) => ({
      ...shown(source, followings.get(source.name)),
      ...(source.status.state === 'available' ? {} : sourcePlace(source.name, config, read)),
    }));
    issues = issuesOf(attached, config, followings, problems.length > 0);
    if (before !== null) compared = comparedWith(against!, before, roleSchema(graphs, role));
  } finally {
    await attached.close();
  }
  const placeOf = issuePlaces(file, read, config, graphs);
  return {
    ...(compared === undefined ? {} : { against: compared }),
    sources,
    issues: [
      ...problems.map(
        ({ message, ...place }): LocatedIssue => ({
          severity: 'error',
          ...place,
          reason: message,
        }),
      ),
      ...issues.map(({ path, inConfig, ...issue }) => ({
        ...issue,
        ...placeOf({ ...issue, path, inConfig }),
      })),
    ],
  };
}

/** `isPart`: faulty parts of the configuration are left out, which notes might follow from. */
function issuesOf(
  attached: Inspected,
  config: FozConfig,
  followings: ReadonlyMap<string, Following>,
  isPart: boolean,
): readonly FoundIssue[] {
  const { graphs } = attached;
  const found: FoundIssue[] = [
    ...allIssues(graphs),
    ...attached.besides,
    ...rolesWithoutPermissions(config, graphs.metadata),
    ...unsetVariables(config, graphs),
    ...keysOfNothing(config, graphs.catalog),
  ];
  const isFaulty = (source: string) =>
    found.some(
      ({ severity, where }) => severity === 'error' && (where === source || where.startsWith(`${source}.`)),
    );
  const following = attached.registry.sources.flatMap(({ name, facts }) => {
    const followed = followings.get(name);
    if (facts === null || followed === undefined) return [];
    const notes = followingNotes(name, followed, facts, graphs.metadata);
    // A note may be about a permission that is left out because of an error.
    return isFaulty(name) ? notes.filter(({ severity }) => severity === 'error') : notes;
  });
  found.push(...following);
  return isPart ? found.filter(({ severity }) => severity === 'error') : found;
}

function followed({ changes }: CheckedSource): string {
  return changes === undefined ? '' : `, ${changes.reason}`;
}

function shown(source: AttachedSource, following: Following | undefined): CheckedSource {
  const { name, kind, state, reason, version, tables } = describeSource(source);
  const described = { name, kind, state, reason, version, tables };
  if (following === undefined) return described;
  const { wanted, method } = following;
  return { ...described, changes: { wanted, method, reason: followingReason(name, following) } };
}
