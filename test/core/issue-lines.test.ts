import { issueLines } from '../../src/cli/issues.ts';

const issue = (severity: 'error' | 'note', where: string, topic?: 'names' | 'follows') => ({
  severity,
  where,
  reason: 'Taken.',
  ...(topic === undefined ? {} : { topic }),
});
const spell = ({ severity, where }: { severity: string; where: string }) => `${severity}: ${where}`;
const many = Array.from({ length: 1000 }, (_, at) => issue('error', `t${at}`, 'names'));

test('issues about names are grouped where they are many', () => {
  const issues = [issue('error', 'rule'), ...many, issue('note', 'one', 'names')];
  expect(issueLines(issues, spell, { all: false, seeAll: 'See all with --all.' })).toEqual([
    'error: rule',
    'note: one',
    'error: t0',
    'error: t1',
    'error: t2',
    expect.stringMatching(
      /^error: names: 997 more like these, 1000 in all\. A prefix .* See all with --all\.$/,
    ),
  ]);
  expect(issueLines(issues, spell, { all: true, seeAll: '' })).toHaveLength(1002);
});

test('few are told one by one, and so is what is about something else', () => {
  const few = many.slice(0, 5);
  const others = Array.from({ length: 10 }, (_, at) => issue('error', `rule ${at}`));
  expect(issueLines([...few, ...others], spell, { all: false, seeAll: '' })).toHaveLength(15);
});

test('issues that follow from others are one sentence, unless nothing else says their cause', () => {
  const issues = [issue('note', 'shop'), issue('error', 'one', 'follows'), issue('error', 'two', 'follows')];
  const told = (...more: readonly ReturnType<typeof issue>[]) =>
    issueLines([...issues, ...more], spell, { all: false, seeAll: 'See --all.' });
  expect(told()).toEqual(['note: shop', 'error: one', 'error: two']);
  expect(told(issue('error', 'rights'))).toEqual([
    'note: shop',
    'error: rights',
    '2 more problems follow from these, and go away with them. See --all.',
  ]);
  expect(issueLines(issues.slice(0, 2), spell, { all: false, seeAll: '', hasCause: true })[1]).toMatch(
    /^1 more problem follows from these, and goes away with them\./,
  );
  expect(issueLines(issues, spell, { all: true, seeAll: '', hasCause: true })).toHaveLength(3);
});
