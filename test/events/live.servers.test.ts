import { createHmac } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { mintKey } from '../../src/auth/index.ts';
import type { Metadata } from '../../src/catalog/index.ts';
import { Feeds } from '../../src/events/index.ts';
import { type Started, start } from '../../src/main.ts';
import { insertKey, revokeKey } from '../../src/store/repositories/api-keys.ts';
import {
  cases,
  change,
  deskTables,
  fixture,
  followed,
  type LiveCase,
  metadataOf,
  person,
  refused,
  role,
  tablesOf,
} from '../cases/live/index.ts';
import { liveWays, type Way } from '../cases/live/ways.ts';
import { setUp } from '../databases/outbox/fixture.ts';
import { type Connection, connect } from '../support/connect.ts';
import { freshDatabase, type TestDatabase } from '../support/databases.ts';
import { describeEngines, type Engine } from '../support/engines.ts';
import { untilRead } from '../support/ready.ts';
import { until } from '../support/wait.ts';
import { LiveWriter, OtherProcess } from './live-writer.ts';
import { Subscriber } from './subscriber.ts';

const secret = 'a secret of some length';
const tokenSecret = 'a secret of tokens that has some length';
const admin = { 'x-foz-admin-secret': secret };

/** The least milliseconds between two runs of a live query. */
const intervalMs = 50;

/** Cases that run at the same time. Where changes are reported, each write runs the queries of all cases on its table. */
const atOnce = { polled: 32, reported: 8 } as const;

/** Ends the connections that send the changes of the database. */
const killSenders = `select pg_terminate_backend(active_pid) from pg_replication_slots
  where active_pid is not null and database = current_database()`;

/** A token with the role `clerk` that is valid for some seconds. */
function token(seconds: number, team: number): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = {
    'x-hasura-allowed-roles': ['clerk'],
    'x-hasura-default-role': 'clerk',
    'x-hasura-user-id': String(team),
  };
  const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({
    iss: 'live',
    aud: 'foz',
    exp: Math.floor(Date.now() / 1000) + seconds,
    'https://hasura.io/jwt/claims': claims,
  })}`;
  return `${text}.${createHmac('sha256', tokenSecret).update(text).digest('base64url')}`;
}

/** Runs the items a few at a time. Returns the outcome of each. */
function sideBySide<T>(
  items: readonly T[],
  most: number,
  run: (item: T) => Promise<void>,
): Map<T, Promise<void>> {
  const starts = new Map<T, () => void>();
  const outcomes = new Map(
    items.map((item) => {
      const turn = new Promise<void>((resolve) => starts.set(item, resolve));
      return [item, turn.then(() => run(item))];
    }),
  );
  const waiting = [...items];
  const next = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      starts.get(item)!();
      // The test of the item reports the error.
      await outcomes.get(item)!.catch(() => {});
    }
  };
  for (let n = 0; n < most; n++) void next();
  return outcomes;
}

const configOf = (engine: Engine, location: string, desk: string, method: Way) => {
  const place = engine === 'sqlite' || engine === 'pglite' ? { path: location } : { url: location };
  const shop = {
    name: 'shop',
    kind: engine,
    ...(method === 'outbox' ? { changes: 'triggers' } : {}),
    ...place,
  };
  return {
    state: mkdtempSync(join(tmpdir(), 'state-')),
    server: {
      port: 0,
      graphiql: false,
      limits: {
        roles: { brief: { depth: 3, cost: 1000 }, listing: { subscriptions: 1, answer_bytes: 300 } },
      },
    },
    auth: {
      admin_secrets: [secret],
      anonymous_role: 'visitor',
      jwt: [{ issuer: 'live', audience: 'foz', secret: tokenSecret, clock_skew: 0 }],
      api_keys: [
        { name: 'reading', key: keys.reading, roles: ['teammate'], scopes: { operations: ['read'] } },
        {
          name: 'elsewhere',
          key: keys.elsewhere,
          roles: ['teammate'],
          scopes: { tables: ['desk.live_tickets'] },
        },
      ],
    },
    allow_list: [{ role: 'listed', operations: ['subscription Listed { live_people_by_pk(id: 1) { id } }'] }],
    sources: [shop, { name: 'desk', kind: 'sqlite', path: desk }],
    metadata: metadataOf('shop'),
  } as unknown as Parameters<typeof start>[0];
};

const keys = { reading: newKey(), elsewhere: newKey() };
function newKey(): string {
  return mintKey(new Uint8Array(32)).key;
}

/** The metadata with another filter for the role `changing`; `null`: the role has no permission. */
function withRole(metadata: Metadata, filter: object | null): Metadata {
  const tables = metadata.tables!.map((table) => ({
    ...table,
    select_permissions: (table.select_permissions ?? []).flatMap((given) => {
      if (given.role !== 'changing') return [given];
      return filter === null ? [] : [{ ...given, permission: { ...given.permission, filter } }];
    }),
  }));
  return { ...metadata, tables } as Metadata;
}

for (const [engine, method] of liveWays) {
  describeEngines([engine], () => {
    let database: TestDatabase;
    let own: Pick<Connection, 'execute' | 'close'> | null = null;
    let other: OtherProcess | null = null;
    let support: OtherProcess;
    let foz: Started;
    let outcomes: ReadonlyMap<LiveCase, Promise<void>>;

    beforeAll(async () => {
      database = await freshDatabase(engine, 'shop');
      await database.use(async (connection) => {
        for (const text of tablesOf(engine)) await connection.execute(text);
        for (const write of fixture) if ('sql' in write) await connection.execute(write.sql);
        await connection.execute(cases.flatMap(({ before = [] }) => before).join(';\n'));
        if (method === 'published')
          await connection.execute(
            `create publication foz for table ${followed.map((name) => `"${name}"`).join(', ')}`,
          );
      });
      const desk = join(mkdtempSync(join(tmpdir(), 'desk-')), 'desk.db');
      support = await OtherProcess.start('sqlite', desk);
      for (const text of deskTables) await support.execute(text);
      foz = await start(configOf(engine, database.location, desk, method), {
        logger: pino({ level: 'silent' }),
      });
      await untilRead(foz);
      if (method === 'outbox') {
        const { connector } = foz.attached.registry.named('shop');
        await setUp({ connector, namespace: engine === 'sqlite' ? null : database.namespace }, ...followed);
      }
      // PGlite's folder belongs to Foz alone: its own SQL goes through the connector.
      if (engine !== 'pglite') {
        // A client within this process would block it while it waits for a lock that Foz holds.
        own =
          engine === 'sqlite'
            ? await OtherProcess.start(engine, database.location)
            : await connect(engine, database.location);
        other = await OtherProcess.start(engine, database.location);
      }
      const isPolled = method === 'by itself' && (engine === 'postgres' || engine === 'pglite');
      outcomes = sideBySide(cases, isPolled ? atOnce.polled : atOnce.reported, answered);
    }, 120_000);
    afterAll(async () => {
      await other?.close();
      await own?.close();
      await support?.close();
      await foz?.close(0);
      await database?.drop();
    });

    const execute = async (text: string) => {
      if (own !== null) return void (await own.execute(text));
      const { connector } = foz.attached.registry.named('shop');
      const context = { signal: new AbortController().signal, timeoutMs: null };
      await connector.run({ text, slots: [] }, [], context);
    };
    const mutate = async (query: string) => {
      const response = await fetch(new URL('graphql', foz.url), {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...admin },
        body: JSON.stringify({ query }),
      });
      return (await response.json()) as { readonly errors?: unknown };
    };
    const subscribe = ({ query, variables = {}, as = {} }: Pick<LiveCase, 'query' | 'variables' | 'as'>) =>
      Subscriber.open(foz.url, { query, variables }, { ...admin, ...as });
    /** Subscribes without the admin secret. */
    const subscribeAs = (query: string, headers: Readonly<Record<string, string>>) =>
      Subscriber.open(foz.url, { query }, headers);

    /** Runs a case: its answers must come, and no others. */
    const answered = async ({ first, writes, ...asked }: LiveCase) => {
      const writer = new LiveWriter({
        engine,
        execute,
        desk: (text) => support.execute(text),
        mutate,
        other,
      });
      const subscriber = await subscribe(asked);
      try {
        const expected = [first];
        await subscriber.last(first);
        for (const [given, answer] of writes) {
          const before = performance.now();
          await writer.write(given);
          if (answer === null) continue;
          await subscriber.last(answer);
          if ('burst' in given) {
            const sent = subscriber.answers.slice(expected.length).map(({ data }) => data);
            // A run begins at most once per interval, however fast the writes are.
            expect(sent.length).toBeLessThan((performance.now() - before) / intervalMs + 3);
            expected.push(...sent);
          } else expected.push(answer);
        }
        expect(subscriber.answers).toEqual(expected.map((data) => ({ data })));
      } finally {
        subscriber.close();
      }
    };

    describe(method, () => {
      test.each(cases)('$name', async (one) => outcomes.get(one), 120_000);

      test.each(refused)(
        'denied: $name',
        async ({ message, ...asked }) => {
          const subscriber = await subscribe(asked).catch((error: Error) => error);
          if (subscriber instanceof Error) return expect(subscriber.message).toContain(message);
          const [answer] = await subscriber.count(1);
          expect([answer!.data ?? null, answer!.errors?.[0]?.message]).toEqual([
            null,
            expect.stringContaining(message),
          ]);
          subscriber.close();
        },
        60_000,
      );

      test('denied: no credential, a wrong one, and a role that it does not have', async () => {
        const list = 'subscription { live_people(order_by: {id: asc}) { id name } }';
        await expect(subscribeAs(list, { 'x-foz-admin-secret': 'wrong' })).rejects.toThrow(/^401/);
        await expect(subscribeAs(list, { 'x-api-key': newKey() })).rejects.toThrow(/^401/);
        const clerk = { authorization: `Bearer ${token(600, 1)}` };
        await expect(subscribeAs(list, { ...clerk, 'x-foz-role': 'teammate' })).rejects.toThrow(/^403/);
        await expect(subscribeAs(list, { authorization: `Bearer ${token(-5, 1)}` })).rejects.toThrow(/^401/);
        for (const key of [keys.reading, keys.elsewhere]) {
          const subscriber = await subscribeAs(list, { 'x-api-key': key });
          const [answer] = await subscriber.count(1);
          expect([answer!.data ?? null, answer!.errors?.[0]?.extensions.code]).toEqual([
            null,
            'validation-failed',
          ]);
        }
      });

      test('denied: the anonymous role sees what its permission has, also as it changes', async () => {
        await execute(person(7000, { team: 7000, name: 'hidden' }));
        const visitor = await subscribeAs('subscription { live_people { name } }', {});
        await visitor.last({ live_people: [] });
        await execute(change(7000, `name = 'still hidden'`));
        await execute(person(7001, { team: 7000, name: 'shown', city: 'public' }));
        await visitor.last({ live_people: [{ name: 'shown' }] });
        await execute(change(7001, `city = 'oslo'`));
        await visitor.last({ live_people: [] });
        expect(visitor.answers).toHaveLength(3);
        visitor.close();
      });

      test('denied: answers after a token has expired', async () => {
        const expiring = await subscribeAs('subscription { live_people { name } }', {
          authorization: `Bearer ${token(2, 7010)}`,
        });
        await expiring.last({ live_people: [] });
        await until(() => expiring.isOver);
        await execute(person(7010, { team: 7010, name: 'after' }));
        const lasting = await subscribeAs('subscription { live_people { name } }', {
          authorization: `Bearer ${token(600, 7010)}`,
        });
        await lasting.last({ live_people: [{ name: 'after' }] });
        expect(expiring.answers.map(({ data }) => data ?? null)).toEqual([{ live_people: [] }, null]);
        expect(expiring.answers[1]!.errors![0]!.extensions.code).toBe('access-denied');
        lasting.close();
      });

      test('denied: answers after a key was revoked', async () => {
        const { plane } = foz;
        const { key, prefix, hash } = mintKey(plane!.peppers[0]!);
        const variables = { 'user-id': '7020' };
        await plane!.store.write((db) =>
          insertKey(db, { id: 'revoked', name: 'revoked', prefix, hash, roles: ['teammate'], variables }),
        );
        const subscriber = await subscribeAs('subscription { live_people { name } }', { 'x-api-key': key });
        await subscriber.last({ live_people: [] });
        await plane!.store.write((db) => revokeKey(db, 'revoked'));
        await until(() => subscriber.isOver);
        await execute(person(7020, { team: 7020, name: 'after' }));
        await expect(
          subscribeAs('subscription { live_people { name } }', { 'x-api-key': key }),
        ).rejects.toThrow(/^401/);
        expect(subscriber.answers.map(({ data }) => data ?? null)).toEqual([{ live_people: [] }, null]);
      });

      test('denied: more subscriptions at once than the caller may have, and longer answers', async () => {
        const asked = {
          query: 'subscription { live_people(where: {team: {_eq: 7030}}) { name } }',
          as: role('listing'),
        };
        const first = await subscribe(asked);
        await first.last({ live_people: [] });
        await expect(subscribe(asked)).rejects.toThrow(/^429 .*limit-exceeded/);
        await execute(person(7030, { team: 7030, name: 'short' }));
        await first.last({ live_people: [{ name: 'short' }] });
        for (let n = 1; n <= 10; n++) await execute(person(7030 + n, { team: 7030, name: 'x'.repeat(39) }));
        await until(() => first.answers.at(-1)?.errors?.[0]?.extensions.code === 'limit-exceeded');
        first.close();
      });

      test('denied: rows of a permission that has changed, and all of them once it is gone', async () => {
        const { graphs } = foz.attached;
        const before = graphs.metadata;
        await execute(person(7050, { team: 7050, name: 'mine' }));
        await execute(person(7051, { team: 7059, name: 'other' }));
        const changing = {
          query: 'subscription { live_people { name } }',
          as: role('changing', { 'user-id': 7050 }),
        };
        const subscriber = await subscribe(changing);
        try {
          await subscriber.last({ live_people: [{ name: 'mine' }] });
          graphs.useMetadata(withRole(before, { team: { _eq: 'X-Foz-User-Id' }, name: { _eq: 'seen' } }));
          await subscriber.last({ live_people: [] });
          await execute(change(7050, `name = 'hidden'`));
          await execute(change(7050, `name = 'seen'`));
          await subscriber.last({ live_people: [{ name: 'seen' }] });
          graphs.useMetadata(withRole(before, null));
          await until(() => subscriber.isOver);
          const [last] = subscriber.answers.slice(-1);
          expect([last!.data ?? null, last!.errors?.[0]?.extensions.code]).toEqual([
            null,
            'validation-failed',
          ]);
          expect(JSON.stringify(subscriber.answers)).not.toMatch(/hidden|other/);
        } finally {
          graphs.useMetadata(before);
          subscriber.close();
        }
      });

      if (method !== 'published') return;
      test('a long transaction of others delays no answer', async () => {
        const { connector } = foz.attached.registry.named('shop');
        const other = await connect(engine, database.location);
        const feeds = new Feeds({ connectorOf: () => connector });
        try {
          await other.execute('begin; update live_authors set name = name where id = 120');
          const { tables } = foz.attached.graphs.catalog.sources.get(foz.attached.registry.sources[0]!.name)!;
          const books = tables.filter(({ name }) => name === 'live_books');
          let touched = 0;
          const watch = feeds.watch(books, null, { touch: () => touched++ });
          await watch.ready;
          expect(feeds.states).toMatchObject([{ polled: [{ name: 'live_books' }] }]);
          await until(() => touched > 1);
          await other.execute('commit');
          await until(() => feeds.states[0]!.polled.length === 0);
          touched = 0;
          await execute(`update live_books set title = title where id = 100`);
          await execute(`insert into live_books values (9999, 10, 'seen', 1)`);
          await until(() => touched > 0);
          await execute('delete from live_books where id = 9999');
          watch.stop();
        } finally {
          await other.close();
          await feeds.close();
        }
      }, 60_000);

      test('a lost stream is opened again; changes in the gap are seen', async () => {
        const subscriber = await subscribe({
          query: 'subscription { live_authors_by_pk(id: 10) { name } }',
        });
        await subscriber.last({ live_authors_by_pk: { name: 'author 10' } });
        for (const name of ['a', 'b', 'author 10']) {
          await execute(killSenders);
          await execute(`update live_authors set name = '${name}' where id = 10`);
          await subscriber.last({ live_authors_by_pk: { name } });
        }
        subscriber.close();
      }, 60_000);
    });
  });
}
