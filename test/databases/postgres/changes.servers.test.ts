import { randomBytes } from 'node:crypto';
import { FozError } from '../../../src/core/index.ts';
import { lsnSpelled, lsnText, parseLsn } from '../../../src/databases/postgres/changes/lsn.ts';
import { connectPostgres } from '../../../src/databases/postgres/index.ts';
import type { ChangeMessage, ChangeStream, FollowOptions } from '../../../src/plan/index.ts';
import { type Connection, connect } from '../../support/connect.ts';
import { describeEngines } from '../../support/engines.ts';
import { onServer } from './support.ts';

type Fixture = Awaited<ReturnType<typeof onServer>>;
const never = new AbortController().signal;

describeEngines(['postgres'], () => {
  let fixture: Fixture;
  const streams: ChangeStream[] = [];

  let beside: Connection;

  beforeAll(async () => {
    fixture = await onServer();
    beside = await connect('postgres', fixture.url);
  });
  afterEach(async () => {
    await Promise.all(streams.splice(0).map((stream) => stream.close()));
  });
  afterAll(async () => {
    await beside.close();
    await fixture.drop();
  });

  const follow = async (options: Partial<FollowOptions> = {}): Promise<ChangeStream> => {
    const stream = await fixture.connector.changes!.follow({
      method: 'replication',
      keptAs: null,
      ...options,
    });
    streams.push(stream);
    return stream;
  };

  /** Messages up to the n-th commit, without those of idle times. */
  const read = async (stream: ChangeStream, commits: number): Promise<ChangeMessage[]> => {
    const messages: ChangeMessage[] = [];
    while (messages.filter(({ kind }) => kind === 'commit').length < commits)
      messages.push(...(await stream.next(never)).filter(({ kind }) => kind !== 'idle'));
    return messages;
  };
  const untilRejected = async (stream: ChangeStream): Promise<never> => {
    for (;;) await stream.next(never);
  };
  const until = async (text: string) => {
    while ((await beside.query(text)).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  const confirmed = (slot: string, position: string) =>
    until(
      `select from pg_replication_slots where slot_name = '${slot}' and confirmed_flush_lsn >= '${lsnSpelled(position)}'`,
    );
  const released = (slot: string) =>
    until(`select from pg_replication_slots where slot_name = '${slot}' and not active`);
  const terminate = async (slot: string) => {
    await beside.query(
      `select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = '${slot}'`,
    );
    await released(slot);
  };
  const rows = (messages: readonly ChangeMessage[]) =>
    messages.flatMap((message) =>
      message.kind === 'row' ? [[message.op, message.old?.values ?? null, message.new?.values ?? null]] : [],
    );

  test('a table that was dropped and created again with equal columns counts as truncated', async () => {
    const create = 'create table remade (id int primary key)';
    await fixture.script(`${create}; create table beside_it (id int primary key);
      create publication foz_remade for all tables`);
    const all = connectPostgres({ connection: fixture.url, changes: { publication: 'foz_remade' } });
    const stream = await all.changes!.follow({ method: 'replication', keptAs: null });
    try {
      await fixture.script('insert into remade values (1)');
      await fixture.script(`drop table remade; ${create}`);
      await fixture.script('insert into remade values (2); insert into beside_it values (1)');
      await fixture.script('alter table remade rename to former; alter table beside_it rename to remade');
      await fixture.script('insert into remade values (3); insert into former values (4)');
      const seen: string[] = [];
      while (!seen.includes('former 4'))
        for (const message of await stream.next(never)) {
          if (message.kind === 'truncate') seen.push(...message.tables.map(({ name }) => `truncate ${name}`));
          if (message.kind === 'row') seen.push(`${message.table.name} ${message.new!.values[0]}`);
        }
      expect(seen).toEqual([
        'remade 1',
        'truncate remade',
        'remade 2',
        'beside_it 1',
        'truncate remade',
        'remade 3',
        'former 4',
      ]);
    } finally {
      await stream.close();
      await all.close();
      await fixture.script('drop publication foz_remade; drop table remade, former');
    }
  });

  test('inserts, updates, deletes and TRUNCATE arrive in order, by transaction', async () => {
    await fixture.script(`create table items (id int primary key, name text, big text);
      create publication foz for table items`);
    const stream = await follow();
    await fixture.script(
      `begin; insert into items values (1, 'one'), (2, null); update items set name = 'uno' where id = 1; commit`,
    );
    await fixture.script('delete from items where id = 2');
    await fixture.script('update items set id = 3');
    await fixture.script('truncate items');
    const messages = await read(stream, 4);
    expect(messages.map(({ kind }) => kind).join(' ')).toBe(
      'begin row row row commit begin row commit begin row commit begin truncate commit',
    );
    expect(rows(messages)).toEqual([
      ['insert', null, ['1', 'one', null]],
      ['insert', null, ['2', null, null]],
      ['update', ['1', undefined, undefined], ['1', 'uno', null]],
      ['delete', ['2', undefined, undefined], null],
      ['update', ['1', undefined, undefined], ['3', 'uno', null]],
    ]);
    const ids = messages.flatMap((message) => (message.kind === 'begin' ? [message.id] : []));
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(4);
  });

  test('the old row is whole with REPLICA IDENTITY FULL; a large value that did not change is absent without it', async () => {
    await fixture.script(`create table docs (id int primary key, n int, body text);
      alter table docs alter body set storage external;
      alter publication foz add table docs;
      insert into docs values (1, 1, repeat('x', 10000))`);
    const stream = await follow();
    await fixture.script('update docs set n = 2');
    await fixture.script('alter table docs replica identity full; update docs set n = 3');
    const body = 'x'.repeat(10000);
    const short = rows(await read(stream, 2)).map((row) =>
      JSON.stringify(row, (_, value) => (value === undefined ? 'absent' : value)).replaceAll(body, 'whole'),
    );
    expect(short).toEqual([
      '["update",["1","absent","absent"],["1","2","absent"]]',
      '["update",["1","2","whole"],["1","3","whole"]]',
    ]);
  });

  test('a column that is added in mid-stream is part of the rows from then on', async () => {
    await fixture.script('create table grows (id int primary key); alter publication foz add table grows');
    const stream = await follow();
    await fixture.script(
      'insert into grows values (1); alter table grows add note text; insert into grows values (2, $$two$$)',
    );
    expect(rows(await read(stream, 1))).toEqual([
      ['insert', null, ['1']],
      ['insert', null, ['2', 'two']],
    ]);
  });

  test('after a lost connection unacknowledged changes are sent again, acknowledged ones are not', async () => {
    await fixture.script(`create table kept (id int primary key); alter publication foz add table kept`);
    const slot = `foz_${randomBytes(5).toString('hex')}`;
    await fixture.script(`select pg_create_logical_replication_slot('${slot}', 'pgoutput')`);
    const ids = (messages: readonly ChangeMessage[]) =>
      rows(messages).map(([, , after]) => (after as readonly unknown[])[0]);
    const first = await follow({ keptAs: slot });
    for (const id of [1, 2, 3]) await fixture.script(`insert into kept values (${id})`);
    const messages = await read(first, 3);
    expect(ids(messages)).toEqual(['1', '2', '3']);
    const commits = messages.flatMap((message) => (message.kind === 'commit' ? [message.position] : []));
    first.acknowledge(commits[1]!);
    await confirmed(slot, commits[1]!);
    await terminate(slot);
    await expect(untilRejected(first)).rejects.toMatchObject({ code: 'unavailable' });
    await fixture.script('insert into kept values (4)');
    const second = await follow({ keptAs: slot });
    expect(ids(await read(second, 2))).toEqual(['3', '4']);
    await second.close();
    await released(slot);
    const third = await follow({ keptAs: slot, after: commits[2]! });
    expect(ids(await read(third, 1))).toEqual(['4']);
    await third.close();
    await released(slot);
    await fixture.script(`select pg_drop_replication_slot('${slot}')`);
  });

  test('a durable reader is created when it is first followed, gets all that waits for it, and is removed', async () => {
    await fixture.script(
      'create table waiting (id int primary key); alter publication foz add table waiting',
    );
    const slot = `foz_${randomBytes(5).toString('hex')}`;
    const first = await follow({ keptAs: slot });
    await expect(fixture.connector.changes!.removeReader!(slot, never)).rejects.toMatchObject({
      code: 'conflict',
    });
    await first.close();
    await released(slot);
    await fixture.script('insert into waiting values (1); insert into waiting values (2)');
    // The first changes may arrive in one piece with the answer to the start.
    for (let time = 0; time < 10; time++) {
      const stream = await follow({ keptAs: slot });
      expect(rows(await read(stream, 1)).map(([, , after]) => after)).toEqual([['1'], ['2']]);
      await stream.close();
      await released(slot);
    }
    await fixture.connector.changes!.removeReader!(slot, never);
    await fixture.connector.changes!.removeReader!(slot, never);
    expect(await beside.query(`select 1 from pg_replication_slots where slot_name = '${slot}'`)).toEqual([]);
  }, 60_000);

  test('a caller that does not read holds a bounded number of bytes, and gets every row of a long transaction', async () => {
    await fixture.script(
      `create table many (id int primary key, text text); alter publication foz add table many`,
    );
    const stream = await follow();
    await fixture.script(`insert into many select n, repeat('y', 1000) from generate_series(1, 50000) n`);
    let count = 0;
    let most = 0;
    for (let isOver = false; !isOver; ) {
      // Without a pause for the connection the 50 MB would have arrived by then.
      await new Promise((resolve) => setTimeout(resolve, 20));
      const messages = await stream.next(never);
      most = Math.max(most, messages.length);
      for (const message of messages)
        if (message.kind === 'row') expect(Number(message.new!.values[0])).toBe(++count);
      isOver = messages.some(({ kind }) => kind === 'commit');
    }
    expect(count).toBe(50_000);
    expect(most).toBeLessThan(10_000);
  }, 60_000);

  test('a value of more than 64 MB is left out, and the row arrives', async () => {
    await fixture.script(
      'create table huge (id int primary key, text text); alter publication foz add table huge',
    );
    const stream = await follow();
    await fixture.script(
      `insert into huge values (1, repeat('w', 70000000)); insert into huge values (2, 'short')`,
    );
    expect(rows(await read(stream, 1))).toEqual([
      ['insert', null, ['1', undefined]],
      ['insert', null, ['2', 'short']],
    ]);
  }, 60_000);

  test('writes to other tables do not keep the log of an idle stream', async () => {
    await fixture.script(`create table beside (id serial primary key, text text)`);
    const stream = await follow();
    await fixture.script(`insert into beside (text) select repeat('z', 1000) from generate_series(1, 1000)`);
    const [{ lsn }] = (await beside.query('select pg_current_wal_lsn()::text as lsn')) as [{ lsn: string }];
    const end = lsnText(parseLsn(lsn));
    for (;;) {
      const message = (await stream.next(never)).at(-1)!;
      if (message.kind !== 'idle' || message.position < end) continue;
      stream.acknowledge(message.position);
      break;
    }
  });

  test('errors say what is missing', async () => {
    const stream = await follow();
    await fixture.script(
      'drop publication foz; create table late (id int primary key); insert into late values (1)',
    );
    await expect(untilRejected(stream)).rejects.toMatchObject({ code: 'not-found' });
  });

  test('an offer names its obstacles, and the statements that remove them', async () => {
    await fixture.script(`create table offered (id int primary key, note text); create table bare (note text);
      create table full_row (note text); alter table full_row replica identity full`);
    const names = ['offered', 'bare', 'full_row'];
    const tables = names.map((name) => ({ namespace: 'public', name }));
    const offer = async () => (await fixture.connector.changes!.offers(tables, never))[0]!;
    const before = await offer();
    expect(before).toMatchObject({ method: 'replication', grain: 'rows' });
    expect(before.obstacles).toEqual(['There is no publication "foz".']);
    expect(before.gaps.map(({ table, reason }) => [table.name, reason.split(':')[0]])).toEqual([
      ['bare', 'Updates and deletes are not sent'],
      ['offered', 'The row before an update or a delete has only its key'],
    ]);
    await fixture.script(before.setup.join(';'));
    const after = await offer();
    expect(after.obstacles).toEqual([]);
    expect(after.setup).toEqual([]);
    expect(after.gaps.map(({ table }) => table.name)).toEqual(['offered']);
    expect([before.unseen, after.unseen]).toEqual([tables, []]);
    // The owner's own writes to a table without a key go on.
    await fixture.script(`insert into bare values ('a'); update bare set note = 'b'; delete from bare`);
    await fixture.script('create table more (id int primary key)');
    const more = await fixture.connector.changes!.offers([{ namespace: 'public', name: 'more' }], never);
    expect(more[0]).toMatchObject({
      obstacles: [],
      unseen: [{ namespace: 'public', name: 'more' }],
      gaps: [{ reason: 'The publication "foz" does not have the table, or not all of its rows.' }],
    });
    await fixture.script(more[0]!.setup.join(';'));
  });

  test('tables whose changes the log has as those of another, and publications that leave out changes', async () => {
    await fixture.script(`create table parts (id int primary key) partition by range (id);
      create table parts_low partition of parts for values from (0) to (10);
      create table parents (id int primary key); create table children () inherits (parents);
      create table most (id int primary key);
      alter publication foz set (publish_via_partition_root = true);
      alter publication foz add table parts, parents; alter publication foz add table most where (id > 1)`);
    const tables = ['parts', 'parts_low', 'parents', 'children', 'most'].map((name) => ({
      namespace: 'public',
      name,
    }));
    const offer = async () => (await fixture.connector.changes!.offers(tables, never))[0]!;
    const found = await offer();
    expect(found.unseen.map(({ name }) => name)).toEqual(['parts_low', 'parents', 'children', 'most']);
    expect(found.obstacles).toEqual([]);
    expect(found.setup.join()).not.toContain('parts_low');
    await fixture.script(`alter publication foz set (publish = 'insert')`);
    const less = await offer();
    expect(less.obstacles).toEqual(['The publication "foz" leaves out kinds of changes.']);
    await fixture.script(less.setup[0]!);
    expect((await offer()).obstacles).toEqual([]);
  });

  test('a missing right to replicate is an obstacle', async () => {
    const name = `foz_plain_${randomBytes(5).toString('hex')}`;
    await fixture.script(`create role ${name} login password 'x'`);
    const url = new URL(fixture.url);
    url.username = name;
    url.password = 'x';
    const connector = connectPostgres({ connection: url.href });
    try {
      const [offer] = await connector.changes!.offers([], never);
      expect(offer!.obstacles).toContain('The user has no right to replicate.');
      expect(offer!.setup).toContain(`alter role ${name} replication`);
      await expect(connector.changes!.follow({ method: 'replication', keptAs: null })).rejects.toBeInstanceOf(
        FozError,
      );
    } finally {
      await connector.close();
      await fixture.script(`drop role ${name}`);
    }
  });
});
