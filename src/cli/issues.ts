import type { CatalogIssue } from '../catalog/index.ts';

type Issue = Pick<CatalogIssue, 'severity' | 'topic'>;

/** Most issues about names that are printed one by one. More are summarized: a second copy of a database has one for each table. */
const mostAlike = 5;
/** The number of issues that a summary prints as examples. */
const shownAlike = 3;

interface LinesOptions {
  /** Whether each issue is printed. */
  readonly all: boolean;
  /** A sentence that says how each issue can be seen. */
  readonly seeAll: string;
  /** Whether the command also reports a source that is missing: issues may follow from that. */
  readonly hasCause?: boolean;
}

/**
 * Lines of issues for people. Many issues about names are summarized by the first few and their number, and issues that follow from
 * others by one sentence.
 */
export function issueLines<T extends Issue>(
  issues: readonly T[],
  spell: (issue: T) => string,
  { all, seeAll, hasCause = false }: LinesOptions,
): string[] {
  const own = all ? issues : withoutFollowing(issues, hasCause);
  const groups = (['error', 'note'] as const).map((severity) => ({
    severity,
    alike: own.filter((issue) => issue.severity === severity && issue.topic === 'names'),
  }));
  const many = all ? [] : groups.filter(({ alike }) => alike.length > mostAlike);
  const grouped = new Set(many.flatMap(({ alike }) => alike));
  return [
    ...own.filter((issue) => !grouped.has(issue)).map(spell),
    ...many.flatMap(({ severity, alike }) => [
      ...alike.slice(0, shownAlike).map(spell),
      `${severity}: names: ${alike.length - shownAlike} more like these, ${alike.length} in all. ${manyNames} ${seeAll}`,
    ]),
    ...followingLine(issues.length - own.length, seeAll),
  ];
}

/** The issues that are causes; all of them if there is no cause among them. */
function withoutFollowing<T extends Issue>(issues: readonly T[], hasCause: boolean): readonly T[] {
  const own = issues.filter(({ topic }) => topic !== 'follows');
  return hasCause || own.some(({ severity }) => severity === 'error') ? own : issues;
}

function followingLine(count: number, seeAll: string): string[] {
  if (count === 0) return [];
  const [problems, go] = count === 1 ? ['problem follows', 'goes'] : ['problems follow', 'go'];
  return [`${count} more ${problems} from these, and ${go} away with them. ${seeAll}`];
}

/** The remedy for many issues about names. */
const manyNames =
  'A prefix for one source settles all of its names: customization: { root_fields: { prefix: ... }, type_names: { prefix: ... } }.';
