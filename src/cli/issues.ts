import type { CatalogIssue } from '../catalog/index.ts';

type Issue = Pick<CatalogIssue, 'severity' | 'topic'>;

/** If there are more issues about names than this, they are summarized: a second copy of a database has one for each table. */
const mostAlike = 5;
/** The number of issues in a summary that are printed. */
const shownAlike = 3;

/** Lines of issues for people. Many issues about names are summarized by the first few and their number. `all`: no summary. */
export function issueLines<T extends Issue>(
  issues: readonly T[],
  spell: (issue: T) => string,
  { all, wayOut }: { readonly all: boolean; readonly wayOut: string },
): string[] {
  const groups = (['error', 'note'] as const).map((severity) => ({
    severity,
    alike: issues.filter((issue) => issue.severity === severity && issue.topic === 'names'),
  }));
  const many = all ? [] : groups.filter(({ alike }) => alike.length > mostAlike);
  const grouped = new Set(many.flatMap(({ alike }) => alike));
  return [
    ...issues.filter((issue) => !grouped.has(issue)).map(spell),
    ...many.flatMap(({ severity, alike }) => [
      ...alike.slice(0, shownAlike).map(spell),
      `${severity}: names: ${alike.length - shownAlike} more like these, ${alike.length} in all. ${wayOut}`,
    ]),
  ];
}

/** The remedy for many issues about names. */
export const manyNames =
  'A prefix for one source settles all of its names: customization: { root_fields: { prefix: ... }, type_names: { prefix: ... } }.';
