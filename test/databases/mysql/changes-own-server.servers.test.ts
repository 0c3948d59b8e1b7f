import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GtidBinlogPosition } from '../../../src/databases/mysql/changes/binlog-position.ts';
import { GtidPosition } from '../../../src/databases/mysql/changes/gtid-position.ts';
import { GtidSet } from '../../../src/databases/mysql/changes/gtid-set.ts';
import { Visibility } from '../../../src/databases/mysql/changes/visibility.ts';
import { settingsOf } from '../../../src/databases/mysql/options.ts';
import type { ChangeMessage, ChangeStream } from '../../../src/plan/index.ts';
import { type Connection, connect } from '../../support/connect.ts';
import { describeEngines } from '../../support/engines.ts';
import { type Server, startMariadb, startMysql } from '../../support/servers/index.ts';
import { pause, until } from '../../support/wait.ts';
import { both, connectTo } from './support.ts';

const never = new AbortController().signal;

/** Settings that stand in the way of the binlog, or make it look different. */
const settings = {
  mysql: {
    'gtid-mode': 'OFF',
    'binlog-row-metadata': 'MINIMAL',
    'binlog-row-image': 'MINIMAL',
    'binlog-transaction-compression': 'ON',
    'binlog-row-value-options': 'PARTIAL_JSON',
    'binlog-format': 'MIXED',
  },
  mariadb: {
    'binlog-row-metadata': 'NO_LOG',
    'binlog-row-image': 'MINIMAL',
    'binlog-format': 'MIXED',
    'log-bin-compress': 'ON',
    'log-bin-compress-min-len': '10',
  },
} as const;
const obstacles = {
  mysql: [
    'binlog_format',
    'binlog_row_image',
    'binlog_row_metadata',
    'binlog_transaction_compression',
    'binlog_row_value_options',
  ],
  mariadb: ['binlog_format', 'binlog_row_image', 'binlog_row_metadata'],
} as const;

/** What needs a server of its own: its settings, its certificate, and its binlog, which is purged and reset. */
describeEngines(both, (engine) => {
  let server: Server;
  let folder: string;
  let past: Connection;
  let connector: ReturnType<typeof connectTo>;
  const streams: ChangeStream[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'foz-tls-'));
    const [key, certificate] = ['key.pem', 'cert.pem'].map((name) => join(folder, name)) as [string, string];
    const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-days',
        '2',
        ...subject,
        '-keyout',
        key,
        '-out',
        certificate,
      ],
      { stdio: 'pipe' },
    );
    chmodSync(folder, 0o755);
    chmodSync(key, 0o644);
    const own = { ...settings[engine], 'ssl-ca': certificate, 'ssl-cert': certificate, 'ssl-key': key };
    server = await (engine === 'mysql' ? startMysql({ settings: own }) : startMariadb({ settings: own }));
    const admin = await connect(engine, server.url);
    await admin.execute('create database d');
    await admin.close();
    connector = connectTo(engine, {
      connection: `${server.url}d`,
      tls: { ca: readFileSync(certificate, 'utf8') },
    });
  }, 120_000);
  afterEach(async () => {
    await Promise.all(streams.splice(0).map((stream) => stream.close()));
  });
  afterAll(async () => {
    await past?.close();
    await connector?.close();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const follow = async (after?: string): Promise<ChangeStream> => {
    const stream = await connector.changes!.follow({
      method: 'replication',
      keptAs: null,
      ...(after === undefined ? {} : { after }),
    });
    streams.push(stream);
    return stream;
  };
  const read = async (stream: ChangeStream, commits: number): Promise<ChangeMessage[]> => {
    const messages: ChangeMessage[] = [];
    while (messages.filter(({ kind }) => kind === 'commit').length < commits)
      messages.push(...(await stream.next(never)).filter(({ kind }) => kind !== 'idle'));
    return messages;
  };
  const untilRejected = async (stream: ChangeStream): Promise<never> => {
    for (;;) await stream.next(never);
  };
  const valuesOf = (messages: readonly ChangeMessage[]) =>
    messages.flatMap((message) => (message.kind === 'row' ? [message.new!.values] : []));
  const commitsOf = (messages: readonly ChangeMessage[]) =>
    messages.flatMap((message) => (message.kind === 'commit' ? [message.position] : []));

  test('an offer names its obstacles, and the statements that remove them', async () => {
    const [before] = await connector.changes!.offers([], never);
    expect(before!.obstacles.map((text) => text.split(' ')[0])).toEqual(obstacles[engine]);
    const admin = await connect(engine, server.url);
    await admin.execute(before!.setup.join(';'));
    await admin.close();
    const [after] = await connector.changes!.offers([], never);
    expect(after).toEqual({
      method: 'replication',
      grain: 'rows',
      obstacles: [],
      setup: [],
      gaps: [],
      unseen: [],
      warnings: [],
    });
    // A session has the settings of the time when it began.
    past = await connect(engine, `${server.url}d`);
  });

  test('a stream goes on after every position, over files of the binlog', async () => {
    await past.execute('create table resumed (id int primary key, text text)');
    const first = await follow();
    for (let id = 1; id <= 6; id++)
      await past.execute(
        `begin; insert into resumed values (${10 * id}, repeat('é', 100)), (${10 * id + 1}, ''); commit; ${id % 2 ? 'flush binary logs' : ''}`,
      );
    const messages = await read(first, 6);
    const positions = [first.start, ...commitsOf(messages)];
    expect([...new Set(positions)].sort()).toEqual(positions);
    expect(valuesOf(messages)[0]).toEqual([10, 'é'.repeat(100)]);
    const begins = (list: readonly ChangeMessage[]) =>
      list.flatMap((message) => (message.kind === 'begin' ? [[message.id, message.transaction]] : []));
    for (let done = 0; done < 6; done++) {
      const again = await read(await follow(positions[done]!), 6 - done);
      expect(valuesOf(again)).toEqual(valuesOf(messages).slice(2 * done));
      expect(begins(again)).toEqual(begins(messages).slice(done));
      expect(commitsOf(again)).toEqual(positions.slice(done + 1));
    }
  });

  test('over TLS, a caller that does not read holds a bounded number of bytes', async () => {
    await past.execute('create table many (id int primary key auto_increment, text text)');
    const stream = await follow();
    await past.execute('insert into many (text) values (1)');
    for (let doubled = 1; doubled < 4_096; doubled *= 2)
      await past.execute(`insert into many (text) select repeat('y', 4000) from many`);
    const { rss } = process.memoryUsage();
    // Without a pause for the connection the 16 MB would have arrived by then.
    await pause(1_000);
    let [count, most] = [0, 0];
    while (count < 4_096) {
      const messages = await stream.next(never);
      const rows = messages.filter(({ kind }) => kind === 'row').length;
      count += rows;
      most = Math.max(most, rows);
    }
    expect(most).toBeLessThan(1_500);
    expect(process.memoryUsage().rss - rss).toBeLessThan(256 * 1024 * 1024);
  });

  test('a position whose changes were purged is refused', async () => {
    const { start } = await follow();
    await past.execute(
      'create table purged (id int primary key); insert into purged values (1); flush binary logs',
    );
    // A file is only purged when no reader has it open, and the server notices only after a while that one is gone.
    await until(async () => {
      const logs = (await past.query('show binary logs')).map((row) => String(Object.values(row)[0]));
      await past.execute(`purge binary logs to '${logs.at(-1)}'`);
      return logs.length === 1;
    }, 60_000);
    await expect(follow(start).then(untilRejected)).rejects.toMatchObject({ code: 'not-found' });
    const stream = await follow();
    await past.execute('insert into purged values (3)');
    expect(valuesOf(await read(stream, 1))).toEqual([[3]]);
  });

  test('a position before a reset of the binlog is refused', async () => {
    const stream = await follow();
    await past.execute('create table reset_ (id int primary key); insert into reset_ values (1)');
    const position = commitsOf(await read(stream, 1))[0]!;
    await stream.close();
    // The time at which a file was begun has whole seconds.
    await pause(1_100);
    await past.execute(engine === 'mysql' ? 'reset binary logs and gtids' : 'reset master');
    // Followed by file (MySQL), the new log is made longer than the old position: the file's creation time still refuses it. By GTID
    // (MariaDB) it stays shorter: numbers that were reached again cannot be distinguished.
    const more = engine === 'mysql' ? 40 : 2;
    for (let id = 2; id < 2 + more; id++) await past.execute(`insert into reset_ values (${id})`);
    await expect(follow(position).then(untilRejected)).rejects.toMatchObject({ code: 'not-found' });
  });

  if (engine === 'mysql')
    test('GTIDs that are switched on while a stream is open, with tags and gaps', async () => {
      await past.execute('create table tagged (id int primary key)');
      const byFile = await follow();
      await past.execute(
        `set global enforce_gtid_consistency = on; set global gtid_mode = off_permissive;
         set global gtid_mode = on_permissive; set global gtid_mode = on; insert into tagged values (1)`,
      );
      expect(valuesOf(await read(byFile, 1))).toEqual([[1]]);
      const first = await follow();
      const [{ uuid }] = (await past.query('select @@server_uuid as uuid')) as [{ uuid: string }];
      await past.execute(`insert into tagged values (2);
        set gtid_next = 'automatic:shop'; insert into tagged values (3); insert into tagged values (4);
        set gtid_next = '${uuid}:1000'; insert into tagged values (5);
        set gtid_next = '${uuid}:other:7'; insert into tagged values (6);
        set gtid_next = 'automatic'; insert into tagged values (7)`);
      const messages = await read(first, 6);
      const positions = [first.start, ...commitsOf(messages)];
      expect([...new Set(positions)].sort()).toEqual(positions);
      const executed = (await past.query('select @@gtid_executed as gtids'))[0]!.gtids as string;
      expect(positions.at(-1)!.replace(/^g\d{16}:/, '')).toBe(executed.replaceAll('\n', ''));
      for (const [done, position] of positions.slice(0, -1).entries()) {
        const again = await read(await follow(position), 6 - done);
        expect(valuesOf(again)).toEqual([2, 3, 4, 5, 6, 7].slice(done).map((id) => [id]));
        expect(commitsOf(again)).toEqual(positions.slice(done + 1));
      }
      await past.execute('flush binary logs');
      expect(valuesOf(await read(await follow(positions[2]!), 4))).toEqual([[4], [5], [6], [7]]);
    });

  test('a transaction that is not committed in the storage engine yet is waited for', async () => {
    await past.execute('create table waited (id int primary key)');
    const settings = settingsOf(
      { connection: `${server.url}d` },
      engine === 'mysql'
        ? { engine, charset: 'UTF8MB4_0900_AI_CI', isolationVariable: 'transaction_isolation' }
        : { engine, charset: 'UTF8MB4_UNICODE_CI', isolationVariable: 'tx_isolation' },
    );
    // The server returns the present end of its log, where the next transaction begins.
    const [status] = await past.query(engine === 'mysql' ? 'show binary log status' : 'show master status');
    const [file, offset] = Object.values(status!);
    const executed =
      engine === 'mysql' ? GtidSet.parse(String(Object.values(status!).at(-1))) : new GtidPosition();
    const next =
      engine === 'mysql'
        ? String(executed).replace(
            /^([^:]+):(?:\d+-)?(\d+)(?=:|$).*/,
            (_, id, last) => `${id}:${Number(last) + 1}`,
          )
        : '';
    const visibility = await Visibility.open(settings, new GtidBinlogPosition(executed));
    let isVisible = false;
    const waiting = visibility
      .wait({ transaction: next, file: String(file), offset: Number(offset) })
      .then(() => (isVisible = true));
    await pause(300);
    expect(isVisible).toBe(false);
    await past.execute('insert into waited values (1)');
    await waiting;
    visibility.close();
  });

  test('an event that cannot be read ends the stream, and the error names the setting', async () => {
    await past.execute(
      'create table unreadable (id int primary key, j json); insert into unreadable values (1, null)',
    );
    const stream = await follow();
    await past.execute(
      engine === 'mysql'
        ? 'set session binlog_transaction_compression = on; insert into unreadable values (2, null)'
        : 'set global binlog_row_metadata = no_log; insert into unreadable values (2, null)',
    );
    await expect(untilRejected(stream)).rejects.toMatchObject({
      code: 'not-supported',
      message: expect.stringMatching(/binlog_transaction_compression|binlog_row_metadata/),
    });
  });
});
