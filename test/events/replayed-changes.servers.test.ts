import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'graphql-ws';
import { pino } from 'pino';
import { WebSocket } from 'ws';
import type { Metadata } from '../../src/catalog/index.ts';
import { type Started, start } from '../../src/main.ts';
import { Dice } from '../conformance/dice.ts';
import { type Connection, connect } from '../support/connect.ts';
import { freshDatabase, type TestDatabase } from '../support/databases.ts';
import { describeEngines } from '../support/engines.ts';
import { until } from '../support/wait.ts';
import { ReplayedCopy, type Row } from './replayed-copy.ts';
import { Subscriber } from './subscriber.ts';

const secret = 'a secret of some length';
const admin = { 'x-foz-admin-secret': secret };
const member = { ...admin, 'x-foz-role': 'member', 'x-foz-user-id': '1' };
const seed = Number(process.env.FOZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
const columns = ['id', 'owner_id', 'title'];

const tables = [
  'create table moves (id integer primary key, owner_id integer, title varchar(40) not null, body text)',
  'create table watched (id integer primary key, owner_id integer, title varchar(40) not null)',
];

const metadata: Metadata = {
  tables: [
    {
      source: 'shop',
      table: 'moves',
      select_permissions: [
        { role: 'member', permission: { columns, filter: { owner_id: { _eq: 'X-Foz-User-Id' } } } },
        { role: 'crm', permission: { columns, filter: { owner: { active: { _eq: 1 } } } } },
      ],
      remote_relationships: [
        {
          name: 'owner',
          definition: {
            to_source: {
              source: 'crm',
              table: 'people',
              relationship_type: 'object',
              field_mapping: { owner_id: 'id' },
            },
          },
        },
      ],
    },
    {
      source: 'shop',
      table: 'watched',
      select_permissions: [{ role: 'member', permission: { columns, filter: {} } }],
    },
  ],
};

for (const engine of ['postgres', 'mysql', 'mariadb'] as const) {
  describeEngines([engine], () => {
    let folder: string;
    let database: TestDatabase;
    let crm: Connection;
    let client: Connection;
    let foz: Started;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'foz-changes-'));
      database = await freshDatabase(engine, 'shop');
      client = await connect(engine, database.location);
      for (const text of tables) await client.execute(text);
      if (engine === 'postgres') {
        await client.execute('alter table moves replica identity full');
        await client.execute('create publication foz for table moves, watched');
      }
      const path = join(folder, 'crm.db');
      crm = await connect('sqlite', path);
      await crm.execute(
        'create table people (id integer primary key, active integer); insert into people values (1, 1), (2, 0)',
      );
      foz = await start(
        {
          state: mkdtempSync(join(tmpdir(), 'state-')),
          server: { port: 0, graphiql: false },
          auth: { admin_secrets: [secret] },
          sources: [
            { name: 'shop', kind: engine, url: database.location },
            { name: 'crm', kind: 'sqlite', path },
          ],
          metadata,
        } as Parameters<typeof start>[0],
        { logger: pino({ level: 'silent' }) },
      );
    }, 60_000);
    afterAll(async () => {
      for (const connection of [client, crm]) await connection?.close();
      await foz?.close(0);
      await database?.drop();
      rmSync(folder, { recursive: true, force: true });
    });

    const ask = async (query: string, headers: Readonly<Record<string, string>> = admin) => {
      const response = await fetch(new URL('graphql', foz.url), {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query }),
      });
      const { data, errors } = (await response.json()) as { data: Record<string, Row[]>; errors?: unknown };
      expect([seed, errors]).toEqual([seed, undefined]);
      return data;
    };
    const subscribe = (query: string, headers: Readonly<Record<string, string>> = admin) =>
      Subscriber.open(foz.url, { query }, headers);

    test(`the changes, replayed over the first state, give the last one (FOZ_SEED=${seed})`, async () => {
      const dice = new Dice(seed);
      const others = await connect(engine, database.location);
      const copies = [
        ['{}', admin],
        ['{title: {_neq: "b"}}', admin],
        ['{}', member],
      ].map(([where, headers]) => {
        const copy = new ReplayedCopy(where as string, seed, (query) =>
          subscribe(query, headers as typeof admin),
        );
        return { copy, where, headers: headers as typeof admin };
      });
      try {
        for (const { copy } of copies) await copy.come();
        const write = async () => {
          const id = dice.whole(25);
          const values = `${id}, ${dice.whole(3)}, '${dice.pick(['a', 'b', 'c'])}'`;
          const text = dice.pick([
            `insert into moves (id, owner_id, title) select ${values} from (select 1 as x) one where not exists (select 1 from moves where id = ${id})`,
            `update moves set title = '${dice.pick(['a', 'b', 'c'])}' where id = ${id}`,
            `update moves set owner_id = ${dice.whole(3)} where id <= ${id}`,
            `update moves set id = id + 100 where id = ${id} and not exists (select 1 from (select id from moves) taken where taken.id = ${id + 100})`,
            `delete from moves where id = ${id}`,
            `delete from moves where id = ${id + 100}`,
          ]);
          const by = dice.pick([client, others]);
          if (dice.chance(20))
            await ask(`mutation { delete_moves(where: {id: {_eq: ${id}}}) { affected_rows } }`);
          else if (dice.chance(30)) await by.execute(`begin; ${text}; ${text}; commit`);
          else await by.execute(text);
        };
        for (let round = 0; round < 120; round++) {
          await write();
          if (dice.chance(5)) await dice.pick(copies).copy.leave();
        }
        await client.execute(`delete from moves where id = 999`);
        await client.execute(`insert into moves (id, owner_id, title) values (999, 1, 'last')`);
        for (const { copy, where, headers } of copies) {
          await until(() => {
            copy.apply();
            return copy.rows.has(999);
          }, 30_000);
          const { moves } = await ask(
            `{ moves(where: ${where}, order_by: {id: asc}) { id title } }`,
            headers,
          );
          const kept = [...copy.rows.values()].sort((a, b) => a.id - b.id);
          expect([seed, kept]).toEqual([seed, moves]);
        }
      } finally {
        for (const { copy } of copies) copy.close();
        await others.close();
      }
    }, 120_000);

    test('a filter over another source', async () => {
      const subscriber = await subscribe(
        'subscription { moves_changes(where: {id: {_gt: 2000}}) { op old { id } new { id } } }',
        { ...admin, 'x-foz-role': 'crm' },
      );
      await subscriber.count(1);
      await client.execute(`insert into moves (id, owner_id, title) values (2001, 2, 'a'), (2002, 1, 'b')`);
      await client.execute('update moves set owner_id = 3 - owner_id where id > 2000');
      await until(() => subscriber.answers.flatMap(({ data }) => data.moves_changes).length >= 3);
      expect(subscriber.answers.flatMap(({ data }) => data.moves_changes)).toEqual(
        expect.arrayContaining([
          { op: 'insert', old: null, new: { id: 2002 } },
          { op: 'insert', old: null, new: { id: 2001 } },
          { op: 'delete', old: { id: 2002 }, new: null },
        ]),
      );
      subscriber.close();
    }, 60_000);

    test('a changed row filter applies from then on; a removed permission ends the subscription', async () => {
      const { graphs } = foz.attached;
      const before = graphs.metadata;
      const subscriber = await subscribe('subscription { watched_changes { new { id } } }', member);
      const sent = () => subscriber.answers.flatMap(({ data }) => data?.watched_changes ?? []);
      try {
        await subscriber.count(1);
        await client.execute(`insert into watched values (1, 2, 'of another')`);
        await until(() => sent().length === 1);
        const rule = (filter: object) => ({ role: 'member', permission: { columns, filter } });
        const using = (permissions: object[]) =>
          graphs.useMetadata({
            tables: [
              before.tables![0]!,
              { source: 'shop', table: 'watched', select_permissions: permissions },
            ],
          } as Metadata);
        using([rule({ id: { _gt: 10 } })]);
        await client.execute(`insert into watched values (2, 1, 'hidden now')`);
        await client.execute(`insert into watched values (11, 1, 'seen')`);
        await until(() => sent().length === 2);
        expect(sent()).toEqual([{ new: { id: 1 } }, { new: { id: 11 } }]);
        using([]);
        await until(() => subscriber.isComplete);
        expect(subscriber.answers.at(-1)!.errors![0]!.message).toMatch(/subscription type|watched_changes/);
      } finally {
        graphs.useMetadata(before);
        subscriber.close();
      }
    }, 60_000);

    test('WebSocket carries the same changes', async () => {
      const socket = createClient({
        url: new URL('graphql', foz.url).href.replace('http', 'ws'),
        webSocketImpl: WebSocket,
        connectionParams: { headers: admin },
      });
      try {
        const answers = socket.iterate<{ watched_changes: unknown[] }>({
          query: 'subscription { watched_changes { op new { title } } }',
        });
        expect((await answers.next()).value).toEqual({ data: { watched_changes: [] } });
        await client.execute(`insert into watched values (20, 1, 'sent')`);
        expect((await answers.next()).value).toEqual({
          data: { watched_changes: [{ op: 'insert', new: { title: 'sent' } }] },
        });
        await answers.return?.();
      } finally {
        await socket.dispose();
      }
    }, 60_000);

    test('a lost connection: the binlog is read on without a gap, on PostgreSQL the subscription ends with the gap', async () => {
      const open = () => subscribe('subscription { watched_changes { new { id } } }');
      const subscriber = await open();
      await subscriber.count(1);
      const senders =
        engine === 'postgres'
          ? 'select active_pid as id from pg_replication_slots where active_pid is not null and database = current_database()'
          : `select id from information_schema.processlist where command like 'Binlog Dump%' and db = database()`;
      const found = await client.query(senders);
      expect(found.length).toBeGreaterThan(0);
      for (const row of found) {
        const id = row.id ?? row.ID;
        await client.execute(engine === 'postgres' ? `select pg_terminate_backend(${id})` : `kill ${id}`);
      }
      await client.execute(`insert into watched values (30, 1, 'after the loss')`);
      if (engine === 'postgres') {
        await until(() => subscriber.isComplete, 30_000);
        expect(subscriber.answers.at(-1)!.errors![0]).toMatchObject({
          message: expect.stringContaining('Read the table again'),
          extensions: { code: 'unavailable' },
        });
      } else {
        await until(() => subscriber.answers.length > 1 || subscriber.isOver, 30_000);
        expect(subscriber.answers.slice(1)).toEqual([{ data: { watched_changes: [{ new: { id: 30 } }] } }]);
      }
      subscriber.close();
      const again = await open();
      await again.count(1);
      await client.execute('delete from watched where id = 30');
      await again.count(2);
      expect(again.answers[1]).toEqual({ data: { watched_changes: [{ new: null }] } });
      again.close();
    }, 60_000);

    test('TRUNCATE ends the subscription', async () => {
      const subscriber = await subscribe('subscription { watched_changes { op } }');
      await subscriber.count(1);
      await client.execute('truncate table watched');
      await until(() => subscriber.isComplete, 30_000);
      expect(subscriber.answers.at(-1)!.errors![0]!.message).toContain('TRUNCATE');
      subscriber.close();
    }, 60_000);

    if (engine !== 'postgres') return;
    test('a table that is no longer published ends its subscriptions', async () => {
      const { graphs } = foz.attached;
      const subscriber = await subscribe('subscription { watched_changes { op } }');
      await subscriber.count(1);
      await client.execute('alter publication foz drop table watched');
      // After a change of the graph Foz asks again which tables are reported.
      graphs.useMetadata({ ...graphs.metadata });
      await until(() => subscriber.isComplete, 30_000);
      expect(subscriber.answers.at(-1)!.errors![0]!.message).toContain('any more');
      subscriber.close();
    }, 60_000);

    test('a large value that was not sent ends the subscription that needs it, and no other', async () => {
      await client.execute('create table large (id integer primary key, n integer, body text)');
      await client.execute('alter table large alter column body set storage external');
      await client.execute(`insert into large values (1, 1, repeat('x', 100000))`);
      await client.execute('alter publication foz add table large');
      // "recheckSchema" reads nothing if an introspection has found no change a moment ago, and on a busy machine that moment is long.
      await foz.attached.registry.refresh('shop' as Parameters<typeof foz.attached.registry.refresh>[0]);
      const whole = await subscribe('subscription { large_changes { new { id body } } }');
      const part = await subscribe('subscription { large_changes { old { id body } new { id n } } }');
      const other = await subscribe('subscription { large_changes(where: {id: {_eq: 2}}) { new { body } } }');
      for (const subscriber of [whole, part, other]) await subscriber.started();
      await client.execute('update large set n = 2 where id = 1');
      await until(() => whole.isComplete && part.answers.length > 1, 30_000);
      expect(whole.answers.at(-1)!.errors![0]).toMatchObject({
        message: expect.stringContaining('REPLICA IDENTITY FULL'),
        extensions: { code: 'not-supported' },
      });
      expect(part.answers[1]).toEqual({
        data: { large_changes: [{ old: { id: 1, body: null }, new: { id: 1, n: 2 } }] },
      });
      // Of a row that does not concern the subscriber nothing is needed.
      await client.execute(`insert into large values (2, 1, 'short')`);
      await other.count(2);
      expect(other.answers[1]).toEqual({ data: { large_changes: [{ new: { body: 'short' } }] } });
      for (const subscriber of [whole, part, other]) subscriber.close();
    }, 60_000);
  });
}
