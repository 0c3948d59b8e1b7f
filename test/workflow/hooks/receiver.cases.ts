import { pino } from 'pino';
import { HookStore } from '../../../src/store/index.ts';
import { type HookDefinition, HookReceiver } from '../../../src/workflow/index.ts';
import { type StorePlace, storePlace, until } from '../../store/place.ts';
import { type Workplace, workplace } from '../workplace.ts';

interface Sent {
  readonly body?: string;
  readonly token?: string;
  readonly address?: string;
  readonly method?: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const silent = pino({ level: 'silent' });

/** Inbound webhooks on a store of either kind. */
export function receiverCases(kind: 'pglite' | 'postgres'): void {
  let place: StorePlace;
  let work: Workplace;
  let calls: HookStore;
  let receiver: HookReceiver;
  let isRead = true;
  let count = 0;
  let name: string;
  beforeAll(async () => {
    place = await storePlace(kind);
    work = await workplace(place, async () => ({ data: null }));
    calls = new HookStore(work.jobs);
    await work.runner.define({ name: 'noted', steps: [{ id: 'a', kind: 'transform', value: 1 }] });
  }, 120_000);
  afterAll(async () => {
    await work.close();
    await place.drop();
  });
  beforeEach(() => {
    name = `hook_${++count}`;
    isRead = true;
  });

  function use(more: Partial<HookDefinition> = {}): void {
    receiver = new HookReceiver({
      ...{ calls, runner: work.runner, settled: async () => {}, isRead: () => isRead, log: silent },
      secretsOf: async (refs) => refs.map((ref) => ('env' in ref ? ref.env : ref.secret)),
    });
    const auth = { kind: 'bearer', tokens: [{ env: 'right' }] } as const;
    receiver.use([{ name, workflow: 'noted', auth, ...more }]);
  }

  const send = ({ body = '{}', token = 'right', headers, query = '', method = 'POST', address }: Sent = {}) =>
    receiver.receive({
      ...{ method, query, path: name, address: address ?? '10.0.0.1' },
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      read: async () => Buffer.from(body),
    });
  const runOf = (answer: { body: string }) => JSON.parse(answer.body).run as string;
  const log = () => calls.list({ hook: name, limit: 1_000 });

  test('of calls with one key that come at once one starts a run, also later, until the key expires', async () => {
    use({ dedupe: { header: 'x-id', seconds: 3_600 } });
    const headers = { 'x-id': 'one' };
    const answers = await Promise.all(Array.from({ length: 12 }, () => send({ headers })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(answers.map(runOf)).size).toBe(1);
    expect((await log()).filter(({ outcome }) => outcome === 'accepted')).toHaveLength(1);
    await work.jobs.transact(({ run }) =>
      run(`update foz.hook_keys set expires_at = now() - interval '1 second' where hook = ?`, [name]),
    );
    expect(runOf(await send({ headers }))).not.toBe(runOf(answers[0]!));
    expect(runOf(await send({ headers: { 'x-id': 'two' } }))).not.toBe(runOf(answers[0]!));
  });

  test('a call is replayed with its body', async () => {
    use();
    const first = runOf(await send({ body: '{"a":1}' }));
    const [call] = await log();
    expect(call).toMatchObject({ run: first, bytes: 7, outcome: 'accepted' });
    const again = await receiver.replay(call!.id);
    expect(again).not.toBe(first);
    expect(JSON.parse((await work.runs.show(again))!.input!)).toMatchObject({ body: { a: 1 } });
  });

  test('old calls and expired keys are removed, all of them in parts', async () => {
    use({ dedupe: { header: 'x-id' } });
    await send({ headers: { 'x-id': 'kept' } });
    await work.jobs.transact(async ({ run }) => {
      await run(
        `insert into foz.hook_calls (id, hook, at, method, query, headers, status, outcome)
         select ? || n, ?, now() - interval '2 days', 'POST', '', '{}', 202, 'accepted' from generate_series(1, 450) n`,
        [name, name],
      );
      await run(
        `insert into foz.hook_keys (hook, key, run, expires_at)
         select ?, 'old ' || n, 'r', now() - interval '1 day' from generate_series(1, 20) n`,
        [name],
      );
    });
    await calls.removeOld(86_400);
    expect(await log()).toHaveLength(1);
    const keys = await work.jobs.transact(({ run }) =>
      run('select key from foz.hook_keys where hook = ?', [name]),
    );
    expect(keys).toEqual([{ key: 'kept' }]);
  });

  test('strangers use up no rate of the sender, and after 100 wrong credentials their address has to wait', async () => {
    use({ rate: { requests: 2, seconds: 3_600 } });
    const stranger = { token: 'wrong', address: '2001:db8::1' };
    const statuses: number[] = [];
    for (let at = 0; at < 101; at++) statuses.push((await send(stranger)).status);
    expect(new Set(statuses.slice(0, 100))).toEqual(new Set([401]));
    expect(statuses[100]).toBe(429);
    // The neighbour in the network of the stranger is the stranger; nobody else is.
    const neighbour = await send({ address: '2001:db8::2' });
    expect([neighbour.status, Number(neighbour.headers['retry-after']) > 0]).toEqual([429, true]);
    const own = [await send(), await send(), await send()];
    expect(own.map(({ status }) => status)).toEqual([202, 202, 429]);
  });

  test('the token of Meta is compared only for addresses that may call, and guesses are bounded', async () => {
    use({
      networks: ['10.0.0.0/8'],
      rate: { requests: 1, seconds: 3_600 },
      challenge: { style: 'meta', token: { env: 'meta-token' } },
    });
    const verify = (token: string, address: string) =>
      send({
        ...{ method: 'GET', address },
        query: `hub.mode=subscribe&hub.challenge=c1&hub.verify_token=${token}`,
      });
    expect(await verify('meta-token', '192.0.2.1')).toMatchObject({ status: 403 });
    expect(await verify('wrong', '192.0.2.1')).toMatchObject({ status: 403 });
    const reasons = (await log()).map(({ reason }) => reason);
    expect(reasons).toEqual(['address not in networks', 'address not in networks']);
    for (let at = 0; at < 100; at++) expect((await verify('wrong', '10.0.0.9')).status).toBe(403);
    expect((await verify('meta-token', '10.0.0.9')).status).toBe(429);
    expect(await verify('meta-token', '10.0.0.1')).toMatchObject({ status: 200, body: 'c1' });
    expect((await verify('meta-token', '10.0.0.1')).status).toBe(429);
  });

  test('until the metadata was read an unknown path is answered with 503, and known ones are served', async () => {
    use();
    isRead = false;
    expect(await send()).toMatchObject({ status: 202 });
    receiver.use([]);
    const early = await send();
    expect(early).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
    isRead = true;
    expect(await send()).toMatchObject({ status: 404 });
  });

  test('ids beyond the whole numbers of a double keep their digits', async () => {
    use({
      dedupe: { key: '{% body.id %}' },
      schema: {
        type: 'object',
        properties: { id: { type: 'integer' }, price: { type: 'number', maximum: 100 } },
      },
    });
    const bodies = [
      '{"id":9007199254740992,"price":1.5}',
      '{"id":9007199254740993,"price":12.345678901234567890}',
    ];
    const runs = [];
    for (const body of [...bodies, bodies[1]!]) runs.push(runOf(await send({ body })));
    expect(runs[0]).not.toBe(runs[1]);
    expect(runs[2]).toBe(runs[1]);
    const input = JSON.parse((await work.runs.show(runs[1]!))!.input!);
    expect(input.body).toEqual({ id: '9007199254740993', price: '12.345678901234567890' });
    expect((await send({ body: '{"id":"9007199254740993"}' })).status).toBe(400);
    expect(
      (await send({ body: `{"id":9007199254740993,"a":${'['.repeat(600)}${']'.repeat(600)}}` })).status,
    ).toBe(400);
  });

  test('odd characters in a body, its names and its key neither break the call nor hide it', async () => {
    use({ dedupe: { key: '{% body.id %}' } });
    const text = '{"id":"1","":"empty","__proto__":{"a":"\\u0000"},"half":"\\ud800","constructor":-0}';
    const taken = await send({ body: text });
    expect(taken.status).toBe(202);
    const input = JSON.parse((await work.runs.show(runOf(taken)))!.input!);
    expect(Object.keys(input.body)).toEqual(['id', '', '__proto__', 'half', 'constructor']);
    expect(input.body.half).toBe('\ud800');
    expect((await send({ body: '{"id":"a\\u0000b"}' })).status).toBe(400);
    expect((await send({ body: '{"id":\0}' })).status).toBe(400);
    expect((await log()).map(({ outcome }) => outcome)).toEqual(['refused', 'refused', 'accepted']);
  });

  test('refused calls do not fill the log: no body of an open webhook, none that is long, and some bytes a minute', async () => {
    const schema = { type: 'object', required: ['missing'] };
    use({ schema, auth: { kind: 'none' } });
    expect((await send({ body: '{"a":1}' })).status).toBe(400);
    expect(await log()).toMatchObject([{ outcome: 'refused', bytes: null }]);
    use({ schema, name: `${name}_own`, path: name });
    name = `${name}_own`;
    const path = name.replace('_own', '');
    const sendOwn = (body: string) =>
      receiver.receive({
        ...{ method: 'POST', query: '', path, address: '10.0.0.1' },
        headers: { authorization: 'Bearer right', 'content-type': 'application/json' },
        read: async () => Buffer.from(body),
      });
    const ofLength = (length: number) => JSON.stringify({ a: 'x'.repeat(length - 8) });
    for (const length of [20, 64 * 1024, 64 * 1024 + 1])
      expect((await sendOwn(ofLength(length))).status).toBe(400);
    expect((await log()).map(({ bytes }) => bytes)).toEqual([null, 64 * 1024, 20]);
    await expect(receiver.replay((await log())[0]!.id)).rejects.toMatchObject({ code: 'conflict' });
    for (let at = 0; at < 20; at++) await sendOwn(ofLength(60_000));
    const kept = (await log()).reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
    expect(kept).toBeLessThan(256 * 1024 + 64 * 1024);
    expect(kept).toBeGreaterThan(128 * 1024);
  });

  test('a call ends the wait of the run that its key names, once, and a call without the key ends none', async () => {
    const wait = { id: 'w', kind: 'waitFor', signal: name, key: '{% input.order %}' };
    await work.runner.define({ name, steps: [wait] });
    use({
      ...{ workflow: undefined, signal: { name, key: '{% body.order %}' } },
      ...{ input: { paid: '{% body.amount %}' }, dedupe: { key: '{% body.id %}' } },
    });
    const runs = [await work.runner.start(name, { order: 'a' }), await work.runner.start(name, { order: 7 })];
    await work.worker.start();
    expect(await send({ body: '{"id":1,"amount":5}' })).toMatchObject({ status: 400 });
    const body = '{"id":2,"order":7,"amount":12}';
    const [first, again] = [await send({ body }), await send({ body })];
    const { signal } = JSON.parse(first.body);
    expect([first.status, JSON.parse(first.body)]).toEqual([202, { signal }]);
    expect(JSON.parse(again.body)).toEqual({ signal, duplicate: true });
    const ended = async (id: string) => (await work.runs.show(id))!.state === 'done';
    await until(() => ended(runs[1]!));
    expect(JSON.parse((await work.runs.show(runs[1]!))!.output!)).toEqual({ paid: 12 });
    expect(await ended(runs[0]!)).toBe(false);
    await send({ body: '{"id":3,"order":"a","amount":1}' });
    await until(() => ended(runs[0]!));
    const [last, , accepted] = await log();
    expect([last, accepted]).toMatchObject([
      { outcome: 'accepted', run: null },
      { outcome: 'accepted', run: null },
    ]);
    // A replayed call gives another signal, which the next wait gets.
    const replayed = await receiver.replay(accepted!.id);
    expect(replayed).not.toBe(signal);
    const next = await work.runner.start(name, { order: 7 });
    await until(() => ended(next));
  });
}
