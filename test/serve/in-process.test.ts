import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { adminSession } from '../../src/access/index.ts';
import { type Started, start } from '../../src/main.ts';
import { connect } from '../support/connect.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-in-process-'));
let foz: Started;

beforeAll(async () => {
  const file = join(folder, 'shop.db');
  const own = await connect('sqlite', file);
  await own.execute('create table orders (id bigint primary key, note text)');
  await own.execute("insert into orders values (9007199254740992, 'even'), (9007199254740993, 'odd')");
  await own.close();
  foz = await start(
    {
      state: join(folder, 'state'),
      numbers: 'number',
      server: { port: 0, graphiql: false },
      sources: [{ name: 'shop', kind: 'sqlite', path: file }],
    },
    { logger: pino({ level: 'silent' }) },
  );
}, 120_000);
afterAll(async () => {
  await foz?.close(0);
  rmSync(folder, { recursive: true, force: true });
});

const operate = (query: string, variables: Readonly<Record<string, unknown>> = {}) =>
  foz.operate({
    ...{ session: adminSession, query, variables, operationName: null },
    ...{ requestId: 'test', signal: new AbortController().signal },
  });

test('an id that a step reads is the id by which the next one writes', async () => {
  const read = await operate('{ orders(order_by: { id: asc }) { id } }');
  const ids = ['9007199254740992', '9007199254740993'];
  expect(read).toEqual({ data: { orders: ids.map((id) => ({ id })) } });
  const written = await operate(
    'mutation ($id: bigint!) { update_orders_by_pk(pk_columns: { id: $id }, _set: { note: "written" }) { note } }',
    { id: ids[1] },
  );
  expect(written).toEqual({ data: { update_orders_by_pk: { note: 'written' } } });
  expect(await operate('{ orders(order_by: { id: asc }) { note } }')).toEqual({
    data: { orders: [{ note: 'even' }, { note: 'written' }] },
  });
});
