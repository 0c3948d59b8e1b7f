import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../../src/attach.ts';
import { type Running, running } from '../../control/sources/runtime.ts';
import { until } from '../../store/place.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-rehearsal-'));
const shop = { name: 'shop', kind: 'sqlite', path: join(folder, 'shop.db'), sql_steps: 'write' } as const;
let foz: Running;

const definition = {
  name: 'add_note',
  role: 'admin',
  input: { type: 'object', required: ['text'] },
  steps: [
    {
      id: 'add',
      kind: 'sql',
      source: 'shop',
      statement: 'insert into notes (text) values (:text) returning id',
      params: { text: '{% input.text %}' },
    },
    { id: 'pause', kind: 'delay', ms: 60_000 },
    {
      id: 'first',
      kind: 'condition',
      if: '{% steps.add.rows[0].id = 1 %}',
      // biome-ignore lint/suspicious/noThenProperty: a setting of the step
      then: [
        {
          id: 'hello',
          kind: 'http',
          url: 'https://api.example.com/hello',
          query: { text: '{% input.text %}' },
        },
      ],
    },
  ],
};
const quick = { ...definition, name: 'quick_note', steps: [definition.steps[0]] };

beforeAll(async () => {
  const connector = await connect(shop, { create: true });
  const context = { signal: new AbortController().signal, timeoutMs: null };
  await connector.run(
    { text: 'create table notes (id integer primary key, text text)', slots: [] },
    [],
    context,
  );
  await connector.close();
  foz = await running({
    state: join(folder, 'state'),
    sources: [shop],
    metadata: { tables: [], workflows: [definition, quick] } as never,
  });
}, 120_000);
afterAll(async () => {
  await foz.server.close(100);
  rmSync(folder, { recursive: true });
});

const rows = async () => {
  const connector = foz.server.attached.registry.find('shop')!.connector;
  const context = { signal: new AbortController().signal, timeoutMs: null };
  return (
    await connector.run({ text: 'select text from notes order by id', slots: [] }, [], context)
  ).rows.flat();
};
const rehearse = (input: object, outputs: object | null = null) =>
  foz.control(
    `query ($input: JSON, $outputs: JSON) { rehearseWorkflow(name: "add_note", input: $input, outputs: $outputs) {
       output error steps { path kind state isSkipped settings output error } } }`,
    { input, outputs },
  );

test('a rehearsal shows the steps with their settings, and calls nothing', async () => {
  const { data } = await rehearse({ text: 'a' });
  const { steps, error } = data.rehearseWorkflow;
  expect(error).toBeNull();
  expect(steps).toMatchObject([
    {
      path: 'add',
      isSkipped: true,
      state: 'done',
      settings: { source: 'shop', params: { text: 'a' } },
      output: null,
    },
    { path: 'pause', isSkipped: true },
    { path: 'first', isSkipped: false, output: null },
  ]);
  expect(await rows()).toEqual([]);
});

test('with outputs of steps it goes where they lead, and faulty input is refused as by a start', async () => {
  const { data } = await rehearse({ text: 'a' }, { add: { rows: [{ id: 1 }] } });
  expect(data.rehearseWorkflow.steps.at(-1)).toMatchObject({
    path: 'first/hello',
    isSkipped: true,
    settings: { url: 'https://api.example.com/hello', query: { text: 'a' } },
  });
  expect((await rehearse({})).errors?.[0]?.extensions.code).toBe('validation-failed');
  expect((await rehearse({ text: 'a' }, [])).errors?.[0]?.message).toMatch(/"outputs"/);
});

test('one step is tried alone, and an ended run is run again with other input', async () => {
  const tried = await foz.control(
    `mutation ($input: JSON) { tryStep(workflow: "add_note", step: "add", input: $input) { state output error } }`,
    { input: { text: 'tried' } },
  );
  expect(tried.data.tryStep).toEqual({
    state: 'done',
    output: { rows: [{ id: 1 }], affected: 1 },
    error: null,
  });
  const seen = await foz.control(
    `mutation { tryStep(workflow: "add_note", step: "first", outputs: {add: {rows: [{id: 2}]}}) { output } }`,
  );
  expect(seen.data.tryStep).toEqual({ output: null });
  const waiting = await foz.control(`mutation { tryStep(workflow: "add_note", step: "pause") { state } }`);
  expect(waiting.errors?.[0]?.message).toMatch(/cannot be tried alone/);
  const absent = await foz.control(`mutation { tryStep(workflow: "add_note", step: "no") { state } }`);
  expect(absent.errors?.[0]?.extensions.code).toBe('not-found');
  const { data } = await foz.control(
    `mutation { startWorkflow(name: "quick_note", input: {text: "one"}) { id } }`,
  );
  const done = async (id: string) =>
    until(async () => (await foz.control(`{ run(id: "${id}") { state } }`)).data.run.state === 'done');
  await done(data.startWorkflow.id);
  const again = (input: string) =>
    foz.control(`mutation { rerunRun(id: "${data.startWorkflow.id}"${input}) { id input } }`);
  for (const [given, text] of [
    ['', 'one'],
    [', input: {text: "two"}', 'two'],
  ] as const) {
    const { rerunRun } = (await again(given)).data;
    expect(rerunRun.input).toEqual({ text });
    await done(rerunRun.id);
  }
  expect(await rows()).toEqual(['tried', 'one', 'one', 'two']);
});
