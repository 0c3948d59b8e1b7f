import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Running, running } from '../control/sources/runtime.ts';
import { Subscriber } from '../events/subscriber.ts';
import { connect } from '../support/connect.ts';
import { until } from '../support/wait.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-following-'));
const path = (name: string) => join(folder, `${name}.db`);
const admin = { 'x-foz-admin-secret': 'a secret of some length' };
let foz: Running;

beforeAll(async () => {
  for (const name of ['shop', 'desk']) {
    const connection = await connect('sqlite', path(name));
    await connection.execute(`create table ${name}_items (id integer primary key, n integer)`);
    await connection.close();
  }
  foz = await running({
    state: join(folder, 'state'),
    sources: [
      { name: 'shop', kind: 'sqlite', path: path('shop') },
      { name: 'desk', kind: 'sqlite', path: path('desk'), changes: 'off' },
    ],
    server: { port: 0, graphiql: false },
  });
}, 60_000);
afterAll(async () => {
  await foz?.server.close(100);
  rmSync(folder, { recursive: true });
});

const following = async () => {
  const { data } = await foz.control(
    '{ sources { name changes { wanted method state since reasons left lagSeconds lagBytes } } }',
  );
  return Object.fromEntries(
    data.sources.map(({ name, changes }: { name: string; changes: object }) => [name, changes]),
  );
};
const metrics = async () => (await fetch(`${foz.server.url}metrics`)).text();

test('the control API and the metrics say how each source is followed', async () => {
  expect(await following()).toEqual({
    shop: {
      wanted: 'auto',
      method: 'version',
      state: 'idle',
      since: null,
      reasons: expect.any(Array),
      left: [],
      lagSeconds: null,
      lagBytes: null,
    },
    desk: expect.objectContaining({ wanted: 'off', method: 'off', state: 'off', since: null }),
  });
  expect(await metrics()).not.toContain('foz_change_feed{');
  const subscriber = await Subscriber.open(
    foz.server.url,
    { query: 'subscription { shop_items { n } }' },
    admin,
  );
  await subscriber.last({ shop_items: [] });
  const { shop } = await following();
  expect(shop).toMatchObject({ wanted: 'auto', method: 'version', state: 'following' });
  expect(Math.abs(Date.parse(shop.since) - Date.now())).toBeLessThan(60_000);
  expect(await metrics()).toMatch(/foz_change_feed\{source="shop",method="version"\} 1/);
  subscriber.close();
});

test('a source that is not followed refuses subscriptions and says what helps; queries go on', async () => {
  const refused = await Subscriber.open(
    foz.server.url,
    { query: 'subscription { desk_items { n } }' },
    admin,
  );
  await until(() => refused.isOver);
  expect(refused.answers).toEqual([
    {
      errors: [
        {
          message: expect.stringMatching(/desk.*changes.*off.*query/s),
          extensions: { path: expect.any(String), code: 'not-supported' },
        },
      ],
    },
  ]);
  expect((await foz.ask('{ desk_items { n } }')).data).toEqual({ desk_items: [] });
});
