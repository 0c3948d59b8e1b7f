import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../src/attach.ts';
import { inProcess } from '../cli/in-process.ts';
import { type Running, running, secret } from '../control/sources/runtime.ts';
import { closeReceivers, receiver } from '../outbound/receivers.ts';
import { until } from '../store/place.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-workflows-'));
const shop = { name: 'shop', kind: 'sqlite', path: join(folder, 'shop.db') } as const;
let foz: Running;

beforeAll(async () => {
  const connector = await connect(shop, { create: true });
  const context = { signal: new AbortController().signal, timeoutMs: 10_000 };
  for (const text of [
    'create table orders (id integer primary key, shop_id integer not null, state text not null)',
    "insert into orders values (1, 7, 'open'), (2, 8, 'open')",
  ])
    await connector.run({ text, slots: [] }, [], context);
  await connector.close();
  const credentials = [
    { name: 'crm', type: 'bearer', token: 'the token of the crm', hosts: ['127.0.0.1'] },
    { name: 'elsewhere', type: 'bearer', token: 'another token', hosts: ['api.crm.example'] },
  ] as const;
  const outbound = { allow: ['127.0.0.1'], credentials };
  foz = await running({ state: join(folder, 'state'), sources: [shop], outbound });
  const filter = { shop_id: { _eq: 'X-Foz-Shop-Id' } };
  const { errors } = await foz.control(
    'mutation ($document: JSON!) { replaceMetadata(document: $document) { applied } }',
    {
      document: {
        tables: [
          {
            source: 'shop',
            table: 'orders',
            select_permissions: [{ role: 'clerk', permission: { columns: '*', filter } }],
            update_permissions: [{ role: 'clerk', permission: { columns: ['state'], filter } }],
          },
        ],
      },
    },
  );
  expect(errors).toBeUndefined();
}, 120_000);
afterAll(async () => {
  await foz.server.close(100);
  await closeReceivers();
  rmSync(folder, { recursive: true });
});

const close = {
  name: 'close_order',
  role: 'clerk',
  sessionVariables: { 'x-foz-shop-id': '{% input.shop %}' },
  input: { type: 'object', required: ['id', 'shop'], properties: { id: { type: 'integer' } } },
  steps: [
    {
      id: 'close',
      kind: 'graphql',
      document:
        'mutation ($id: Int!) { update_orders_by_pk(pk_columns: {id: $id}, _set: {state: "closed"}) { id state } }',
      variables: { id: '{% input.id %}' },
    },
  ],
  output: '{% steps.close.update_orders_by_pk %}',
};

const put = (definition: object, more = '') =>
  foz.control(
    `mutation ($definition: JSON!) { putWorkflow(definition: $definition${more}) { applied changes { text } causes { where reason } } }`,
    { definition },
  );
const fields =
  'id workflow version state activity origin input output error steps { path kind state attempts input output error }';
const start = (name: string, input: unknown, options: object | null = null) =>
  foz.control(
    `mutation ($name: String!, $input: JSON, $options: StartOptionsInput) { startWorkflow(name: $name, input: $input, options: $options) { ${fields} } }`,
    { name, input, options },
  );
const run = async (id: string) =>
  (await foz.control(`query ($id: String!) { run(id: $id) { ${fields} } }`, { id })).data.run;
const ended = async (id: string) => {
  await until(async () => !['active', 'paused'].includes((await run(id)).state));
  return run(id);
};
const act = (name: string, id: string, more = '') =>
  foz.control(`mutation ($id: String!) { ${name}(id: $id${more}) { state steps { path state } } }`, { id });
const orders = async () => (await foz.ask('{ orders(order_by: {id: asc}) { id state } }')).data.orders;

test('a workflow is written, started, and changes rows as its role and within its session variables', async () => {
  expect((await put(close)).data.putWorkflow).toMatchObject({
    applied: true,
    changes: [{ text: expect.stringMatching(/^workflow close_order: .*steps close/) }],
  });
  const { data } = await start('close_order', { id: 1, shop: 7 }, { id: 'first' });
  expect(data.startWorkflow).toMatchObject({
    id: 'first',
    version: 1,
    origin: 'manual',
    input: { id: 1, shop: 7 },
  });
  const done = await ended('first');
  expect(done).toMatchObject({ state: 'done', output: { id: 1, state: 'closed' }, error: null });
  expect(done.steps).toMatchObject([{ path: 'close', kind: 'graphql', state: 'done', attempts: 1 }]);
  expect(await orders()).toEqual([
    { id: 1, state: 'closed' },
    { id: 2, state: 'open' },
  ]);
  // The same id starts nothing again; a row of another shop is not seen.
  expect((await start('close_order', { id: 1, shop: 7 }, { id: 'first' })).data.startWorkflow.state).toBe(
    'done',
  );
  const other = (await start('close_order', { id: 2, shop: 7 })).data.startWorkflow.id;
  expect((await ended(other)).output).toBeNull();
  expect((await orders())[1]).toEqual({ id: 2, state: 'open' });
  // The write is in the audit log, with the workflow and the run.
  const { data: log } = await foz.control(
    '{ audit(filter: {actorKind: "workflow"}) { entries { kind actorId role requestId table operation } } }',
  );
  expect(log.audit.entries).toContainEqual({
    ...{ kind: 'mutation', actorId: 'close_order', role: 'clerk', table: 'shop.orders', operation: null },
    requestId: 'first/close',
  });
  const { data: started } = await foz.control(
    '{ audit(filter: {operation: "run.start"}) { entries { after outcome } } }',
  );
  expect(started.audit.entries.at(-1)).toMatchObject({ after: expect.stringContaining('first') });
});

test('faults are refused with their places; unknown, disabled and wrongly fed workflows start nothing', async () => {
  const faulty = {
    ...close,
    name: 'faulty',
    steps: [{ id: 'a', kind: 'graphq', document: '{ a }' }],
    rol: 'x',
  };
  const { errors } = await put(faulty);
  expect(errors![0]!.message).toMatch(/workflow faulty: has no setting "rol" \(did you mean "role"\?\)/);
  expect(errors![0]!.message).toMatch(/steps\[0\] \(a\)\.kind must be one of .*did you mean "graphql"/);
  expect((await start('close_orders', {})).errors).toMatchObject([
    { message: expect.stringMatching(/did you mean "close_order"/), extensions: { code: 'not-found' } },
  ]);
  expect((await start('close_order', { id: 'x' })).errors).toMatchObject([
    {
      message: expect.stringMatching(/shop.*; \/id must be integer/),
      extensions: { code: 'validation-failed' },
    },
  ]);
  const enable = (enabled: boolean) =>
    foz.control(`mutation { enableWorkflow(name: "close_order", enabled: ${enabled}) { applied } }`);
  await enable(false);
  expect((await start('close_order', { id: 1, shop: 7 })).errors).toMatchObject([
    { extensions: { code: 'conflict' } },
  ]);
  await enable(true);
  // With force it is kept, and listed with its faults.
  expect((await put(faulty, ', force: true')).data.putWorkflow.applied).toBe(true);
  const { data } = await foz.control('{ workflows { name enabled version faults role } }');
  expect(data.workflows).toMatchObject([
    { name: 'close_order', enabled: true, version: 1, faults: [], role: 'clerk' },
    { name: 'faulty', version: null, faults: [expect.any(String), expect.any(String)] },
  ]);
  await foz.control('mutation { dropWorkflow(name: "faulty") { applied } }');
});

test('a failed run is retried, from a step on; a run goes on with the version that it began with', async () => {
  const wait = {
    name: 'wait',
    steps: [
      { id: 'before', kind: 'transform', value: { password: 'p', at: '{% input.at %}' } },
      { id: 'pause', kind: 'delay', ms: 600_000 },
      { id: 'end', kind: 'fail', message: 'no' },
    ],
  };
  await put(wait);
  const { id } = (await start('wait', { at: 1 })).data.startWorkflow;
  await until(async () => (await run(id)).activity === 'waiting');
  // Secrets are masked.
  expect((await run(id)).steps[0].output).toEqual({ password: '***', at: 1 });
  expect((await act('pauseRun', id)).data.pauseRun.state).toBe('paused');
  expect((await act('pauseRun', id)).errors).toMatchObject([{ extensions: { code: 'conflict' } }]);
  expect((await act('resumeRun', id)).data.resumeRun.state).toBe('active');
  expect((await act('cancelRun', id)).data.cancelRun.state).toBe('cancelled');
  await put({ ...wait, steps: [wait.steps[0], wait.steps[2]] });
  const second = (await start('wait', { at: 2 })).data.startWorkflow;
  expect(second.version).toBe(2);
  const failed = await ended(second.id);
  expect(failed).toMatchObject({ state: 'failed', error: { message: 'no', step: 'end' } });
  const again = await act('retryRun', second.id, ', from: "before"');
  expect(again.data.retryRun.state).toBe('active');
  expect((await ended(second.id)).steps).toHaveLength(2);
  expect((await act('retryRun', second.id, ', from: "nowhere"')).errors).toMatchObject([
    { extensions: { code: 'not-found' } },
  ]);
  // The first one began with version 1.
  await act('retryRun', id);
  expect(await run(id)).toMatchObject({ version: 1, state: 'active' });
  await act('cancelRun', id);
});

test('runs are listed in pages and by filters', async () => {
  for (let count = 0; count < 3; count++)
    await start('close_order', { id: 1, shop: 7 }, { id: `page-${count}` });
  const list = async (filter: string, before: string | null = null) =>
    (
      await foz.control(
        `query ($before: String) { runs(filter: {${filter}}, before: $before, limit: 2) { next entries { id } } }`,
        { before },
      )
    ).data.runs;
  const first = await list('workflow: "close_order"');
  expect(first.entries).toHaveLength(2);
  const second = await list('workflow: "close_order"', first.next);
  expect(second.entries).toHaveLength(2);
  expect(new Set([...first.entries, ...second.entries].map(({ id }) => id)).size).toBe(4);
  expect(await list('states: [paused]')).toEqual({ entries: [], next: null });
  expect((await list('states: [failed], workflow: "wait"')).entries).toHaveLength(1);
  expect((await list('since: "2999-01-01T00:00:00Z"')).entries).toEqual([]);
  expect((await foz.control('{ runs(limit: 0) { next } }')).errors).toMatchObject([
    { extensions: { code: 'validation-failed' } },
  ]);
});

test('limits of the role hold for steps, and rules of the role refuse', async () => {
  await foz.control('mutation { setLimits(role: "clerk", limits: { depth: 1 }) { role } }');
  const { id } = (await start('close_order', { id: 1, shop: 7 })).data.startWorkflow;
  expect(await ended(id)).toMatchObject({ state: 'failed', error: { code: 'limit-exceeded' } });
  await foz.control('mutation { setLimits(role: "clerk", limits: null) { role } }');
  await put({
    ...close,
    name: 'drop_order',
    steps: [
      { id: 'a', kind: 'graphql', document: 'mutation { delete_orders(where: {}) { affected_rows } }' },
    ],
    output: null,
  });
  const refused = (await start('drop_order', { id: 1, shop: 7 })).data.startWorkflow.id;
  expect(await ended(refused)).toMatchObject({
    state: 'failed',
    error: { code: 'validation-failed', step: 'a' },
  });
  expect(await orders()).toHaveLength(2);
});

test('commands start, show and retry runs; the exit code tells how a run has ended', async () => {
  const cli = (args: readonly string[], input?: string) =>
    inProcess(folder, ['workflow', ...args, '--endpoint', foz.server.url], {
      env: { FOZ_ADMIN_SECRET: secret },
      ...(input !== undefined && { input }),
    });
  const done = await cli(['run', 'close_order', '--input', '{"id":1,"shop":7}', '--id', 'by-hand', '--wait']);
  expect([done.code, JSON.parse(done.out)]).toEqual([0, { id: 1, state: 'closed' }]);
  expect(done.err).toMatch(/close \(graphql\): done in \d+ ms/);
  expect(
    (await cli(['run', 'close_order', '--input', '-', '--id', 'piped'], '{"id":2,"shop":8}')).out,
  ).toMatch(/^Run piped of close_order is \w+\.$/m);
  const list = await cli(['list']);
  expect(list.out).toMatch(/^close_order +enabled +1 +clerk/m);
  const failed = await cli(['run', 'wait', '--input', '{"at":3}', '--id', 'fails', '--wait']);
  expect([failed.code, failed.err]).toEqual([2, expect.stringMatching(/Run fails is failed: step end: no/)]);
  expect((await cli(['retry', 'fails', '--from', 'before', '--wait'])).code).toBe(2);
  expect((await cli(['show', 'fails'])).out).toMatch(
    /Run fails of wait, version 2: failed\n[\s\S]*end \(fail\): failed/,
  );
  expect((await cli(['runs', 'wait', '--state', 'failed'])).out).toMatch(/^fails +wait +failed +manual/m);
  const json = await cli(['runs', '--json', '--limit', '1']);
  expect(JSON.parse(json.out)).toMatchObject({ entries: [{ workflow: 'wait' }], next: 'fails' });
  await expect(cli(['show', 'nobody'])).resolves.toMatchObject({
    code: 1,
    err: expect.stringMatching(/There is no run nobody/),
  });
  expect(await cli(['run', 'wait', '--input', '{']).then(({ err }) => err)).toMatch(/--input is no JSON/);
  expect((await inProcess(folder, ['workflow', 'list'])).err).toMatch(/--endpoint http/);
});

test('an http step sends its request with a credential of the configuration, and only to the hosts of that', async () => {
  const crm = await receiver((request, response) =>
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ authorization: request.headers.authorization ?? null })),
  );
  const call = (credential: string | null) => ({
    ...{ id: 'call', kind: 'http', url: `http://127.0.0.1:${crm.port}/`, result: '{% response.body %}' },
    ...(credential !== null && { credential }),
  });
  const result = async (credential: string | null) => {
    await put({ name: 'calls_crm', steps: [call(credential)] });
    return ended((await start('calls_crm', {})).data.startWorkflow.id);
  };
  expect(await result('crm')).toMatchObject({ state: 'done', output: { authorization: '***' } });
  expect(crm.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer the token of the crm']);
  expect(await result(null)).toMatchObject({ state: 'done', output: { authorization: null } });
  expect((await result('elsewhere')).error.message).toMatch(/may not be sent there/);
  expect((await result('crn')).error.message).toMatch(/There is no credential "crn"/);
  expect(crm.requests).toHaveLength(2);
});

test('a signal of the control API ends a wait, once for each id, and is in the audit log', async () => {
  const steps = [{ id: 'approved', kind: 'waitFor', signal: 'approval', key: '{% input.order %}' }];
  await put({ name: 'approval', steps });
  const id = (await start('approval', { order: 7 })).data.startWorkflow.id;
  const send = (name: string, more = '') =>
    foz.control(`mutation { sendSignal(name: "${name}", key: 7, payload: {by: "kim"}${more}) }`);
  expect((await send('approval', ', id: "first"')).data.sendSignal).toBe(true);
  expect((await send('approval', ', id: "first"')).data.sendSignal).toBe(false);
  expect(await ended(id)).toMatchObject({ state: 'done', output: { by: 'kim' } });
  expect((await send('')).errors).toMatchObject([{ extensions: { code: 'validation-failed' } }]);
  expect((await send('approval', ', id: "a b"')).errors).toMatchObject([
    { extensions: { code: 'validation-failed' } },
  ]);
  const { data } = await foz.control('{ audit(filter: {operation: "signal.send"}) { entries { after } } }');
  expect(data.audit.entries.at(-1).after).toContain('first');
});
