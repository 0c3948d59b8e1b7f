import { pino } from 'pino';
import { type Started, start } from '../../../src/main.ts';
import { type StorePlace, storePlace } from '../../store/place.ts';
import { CuttableProxy } from '../../support/cuttable-proxy.ts';
import { describeEngines } from '../../support/engines.ts';
import { readiness } from '../../support/ready.ts';
import { until } from '../../support/wait.ts';

describeEngines(['postgres'], () => {
  let place: StorePlace;
  let proxy: CuttableProxy;
  let server: Started | null = null;
  beforeAll(async () => {
    place = await storePlace('postgres');
    proxy = new CuttableProxy(place.url!);
  });
  afterEach(async () => {
    await server?.close(0);
    server = null;
    await proxy.cut();
  });
  afterAll(() => place?.drop());

  const over = (url: string) =>
    start(
      {
        state: place.folder,
        store: { url },
        server: { port: 0, graphiql: false },
        auth: { admin_secrets: ['a secret of some length'], anonymous_role: 'guest' },
        audit: false,
        sources: [],
      },
      { logger: pino({ level: 'silent' }) },
    );
  const ready = async () => (await fetch(`${server!.url}readyz`)).status;
  const asGuest = async () => {
    const response = await fetch(`${server!.url}graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ __typename }' }),
    });
    return response.status;
  };

  test('a store that is not there: not ready and says why, as long as others than admins are refused', async () => {
    const url = await proxy.open();
    await proxy.cut();
    server = await over(url);
    expect([await ready(), await asGuest()]).toEqual([503, 503]);
    const answer = await readiness(server.url);
    expect(answer).toEqual({
      status: 'not ready',
      store: { ready: false, reason: 'not read yet: sources, settings, metadata, names; the log says why' },
      sources: [],
    });
    await proxy.open();
    await until(async () => (await ready()) === 200);
    expect([await asGuest(), (await readiness(server.url)).store]).toEqual([
      200,
      { ready: true, reason: null },
    ]);
  }, 60_000);

  test('a store that goes away later: what is known of it is served, so Foz stays ready', async () => {
    server = await over(await proxy.open());
    await until(async () => (await ready()) === 200);
    await proxy.cut();
    await expect(server.plane!.store.read((db) => db.raw('select 1'))).rejects.toMatchObject({
      code: 'unavailable',
    });
    expect([await ready(), await asGuest()]).toEqual([200, 200]);
  }, 60_000);

  test('a store that is silent: the start goes on after ten seconds, and readiness is told at once', async () => {
    const begun = performance.now();
    server = await over(await proxy.silence());
    expect(performance.now() - begun).toBeLessThan(15_000);
    const asked = performance.now();
    expect(await ready()).toBe(503);
    expect(performance.now() - asked).toBeLessThan(2_000);
    expect(await asGuest()).toBe(503);
    await proxy.open();
    await until(async () => (await ready()) === 200);
    expect(await asGuest()).toBe(200);
  }, 60_000);
});
