import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import { type StorePlace, storePlace, until } from '../store/place.ts';
import { CuttableProxy } from '../support/cuttable-proxy.ts';
import { availability } from '../support/engines.ts';
import { randomOf, seedOf } from './seed.ts';
import { workplace } from './workplace.ts';

const found = availability('postgres');
const describeShared = 'reason' in found ? describe.skip : describe;

describeShared('a store whose connections are cut', () => {
  let place: StorePlace;
  beforeAll(async () => {
    place = await storePlace('postgres');
  });
  afterAll(() => place.drop());

  test('no run is lost, and no step that was recorded is done again', async () => {
    const seed = seedOf('cut');
    const random = randomOf(seed);
    const proxy = new CuttableProxy(place.url!);
    const through = new URL(await proxy.open());
    through.pathname = new URL(place.url!).pathname;
    const reader = new Pool({ connectionString: place.url, max: 4 });
    const faults: unknown[] = [];
    let calls = 0;
    const work = await workplace(
      { url: through.href, folder: place.folder },
      async ({ variables: { run, step } }) => {
        calls++;
        const { rows } = await reader.query('select state from foz.run_steps where run = $1 and path = $2', [
          run,
          step,
        ]);
        if (rows[0]?.state === 'done') faults.push({ repeated: [run, step] });
        return { data: step };
      },
      { beatMs: 200 },
    );
    const call = (id: string) => ({
      ...{ id, kind: 'graphql', document: 'mutation { a }', role: 'clerk' },
      variables: { run: '{% run.id %}', step: id },
    });
    await work.runner.define({
      ...{ name: 'cut', key: '{% input.key %}' },
      steps: [call('a'), { id: 'd', kind: 'delay', ms: 60 }, call('b'), call('c')],
    });
    await work.worker.start();
    let isCutting = true;
    const cutting = (async () => {
      for (let cuts = 0; cuts < 8; cuts++) {
        proxy.arm({ message: 1 + random(60), side: random(2) === 0 ? 'before' : 'after' });
        await sleep(50 + random(150));
        if (random(3) > 0) continue;
        // The server is away for a moment.
        await proxy.cut();
        await sleep(random(300));
        await proxy.open();
      }
      isCutting = false;
    })();
    const ids: string[] = [];
    // An id is given by whoever starts a run, so that starting it again starts one run.
    for (let index = 0; isCutting || index < 40; index++) {
      const id = `cut ${index}`;
      const started = (): Promise<string> =>
        work.runner.start('cut', { key: index % 4 === 0 ? 'k' : index }, { id }).catch(async () => {
          await sleep(20);
          return started();
        });
      ids.push(await started());
      await sleep(10);
    }
    await cutting;
    proxy.disarm();
    const states = async () => {
      const { rows } = await reader.query('select id, state from foz.runs');
      return rows.map(({ state }) => state as string);
    };
    await until(async () => (await states()).every((state) => state !== 'active'), 120_000);
    expect({ seed, faults, states: await states() }).toEqual({
      seed,
      faults: [],
      states: ids.map(() => 'done'),
    });
    expect(calls).toBeGreaterThanOrEqual(ids.length * 3);
    await work.close();
    await reader.end();
    await proxy.cut();
  }, 180_000);
});
