import type { RequestListener } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { HttpClient } from '../../../src/outbound/index.ts';
import { DeliveryStore, JobStore, type NewDelivery } from '../../../src/store/index.ts';
import { openStore, type Store } from '../../../src/store/store.ts';
import { Deliverer, type Endpoint, eventId, JobWorker, SigningSecret } from '../../../src/workflow/index.ts';
import { closeReceivers, receiver } from '../../outbound/receivers.ts';
import { type StorePlace, storePlace, until } from '../../store/place.ts';

const secret = SigningSecret.make();
const quick = { attempts: 4, backOff: { firstMs: 20, factor: 1, longestMs: 20, jitter: 0 }, final: [410] };

/** Deliveries to real receivers, with a store of either kind. */
export function deliveryCases(kind: 'pglite' | 'postgres'): void {
  let place: StorePlace;
  let store: Store;
  let jobs: JobStore;
  let deliveries: DeliveryStore;
  const http = new HttpClient({ author: 'operator' });
  const endpoints = new Map<string, Endpoint>();
  const stops: (() => Promise<void>)[] = [];
  let name = '';
  let count = 0;

  beforeAll(async () => {
    place = await storePlace(kind);
    store = openStore({ url: place.url, folder: place.folder });
    jobs = new JobStore(store);
    deliveries = new DeliveryStore(store, jobs);
    await store.open();
    await worker();
  }, 120_000);
  afterAll(async () => {
    for (const stop of stops) await stop();
    await http.close();
    await store.close();
    await place.drop();
  });
  beforeEach(() => {
    name = `endpoint ${++count}`;
  });
  afterEach(closeReceivers);

  async function worker(): Promise<() => Promise<void>> {
    const one = new JobWorker({ jobs, beatMs: 200 });
    const deliverer = new Deliverer({ deliveries, http, endpoint: (wanted) => endpoints.get(wanted) });
    deliverer.join(one);
    await one.start();
    const stop = async () => {
      await one.stop(0);
      deliverer.close();
    };
    stops.push(stop);
    return stop;
  }

  /** A receiver, and an endpoint that leads to it. */
  async function endpoint(
    answer: RequestListener,
    more: Partial<Endpoint> = {},
    concurrency: number | null = null,
  ) {
    const server = await receiver(answer);
    endpoints.set(name, {
      ...{ name, url: `http://127.0.0.1:${server.port}/secret-path`, headers: { 'X-Plain': 'seen' } },
      ...{
        secretHeaders: { 'X-Token': 'hidden-token' },
        signing: [SigningSecret.read(secret)],
        form: 'payload',
      },
      ...{ timeoutMs: 5_000, retry: quick, breaker: { failures: 1_000, pauseMs: 1_000 }, ...more },
    });
    await deliveries.storeEndpoints([{ name, concurrency }]);
    return server;
  }

  const event = (at: number | string, more: Partial<NewDelivery> = {}): NewDelivery => ({
    ...{
      event: eventId(name, String(at)),
      endpoint: name,
      type: 'orders.insert',
      source: '/sources/shop/orders',
    },
    ...{ time: '2026-01-02T03:04:05Z', payload: JSON.stringify({ at }), key: null, ...more },
  });
  const add = (...events: NewDelivery[]) =>
    jobs.transact((transaction) => deliveries.add(transaction, events));
  const listed = (more = {}) => deliveries.list({ endpoint: name, ...more });
  /** The delivery that was added last. */
  const latest = async () => (await listed())[0]!;
  const states = async () => (await listed()).map(({ state }) => state);
  const ended = () => until(async () => !(await states()).includes('pending'));

  test('an event arrives signed, once, and the log has the attempt without secrets', async () => {
    const { requests } = await endpoint(
      (_request, response) =>
        void response.writeHead(201, { 'set-cookie': 'hidden-cookie', 'x-a': 'b' }).end('tha\0nks'),
    );
    expect(await add(event(1), event(1))).toBe(1);
    await ended();
    // What is found again after a crash is not delivered again.
    expect(await add(event(1))).toBe(0);
    const { headers, body } = requests[0]!;
    expect(requests).toHaveLength(1);
    expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toEqual({ at: 1 });
    expect(headers).toMatchObject({
      'webhook-id': event(1).event,
      'x-plain': 'seen',
      'x-token': 'hidden-token',
      'content-type': 'application/json',
    });
    const [delivery] = await listed();
    expect(delivery).toMatchObject({
      state: 'delivered',
      attempts: 1,
      event: event(1).event,
      payload: '{"at":1}',
    });
    const log = await deliveries.attempts(delivery!.id);
    expect(log).toMatchObject([
      {
        ...{ number: 1, status: 201, fault: null, responseBody: 'tha\ufffdnks' },
        requestHeaders: {
          'x-plain': 'seen',
          'x-token': '***',
          'webhook-id': event(1).event,
          'webhook-signature': '***',
        },
        responseHeaders: { 'set-cookie': '***', 'x-a': 'b' },
      },
    ]);
    expect(JSON.stringify(log)).not.toMatch(/hidden|secret-path/);
  });

  test('failures are tried again under the same id, signed anew, until a receiver says yes', async () => {
    let asked = 0;
    const { requests } = await endpoint((_request, response) => {
      asked++;
      if (asked === 1) response.writeHead(500).end('x'.repeat(100_000));
      else if (asked === 2) response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
      else if (asked === 3) response.socket!.destroy();
      else response.end();
    });
    await add(event(1));
    await ended();
    expect(new Set(requests.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([event(1).event]));
    const { id, state } = await latest();
    const log = await deliveries.attempts(id);
    expect([state, log.map(({ number, status }) => [number, status])]).toEqual([
      'delivered',
      [
        [1, 500],
        [2, 302],
        [3, null],
        [4, 200],
      ],
    ]);
    expect(log[0]!.responseBody).toHaveLength(4096);
    expect(log[2]!.fault).toMatch(/^http:\/\/127\.0\.0\.1:\d+: the connection failed/);
  });

  test('what nobody accepts is dead, and can be delivered again: one, or all of a filter', async () => {
    let status = 500;
    const { requests } = await endpoint((_request, response) => void response.writeHead(status).end());
    await add(event(1), event(2), event(3));
    await ended();
    expect([await states(), requests.length]).toEqual([['dead', 'dead', 'dead'], 12]);
    status = 204;
    const { id } = await latest();
    expect(await deliveries.redeliver({ ids: [id] })).toBe(1);
    await ended();
    expect((await states()).sort()).toEqual(['dead', 'dead', 'delivered']);
    expect(await deliveries.redeliver({ endpoint: name, state: 'dead', to: new Date(0) })).toBe(0);
    expect(await deliveries.redeliver({ endpoint: name, state: 'dead' })).toBe(2);
    await ended();
    expect(await states()).toEqual(['delivered', 'delivered', 'delivered']);
    expect((await deliveries.attempts(id)).map(({ number }) => number)).toEqual([1, 2, 3, 4, 5]);
  });

  test('a final status and an address that may not be called end a delivery at once', async () => {
    const gone = await endpoint((_request, response) => void response.writeHead(410).end());
    await add(event(1));
    await ended();
    expect([await states(), gone.requests.length]).toEqual([['dead'], 1]);
    endpoints.set(name, { ...endpoints.get(name)!, url: 'http://169.254.169.254/latest' });
    await add(event(2));
    await ended();
    const { id, attempts } = await latest();
    expect([attempts, (await deliveries.attempts(id))[0]!.fault]).toEqual([
      1,
      expect.stringContaining('may not be called'),
    ]);
  });

  test('a receiver that hangs is left after its time; one that says yes has said it, however its answer ends', async () => {
    let asked = 0;
    await endpoint(
      (_request, response) => {
        asked++;
        if (asked === 2) response.writeHead(500, { 'content-length': 1000 }).write('never ends');
        if (asked === 3)
          response.writeHead(200, { 'content-length': 1000 }).write('breaks off', () => response.destroy());
        if (asked === 4) response.writeHead(200, { 'content-encoding': 'gzip' }).end('no gzip');
      },
      { timeoutMs: 150 },
    );
    await add(event(1));
    await ended();
    const { id, state } = await latest();
    expect(state).toBe('delivered');
    expect(
      (await deliveries.attempts(id)).map(({ status, fault, responseBody }) => [
        ...[status, fault?.replace(/^.*?: /, ''), responseBody],
      ]),
    ).toEqual([
      [null, 'no complete answer within 150 ms: check the service, or allow more time', null],
      [500, undefined, 'never ends'],
      [200, undefined, 'breaks off'],
    ]);
    await add(event(2));
    await ended();
    expect(await states()).toEqual(['delivered', 'delivered']);
    expect(asked).toBe(4);
  });

  test('deliveries of one key come in order, also where one fails; others pass them', async () => {
    const failures = new Map([
      ['a2', 2],
      ['a4', 1],
    ]);
    const arrived: string[] = [];
    await endpoint(async (request, response) => {
      const { at } = JSON.parse(bodies.get(String(request.headers['webhook-id']))!) as { at: string };
      const left = failures.get(at) ?? 0;
      failures.set(at, left - 1);
      if (left > 0) response.writeHead(503).end();
      else {
        arrived.push(at);
        response.end();
      }
    });
    const events = ['a1', 'a2', 'b1', 'a3', 'a4', 'b2', 'a5'].map((at) => event(at, { key: at[0]! }));
    const bodies = new Map(events.map((one) => [one.event, one.payload]));
    await add(...events);
    await ended();
    const of = (key: string) => arrived.filter((at) => at.startsWith(key));
    expect([of('a'), of('b')]).toEqual([
      ['a1', 'a2', 'a3', 'a4', 'a5'],
      ['b1', 'b2'],
    ]);
    expect(arrived.indexOf('b2')).toBeLessThan(arrived.indexOf('a5'));
  });

  test('an endpoint gets no more requests at once than its limit', async () => {
    let [now, most] = [0, 0];
    const { requests } = await endpoint(
      (_request, response) => {
        most = Math.max(most, ++now);
        setTimeout(() => {
          now--;
          response.end();
        }, 10);
      },
      {},
      3,
    );
    await add(...Array.from({ length: 20 }, (_, at) => event(at)));
    await ended();
    expect([requests.length, most]).toEqual([20, 3]);
  });

  test('an endpoint that is down is left alone, and gets everything once it is back', async () => {
    let isDown = true;
    const { requests } = await endpoint(
      (_request, response) => void response.writeHead(isDown ? 503 : 200).end(),
      {
        breaker: { failures: 2, pauseMs: 300 },
        retry: { ...quick, attempts: 50 },
      },
      1,
    );
    await add(...Array.from({ length: 10 }, (_, at) => event(at)));
    await until(() => requests.length >= 3);
    const attempts = (await listed()).reduce((sum, one) => sum + one.attempts, 0);
    expect(attempts).toBeLessThan(10);
    isDown = false;
    await ended();
    expect(new Set(await states())).toEqual(new Set(['delivered']));
  });

  // An embedded store has no heartbeats by which the test could tell that the worker has asked again.
  if (kind === 'postgres')
    test('deliveries of an endpoint that is down are not claimed during the pause', async () => {
      await endpoint(
        (_request, response) => void response.writeHead(503).end(),
        { breaker: { failures: 2, pauseMs: 600_000 }, retry: { ...quick, attempts: 50 } },
        4,
      );
      await add(...Array.from({ length: 40 }, (_, at) => event(at)));
      const numbers = async () => {
        const [row] = await store.run(
          `select count(*) filter (where fence > 0) as claimed, (select max(beat) from foz.job_workers) as beat
         from foz.jobs where queue = ?`,
          [`deliver:${name}`],
        );
        return { claimed: Number(row!.claimed), beat: Number(row!.beat) };
      };
      const beats = async (count: number) => {
        const { beat } = await numbers();
        await until(async () => (await numbers()).beat >= beat + count);
      };
      await until(async () => (await listed()).some(({ attempts }) => attempts > 0));
      await beats(10);
      expect((await numbers()).claimed).toBeLessThan(20);
    });

  test('a delivery of an endpoint that a process does not know yet is made once it does', async () => {
    await deliveries.storeEndpoints([{ name, concurrency: null }]);
    await add(event(1));
    const [job] = await store.run('select fence from foz.jobs where queue = ?', [`deliver:${name}`]);
    expect(Number(job!.fence)).toBe(0);
    const { requests } = await endpoint((_request, response) => void response.end());
    await ended();
    expect(requests).toHaveLength(1);
  });

  test('a paused endpoint gets nothing until it is resumed', async () => {
    const { requests } = await endpoint((_request, response) => void response.end());
    await deliveries.pause(name);
    await add(event(1));
    const other = name;
    name = `${other} beside`;
    const beside = await endpoint((_request, response) => void response.end());
    await add(event(2));
    await until(() => beside.requests.length === 1);
    expect(requests).toEqual([]);
    name = other;
    await deliveries.resume(name);
    await ended();
    expect(requests).toHaveLength(1);
  });

  test('a delivery whose worker ends in the middle is made again, under the same id', async () => {
    let isHanging = true;
    const { requests } = await endpoint((_request, response) => {
      if (!isHanging) response.end();
    });
    await add(event(1));
    await until(() => requests.length === 1);
    const stop = stops.pop()!;
    await stop();
    isHanging = false;
    expect(await states()).toEqual(['pending']);
    await worker();
    await ended();
    const ids = requests.map(({ headers }) => headers['webhook-id']);
    expect([await states(), ids]).toEqual([['delivered'], [ids[0], ids[0]]]);
    const { id } = await latest();
    // The attempt that was cut off is not in the log: nobody knows what came of it.
    expect(await deliveries.attempts(id)).toHaveLength(1);
  });

  test('ended deliveries are removed with their attempts after a time, pending ones are not', async () => {
    await endpoint((_request, response) => void response.end());
    await add(event(1), event(2));
    await ended();
    const { id } = await latest();
    await deliveries.pause(name);
    await add(event(3));
    expect(await deliveries.removeEnded(3_600_000)).toBe(0);
    expect(await deliveries.removeEnded(0, 1)).toBeGreaterThanOrEqual(2);
    expect([await states(), await deliveries.attempts(id)]).toEqual([['pending'], []]);
  });
}
