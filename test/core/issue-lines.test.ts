import { issueLines } from '../../src/cli/issues.ts';

const issue = (severity: 'error' | 'note', where: string, topic?: 'names') => ({
  severity,
  where,
  reason: 'Taken.',
  ...(topic === undefined ? {} : { topic }),
});
const spell = ({ severity, where }: { severity: string; where: string }) => `${severity}: ${where}`;
const many = Array.from({ length: 1000 }, (_, at) => issue('error', `t${at}`, 'names'));

test('issues about names are grouped where they are many', () => {
  const issues = [issue('error', 'rule'), ...many, issue('note', 'one', 'names')];
  expect(issueLines(issues, spell, { all: false, wayOut: 'See all with --all.' })).toEqual([
    'error: rule',
    'note: one',
    'error: t0',
    'error: t1',
    'error: t2',
    'error: names: 997 more like these, 1000 in all. See all with --all.',
  ]);
  expect(issueLines(issues, spell, { all: true, wayOut: '' })).toHaveLength(1002);
});

test('few are told one by one, and so is what is about something else', () => {
  const few = many.slice(0, 5);
  const others = Array.from({ length: 10 }, (_, at) => issue('error', `rule ${at}`));
  expect(issueLines([...few, ...others], spell, { all: false, wayOut: '' })).toHaveLength(15);
});
