import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Metadata } from '../../../src/catalog/index.ts';
import { diffMetadata } from '../../../src/control/metadata/diff-metadata.ts';
import { readFolder } from '../../../src/control/metadata/folder.ts';
import { writeFolder } from '../../../src/control/metadata/write-folder.ts';
import { validWorkflows, workflowIssues } from '../../../src/control/workflows/issues.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'foz-workflows-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const close = {
  name: 'close_order',
  role: 'clerk',
  steps: [{ id: 'close', kind: 'graphql', document: 'mutation { a }' }],
};

test('workflows are a file of a folder, with the place of each fault', () => {
  writeFolder(folder, { tables: [], workflows: [close, { ...close, name: 'a' }] });
  expect(readFileSync(join(folder, 'workflows.yaml'), 'utf8')).toMatch(
    /- name: a\n[\s\S]*- name: close_order/,
  );
  expect(readFolder(folder).metadata!.workflows!.map(({ name }) => name)).toEqual(['a', 'close_order']);
  writeFileSync(
    join(folder, 'workflows.yaml'),
    `- name: late
  steps:
    - { id: a, kind: transform, value: 1 }
    - { id: b, kind: grahpql, document: '{ a }' }
- name: first
  schedul: { cron: '* * * * *' }
  role: clerk
  steps:
    - { id: a, kind: graphql, document: '{ a' }
    - { id: a, kind: transform, value: '{% 1 + %}' }
    - { id: c, kind: condition, if: true, then: [{ id: d, kind: stop, outputt: 1 }] }
`,
  );
  const { metadata, locate } = readFolder(folder);
  const shown = workflowIssues(metadata!)
    .filter(({ severity }) => severity === 'error')
    .map(({ where, reason, path }) => `${locate(path!).line} ${where}: ${reason}`);
  expect(shown).toEqual([
    '5 workflow first: has no setting "schedul" (did you mean "schedule"?).',
    '11 workflow first: steps[2] (c).then[0] (d) has no setting "outputt" (did you mean "output"?).',
    expect.stringMatching(
      /^4 workflow late: steps\[1\] \(b\)\.kind must be one of .* \(did you mean "graphql"\?\)\.$/,
    ),
  ]);
});

test('faults beyond the form of a workflow are all told at once', () => {
  const metadata: Metadata = {
    tables: [],
    workflows: [
      {
        name: 'w',
        sessionVariables: { 'x-foz-shop': '{% input. %}' },
        input: { type: 'objekt' },
        schedule: { cron: '61 * * * *' },
        steps: [
          { id: 'a', kind: 'graphql', document: 'query A { a } query B { b }' },
          { id: 'a', kind: 'graphql', role: 'x', document: 'subscription { a }' },
        ],
      },
      { ...close, name: 'z', role: undefined, schedule: { cron: '0 0 31 2 *', timezone: 'Europe/Atlantis' } },
    ],
  };
  expect(workflowIssues(metadata).map(({ where, reason }) => `${where}: ${reason}`)).toEqual([
    'workflow w: steps[0] (a) needs a "role", unless the workflow has one.',
    'workflow w: steps[0] (a).document has several operations, or none: name one with "operationName".',
    'workflow w: steps[1] (a).id has the id "a" of another step.',
    'workflow w: steps[1] (a).document is a subscription: a step runs queries and mutations.',
    expect.stringContaining('workflow w: sessionVariables.x-foz-shop is no JSONata expression'),
    expect.stringContaining('workflow w: input is no JSON Schema'),
    expect.stringContaining('workflow w: schedule.cron is no cron expression'),
    'workflow z: steps[0] (close) needs a "role", unless the workflow has one.',
    'workflow z: schedule.timezone is no time zone: "Europe/Atlantis". One is Europe/Berlin.',
  ]);
  expect(validWorkflows(metadata)).toEqual([]);
});

test('a second workflow of a name is left out, and a role without permissions is a note', () => {
  const metadata: Metadata = { tables: [], workflows: [close, { ...close, description: 'again' }] };
  expect(workflowIssues(metadata).map(({ severity, reason }) => `${severity} ${reason}`)).toEqual([
    'error has the name of an entry before it, and is left out',
    'note runs as the role clerk, which has no permissions',
    'note runs as the role clerk, which has no permissions',
  ]);
  expect(validWorkflows(metadata)).toEqual([close]);
});

test('changes of workflows are told by their steps', () => {
  const before: Metadata = { tables: [], workflows: [close] };
  const load = { id: 'load', kind: 'graphql', document: '{ a }' };
  const after: Metadata = {
    tables: [],
    workflows: [
      { ...close, enabled: false, steps: [load, { ...close.steps[0]!, role: 'x' }] },
      { name: 'b', steps: [load] },
    ],
  };
  const texts = (one: Metadata, other: Metadata) => diffMetadata(one, other).map(({ text }) => text);
  expect(texts(before, after)).toEqual([
    'workflow b: steps load',
    'workflow close_order: steps + load ~ close; enabled no',
  ]);
  expect(texts(after, { tables: [] })).toEqual([
    'workflow b: steps load',
    expect.stringMatching(/^workflow close_order/),
  ]);
});
