import type { CatalogIssue } from '../catalog/index.ts';

type Issue = Pick<CatalogIssue, 'severity' | 'topic'>;

/** More issues about names than this are not told one by one: a second copy of a database has one for each table. */
const mostAlike = 5;
/** How many of them are told then. */
const shownAlike = 3;

/** Issues for people: where many are about names, the first few and how many there are. `all`: each one. */
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

/** What can be done about many names at once. */
export const manyNames =
  'A prefix for one source settles all of its names: customization: { root_fields: { prefix: ... }, type_names: { prefix: ... } }.';
