import { rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import { type StorePlace, storePlace, until } from '../store/place.ts';
import { buildChild, startChild } from '../store/processes.ts';
import { availability } from '../support/engines.ts';
import { randomOf, seedOf } from './seed.ts';
import { type Workplace, workplace } from './workplace.ts';

const found = availability('postgres');
const describeShared = 'reason' in found ? describe.skip : describe;

interface Call {
  readonly run: string;
  readonly step: string;
  readonly item?: number;
}

describeShared('processes that are killed', () => {
  let program: string;
  let place: StorePlace;
  let starter: Workplace;
  let receiver: Server;
  let address: string;
  let closeReader: () => Promise<void>;
  /** What the steps asked for, in the order in which it arrived. */
  const calls: Call[] = [];
  const faults: { readonly repeated: Call }[] = [];
  beforeAll(async () => {
    program = await buildChild(join(import.meta.dirname, 'child.ts'));
    place = await storePlace('postgres');
    starter = await workplace(place, async () => ({ data: null }));
    const reader = new Pool({ connectionString: place.url, max: 4 });
    receiver = createServer((request, response) => {
      let body = '';
      request.on('data', (part) => {
        body += part;
      });
      request.on('end', async () => {
        const call = JSON.parse(body) as Call;
        const path = call.item === undefined ? call.step : `each/${call.item}/${call.step}`;
        const recorded = await reader.query('select state from foz.run_steps where run = $1 and path = $2', [
          call.run,
          path,
        ]);
        if (recorded.rows[0]?.state === 'done') faults.push({ repeated: call });
        calls.push(call);
        response.end('{"ok":true}');
      });
    });
    closeReader = () => reader.end();
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  }, 120_000);
  afterAll(async () => {
    receiver.closeAllConnections();
    await new Promise((resolve) => receiver.close(resolve));
    await closeReader();
    await starter.close();
    await place.drop();
    rmSync(program, { force: true });
  });

  const call = (step: string, more: object = {}) => ({
    ...{ id: step, kind: 'graphql', document: 'mutation { a }', role: 'clerk' },
    variables: { run: '{% run.id %}', step, ...more },
  });

  test('no run is lost, and no step that was recorded is done again', async () => {
    const seed = seedOf('killed');
    const random = randomOf(seed);
    const children = [0, 1].map(() => startChild(program, [place.url!, place.folder, address]));
    await until(() => children.every(({ lines }) => lines.length === 1));
    const each = {
      id: 'each',
      kind: 'forEach',
      items: [0, 1, 2],
      concurrency: 2,
      steps: [call('item', { item: '{% index %}' })],
    };
    await starter.runner.define({
      name: 'three',
      key: '{% input.key %}',
      steps: [call('first'), { id: 'pause', kind: 'delay', ms: 100 }, each, call('last')],
    });
    const ids = await Promise.all(
      Array.from({ length: 90 }, (_, index) =>
        starter.runner.start('three', { key: index % 3 === 0 ? 'k' : index }),
      ),
    );
    const states = async () => {
      const rows = await starter.jobs.transact(({ run }) =>
        run('select id, state from foz.runs order by at, id', []),
      );
      return rows.map(({ state }) => state);
    };
    const ended = async () => (await states()).filter((state) => state !== 'active').length;
    await until(() => calls.length > 20 + random(150));
    const before = performance.now();
    children[0]!.child.kill('SIGKILL');
    await children[0]!.ended;
    // The claims of the killed process are taken over before the rest can be done.
    await until(async () => (await ended()) === ids.length, 120_000);
    const took = performance.now() - before;
    children[1]!.child.stdin!.end();
    await children[1]!.ended;
    expect({ seed, faults, states: new Set(await states()) }).toEqual({
      seed,
      faults: [],
      states: new Set(['done']),
    });
    const wanted = ids.flatMap((run) => [
      ...['first', 'last'].map((step) => ({ run, step })),
      ...[0, 1, 2].map((item) => ({ run, step: 'item', item })),
    ]);
    const keyOf = ({ run, step, item }: Call) => `${run} ${step} ${item}`;
    const times = new Map<string, number>();
    for (const one of calls) times.set(keyOf(one), (times.get(keyOf(one)) ?? 0) + 1);
    expect({ seed, missing: wanted.filter((one) => !times.has(keyOf(one))) }).toEqual({ seed, missing: [] });
    // Only what the killed process had under way may have been done twice: it had 20 slots, and each a few calls.
    const twice = [...times.values()].filter((number) => number > 1).length;
    expect(twice).toBeLessThanOrEqual(60);
    expect(took).toBeGreaterThan(0);
  }, 180_000);

  test('a process that stands still records nothing when it goes on', async () => {
    calls.length = 0;
    const [stalled, other] = [0, 1].map(() => startChild(program, [place.url!, place.folder, address]));
    await until(() => stalled!.lines.length === 1 && other!.lines.length === 1);
    await starter.runner.define({
      name: 'still',
      steps: [call('first'), { id: 'pause', kind: 'delay', ms: 100 }, call('last')],
    });
    const ids = await Promise.all(Array.from({ length: 40 }, () => starter.runner.start('still', null)));
    await until(() => calls.length > 5);
    stalled!.child.kill('SIGSTOP');
    const done = async () =>
      (await starter.runs.list({ workflow: 'still', states: ['done'], limit: 100 })).length;
    await until(async () => (await done()) === ids.length, 120_000);
    expect(faults).toEqual([]);
    stalled!.child.kill('SIGCONT');
    await sleep(500);
    for (const { child } of [stalled!, other!]) child.stdin!.end();
    await Promise.all([stalled!.ended, other!.ended]);
    // Requests that were under way when it was stopped, one per slot at most, arrive when it goes on. Nothing follows them.
    expect(faults.length).toBeLessThanOrEqual(20);
    expect(faults.filter(({ repeated }) => repeated.step !== 'first')).toEqual([]);
    expect(await done()).toBe(ids.length);
  }, 180_000);
});
