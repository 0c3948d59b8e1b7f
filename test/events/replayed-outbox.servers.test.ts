import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { type Started, start } from '../../src/main.ts';
import { changesWays } from '../cases/live/ways.ts';
import { Dice } from '../conformance/dice.ts';
import { setUp } from '../databases/outbox/fixture.ts';
import { type Connection, connect } from '../support/connect.ts';
import { freshDatabase, type TestDatabase } from '../support/databases.ts';
import { describeEngines } from '../support/engines.ts';
import { until } from '../support/wait.ts';
import { OtherProcess } from './live-writer.ts';
import { ReplayedCopy, type Row } from './replayed-copy.ts';
import { Subscriber } from './subscriber.ts';

const secret = 'a secret of some length';
const admin = { 'x-foz-admin-secret': secret };
const member = { ...admin, 'x-foz-role': 'member', 'x-foz-user-id': '1' };
const seed = Number(process.env.FOZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
const writes = Number(process.env.FOZ_RANDOM_OPERATIONS ?? 60);
const columns = ['id', 'owner_id', 'title'];

/** A random write. Rows move between owners, and to other keys. */
function statement(dice: Dice): string {
  const id = dice.whole(25);
  const values = `${id}, ${dice.whole(3)}, '${dice.pick(['a', 'b', 'c'])}'`;
  return dice.pick([
    `insert into moves (id, owner_id, title) select ${values} from (select 1 as x) o where not exists (select 1 from (select id from moves) m where m.id = ${id})`,
    `update moves set title = '${dice.pick(['a', 'b', 'c'])}' where id = ${id}`,
    `update moves set owner_id = ${dice.whole(3)} where id <= ${id}`,
    `update moves set id = id + 100 where id = ${id} and not exists (select 1 from (select id from moves) m where m.id = ${id + 100})`,
    `delete from moves where id in (${id}, ${id + 100})`,
  ]);
}

/** The changes of an outbox, replayed over the first state. Those of a log: `replayed-changes`. */
for (const [engine] of changesWays.filter(([, way]) => way === 'outbox')) {
  describeEngines([engine], () => {
    let database: TestDatabase;
    let clients: Pick<Connection, 'execute' | 'close'>[] = [];
    let foz: Started;

    beforeAll(async () => {
      database = await freshDatabase(engine, 'shop');
      await database.use((connection) =>
        connection.execute(
          'create table moves (id integer primary key, owner_id integer, title varchar(40) not null)',
        ),
      );
      const embedded = engine === 'pglite' || engine === 'sqlite';
      const place = embedded ? { path: database.location } : { url: database.location };
      foz = await start(
        {
          state: mkdtempSync(join(tmpdir(), 'state-')),
          server: { port: 0, graphiql: false },
          auth: { admin_secrets: [secret] },
          sources: [{ name: 'shop', kind: engine, changes: 'triggers', ...place }],
          metadata: {
            tables: [
              {
                source: 'shop',
                table: 'moves',
                select_permissions: [
                  { role: 'member', permission: { columns, filter: { owner_id: { _eq: 'X-Foz-User-Id' } } } },
                ],
              },
            ],
          },
        } as unknown as Parameters<typeof start>[0],
        { logger: pino({ level: 'silent' }) },
      );
      const { connector } = foz.attached.registry.named('shop');
      await setUp({ connector, namespace: engine === 'sqlite' ? null : database.namespace }, 'moves');
      // PGlite's folder belongs to Foz alone: its own SQL goes through the connector.
      const through = {
        execute: async (text: string) => {
          const context = { signal: new AbortController().signal, timeoutMs: null };
          await connector.run({ text, slots: [] }, [], context);
        },
        close: async () => {},
      };
      const open = () =>
        engine === 'sqlite'
          ? OtherProcess.start(engine, database.location)
          : connect(engine, database.location);
      clients = engine === 'pglite' ? [through] : [await open(), await open()];
    }, 120_000);
    afterAll(async () => {
      for (const client of clients) await client.close();
      await foz?.close(0);
      await database?.drop();
    });

    const ask = async (query: string, headers: Readonly<Record<string, string>> = admin) => {
      const response = await fetch(new URL('graphql', foz.url), {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query }),
      });
      const { data, errors } = (await response.json()) as { data: { moves: Row[] }; errors?: unknown };
      expect([seed, errors]).toEqual([seed, undefined]);
      return data.moves;
    };

    test(`the changes, replayed over the first state, give the last one (FOZ_SEED=${seed})`, async () => {
      const dice = new Dice(seed);
      const copies = [
        { where: '{}', headers: admin },
        { where: '{title: {_neq: "b"}}', headers: admin },
        { where: '{}', headers: member },
      ].map((one) => ({
        ...one,
        copy: new ReplayedCopy(one.where, seed, (query) => Subscriber.open(foz.url, { query }, one.headers)),
      }));
      try {
        for (const { copy } of copies) await copy.come();
        for (let n = 0; n < writes; n++) {
          const text = statement(dice);
          const client = dice.pick(clients);
          if (dice.chance(20))
            await ask(`mutation { delete_moves(where: {id: {_eq: ${dice.whole(25)}}}) { affected_rows } }`);
          else if (dice.chance(30) && engine !== 'pglite')
            await client.execute(`begin; ${text}; ${statement(dice)}; ${dice.pick(['commit', 'rollback'])}`);
          else await client.execute(text);
          if (dice.chance(8)) await dice.pick(copies).copy.leave();
        }
        await clients[0]!.execute(`insert into moves (id, owner_id, title) values (999, 1, 'last')`);
        for (const { copy, where, headers } of copies) {
          await until(() => {
            copy.apply();
            return copy.rows.has(999);
          }, 60_000);
          const rows = await ask(`{ moves(where: ${where}, order_by: {id: asc}) { id title } }`, headers);
          expect([seed, [...copy.rows.values()].sort((a, b) => a.id - b.id)]).toEqual([seed, rows]);
        }
      } finally {
        for (const { copy } of copies) copy.close();
      }
    }, 180_000);
  });
}
