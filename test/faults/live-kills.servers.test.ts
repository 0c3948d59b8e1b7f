import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { Serving } from '../cli/serving.ts';
import { Dice } from '../conformance/dice.ts';
import { type Connection, connect } from '../support/connect.ts';
import { CuttableProxy } from '../support/cuttable-proxy.ts';
import { describeEngines } from '../support/engines.ts';
import { type Server, starters } from '../support/servers/index.ts';
import { pause, until } from '../support/wait.ts';
import { ChangesCopy } from './changes-copy.ts';

const soaked = ['postgres', 'mariadb', 'mysql'] as const;
const seed = Number(process.env.FOZ_SEED ?? 1);
/** Kills per engine. Of five, one is of Foz, one of the server, and three are of the connections between them. */
const kills = Number(process.env.FOZ_LIVE_KILLS ?? 5);
/** MySQL takes longest to start again: only long runs kill it. */
const engines = process.env.FOZ_LIVE_KILLS === undefined ? soaked.slice(0, 2) : soaked;
const rows = 20;
const secret = 'a-secret-of-some-length';

/** Prepares a server of its own, and the URL under which it is served. */
const setUp = {
  postgres: ['create publication foz for table counters'],
  mariadb: [],
  mysql: [],
} as const;

const settings = {
  postgres: {},
  mariadb: { 'log-bin': 'log', 'binlog-format': 'ROW', 'binlog-row-metadata': 'FULL', 'server-id': '7' },
  mysql: { 'gtid-mode': 'ON', 'enforce-gtid-consistency': 'ON', 'server-id': '7' },
} as const;

/**
 * Foz, the database and the connections between them are killed at random moments while rows are written. Clients subscribe again by
 * themselves, as the library of the protocol does: at the end none has a stale answer, and a copy that is kept by `counters_changes` is
 * the table. `FOZ_SEED=7 FOZ_LIVE_KILLS=100` for more.
 */
/** An update most of the time; rows behind the first ones are inserted and deleted. */
function statement(dice: Dice): string {
  const id = rows + 1 + dice.whole(5);
  if (dice.chance(10)) return `delete from counters where id = ${id}`;
  if (dice.chance(10))
    return `insert into counters select ${id}, 1, 0 from (select 1 as one) o where not exists (select 1 from (select id from counters) c where c.id = ${id})`;
  return `update counters set n = n + 1 where id = ${1 + dice.whole(rows + 5)}`;
}

/** Waits until changes reach the copy while rows are written. */
async function goesOn(copy: ChangesCopy): Promise<void> {
  const before = copy.applied;
  await until(() => copy.applied > before, 120_000).catch(() => {
    throw new Error(`No change reached the copy for two minutes; it resumed ${copy.resumed} times.`);
  });
}

describeEngines(engines, (engine) => {
  let server: Server;
  let proxy: CuttableProxy;
  let foz: Serving;
  let folder: string;
  let writer: Connection | null = null;
  let client: Client;

  const url = () => (engine === 'postgres' ? server.url : `${server.url}kills`);
  const port = () => Number(new URL(foz.url).port);

  beforeAll(async () => {
    server = await starters[engine]({ settings: settings[engine] });
    if (engine !== 'postgres') {
      const root = await connect(engine, server.url);
      await root.execute('create database kills');
      await root.close();
    }
    writer = await connect(engine, url());
    await writer.execute(
      'create table counters (id integer primary key, owner integer not null, n integer not null)',
    );
    for (let id = 1; id <= rows; id++)
      await writer.execute(`insert into counters values (${id}, ${id % 4}, 0)`);
    for (const text of setUp[engine]) await writer.execute(text);
    proxy = new CuttableProxy(url());
    folder = mkdtempSync(join(tmpdir(), 'foz-live-kills-'));
    writeFileSync(
      join(folder, 'foz.yaml'),
      JSON.stringify({
        auth: { admin_secrets: [secret] },
        sources: [{ name: 'shop', kind: engine, url: await proxy.open() }],
      }),
    );
    foz = await Serving.start(folder);
    client = createClient({
      url: `${foz.url.replace('http', 'ws')}graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { headers: { 'x-foz-admin-secret': secret } },
      retryAttempts: Number.POSITIVE_INFINITY,
      shouldRetry: () => true,
      retryWait: () => pause(100),
    });
  }, 300_000);
  afterAll(async () => {
    await client?.dispose();
    await foz?.kill();
    await proxy?.cut();
    await writer?.close().catch(() => {});
    await server?.stop();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  test(
    `seed ${seed}: ${kills} kills`,
    async () => {
      const dice = new Dice(seed);
      const last = new Map<string, string>();
      const failures: string[] = [];
      const watch = (query: string) =>
        client.subscribe(
          { query: `subscription ${query}` },
          {
            next({ data, errors }) {
              if (errors === undefined) last.set(query, JSON.stringify(data));
              else if (!errors.every(({ extensions }) => extensions?.code === 'unavailable'))
                failures.push(JSON.stringify(errors));
            },
            error: (error) => void failures.push(JSON.stringify(error)),
            complete: () => {},
          },
        );
      const queries = [
        '{ counters(order_by: {id: asc}) { id n } }',
        ...[0, 1, 2, 3].map(
          (owner) => `{ counters(where: {owner: {_eq: ${owner}}}, order_by: {id: asc}) { n } }`,
        ),
        '{ counters_by_pk(id: 3) { n } }',
        '{ counters_aggregate { aggregate { sum { n } } } }',
      ];
      const stops = queries.map(watch);
      const headers = { 'x-foz-admin-secret': secret };
      const copy = new ChangesCopy({
        url: () => foz.url,
        headers,
        async rows() {
          const { text } = await foz.post('graphql', headers, { query: '{ counters { id n } }' });
          return (JSON.parse(text) as { readonly data?: { readonly counters: { id: number; n: number }[] } })
            .data?.counters;
        },
      });

      let isWriting = true;
      let written = 0;
      const writing = (async () => {
        while (isWriting) {
          try {
            writer ??= await connect(engine, url());
            await writer.execute(statement(dice));
            written++;
          } catch {
            // The server is down: the next statement takes a new connection.
            await writer?.close().catch(() => {});
            writer = null;
            await pause(20);
          }
          if (written % 10 === 0) await pause(2);
        }
      })();

      const moments = new Dice(seed + 1);
      for (let n = 0; n < kills; n++) {
        await pause(50 + moments.whole(400));
        proxy.halves = moments.chance(50);
        proxy.halfMs = moments.pick([1, 1, 5, 30]);
        switch (n % 5) {
          case 0: {
            // Half of the times the client's copy has gone on before Foz is killed again, however long Foz took to start.
            if (moments.chance(50)) await goesOn(copy);
            const at = port();
            await foz.kill();
            foz = await Serving.start(folder, { port: at });
            break;
          }
          case 3:
            await server.kill9();
            await pause(moments.whole(200));
            await server.restart();
            break;
          case 4:
            await proxy.cut();
            await pause(moments.whole(1500));
            await proxy.open();
            break;
          default:
            await proxy.open();
        }
      }
      await pause(100);
      isWriting = false;
      await writing;
      expect(written).toBeGreaterThan(100);

      const fresh = async (query: string) => {
        const { text } = await foz.post('graphql', { 'x-foz-admin-secret': secret }, { query });
        return JSON.stringify((JSON.parse(text) as { readonly data?: unknown }).data);
      };
      for (const query of queries)
        await until(async () => {
          const now = await fresh(query);
          return now !== undefined && last.get(query) === now;
        }, 60_000).catch(async () => {
          throw new Error(
            `${query}: ${last.get(query)} is the last answer, ${await fresh(query)} the present one`,
          );
        });
      expect(failures).toEqual([]);
      const [list] = queries;
      await until(() => `{"counters":${copy.text}}` === last.get(list!), 60_000).catch(() => {
        throw new Error(`The copy is ${copy.text}, the table ${last.get(list!)}`);
      });
      await copy.close();
      expect(copy.failures).toEqual([]);
      for (const stop of stops) stop();
    },
    180_000 + kills * 15_000,
  );
});
