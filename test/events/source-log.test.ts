import { FozError, RequestEnd } from '../../src/core/index.ts';
import { ChangeLog } from '../../src/events/changes/change-log.ts';
import { endOf } from '../../src/events/changes/position.ts';
import { openReader } from '../../src/events/log/row-reader.ts';
import { SourceLog } from '../../src/events/log/source-log.ts';
import { StoredStream } from '../../src/events/log/stored-stream.ts';
import type { ChangeMessage, ChangeStream, Changes } from '../../src/plan/index.ts';
import type { ChangeLogStore, LogLead, StoredLog, StoredTable } from '../../src/store/index.ts';
import { until } from '../support/wait.ts';

const identity = 'a';
const stored: StoredLog = {
  ...{ identity, method: 'replication', position: 'p5', keptAfter: 'p0', number: 3 },
  tables: [],
};

/** The log of a source in a store in which another process has the lead. */
function sourceLog(given: Partial<ChangeLogStore> = {}, onFailure: (error: unknown) => void = () => {}) {
  const store = {
    lead: async () => null,
    read: async () => stored,
    segments: async () => [],
    numberBefore: async () => 3,
    watch: async () => {},
    unwatch: async () => {},
    areSeen: async () => true,
    listen: () => () => {},
    ...given,
  } as unknown as ChangeLogStore;
  const bounds = { seconds: 60, bytes: 1_000_000 };
  const source = 'shop' as never;
  return new SourceLog({ store, source, identity, bounds, onFailure }, () => []);
}

/** A database whose stream begins at a position and has no changes, or is as given. */
function changesFrom(start: string, given: Partial<ChangeStream> = {}): Changes {
  const stream: ChangeStream = {
    start,
    next: () => new Promise(() => {}),
    acknowledge: () => {},
    close: async () => {},
    ...given,
  };
  return { follow: async () => stream } as unknown as Changes;
}

test('a source is read without the store where no process can take the lead any more', async () => {
  let isReadOnly = false;
  const log = sourceLog({
    async lead() {
      if (isReadOnly) throw new FozError('unavailable', 'The store is read-only.');
      return null;
    },
  });
  const options = { method: 'replication', keptAs: null } as const;
  const first = await log.follow(changesFrom('p5'), options);
  expect(first).toBeInstanceOf(StoredStream);
  isReadOnly = true;
  await expect(first.next(new RequestEnd())).rejects.toMatchObject({ code: 'unavailable' });
  const second = await log.follow(changesFrom('p6'), options);
  expect(second).not.toBeInstanceOf(StoredStream);
  expect(second.start).toBe('p6');
  await log.close();
}, 30_000);

test('a table that the reading process did not log for a while is not continued from memory', async () => {
  const table = { namespace: 'public', name: 'moves' };
  let tables: StoredLog['tables'] = [{ ...table, since: 'p1', forMs: 60_000, shape: '' }];
  const kept = sourceLog({ read: async () => ({ ...stored, tables }) });
  const log = new ChangeLog({ bytes: 1_000_000, milliseconds: 60_000 });
  const stream = await kept.follow(changesFrom('p5'), { method: 'replication', keptAs: null });
  log.opened('replication', 'p1');
  log.take({ kind: 'idle', position: 'p1' });
  const first = await openReader(log, kept, table, null);
  first.close();
  log.take({ kind: 'idle', position: 'p5' });
  expect(await (await openReader(log, kept, table, endOf('replication', 'p3'))).peek(10)).toEqual([]);
  // The reading process has forgotten the table, and logs it again after p4.
  tables = [{ ...table, since: 'p4', forMs: 60_000, shape: '' }];
  await expect(openReader(log, kept, table, endOf('replication', 'p3'))).rejects.toMatchObject({
    code: 'not-found',
  });
  expect(await (await openReader(log, kept, table, endOf('replication', 'p4'))).peek(10)).toEqual([]);
  await stream.close();
  await kept.close();
});

test('a reader waits until the reading process has its table in the log', async () => {
  const table = { namespace: 'public', name: 'moves' };
  let reads = 0;
  const kept = sourceLog({
    read: async () => ({
      ...stored,
      tables: ++reads < 5 ? [] : [{ ...table, since: 'p5', forMs: 60_000, shape: '' }],
    }),
  });
  await kept.follow(changesFrom('p5'), { method: 'replication', keptAs: null });
  expect(await kept.want(table)).toMatchObject({ since: 'p5' });
  await kept.close();
});

/** The right to write a log that has `log`; `wanted`: the tables that were stored. */
function leadOf(log: () => StoredLog | null) {
  const wanted: StoredTable[] = [];
  const lead = {
    ended: new Promise(() => {}),
    read: async () => log(),
    cut: async () => 0,
    append: async () => true,
    want: async (tables: readonly StoredTable[]) => void wanted.push(...tables),
    watches: async () => [],
    see: async () => {},
    trim: async () => {},
    release: async () => {},
  } as unknown as LogLead;
  return { lead: async () => lead, wanted };
}

test('a stream begins where it was asked to, also if the outbox names an earlier start', async () => {
  const options = { method: 'triggers', keptAs: null, after: 'p3' } as const;
  const unled = sourceLog({ lead: () => Promise.reject(new Error('The store is away.')) });
  const led = sourceLog(leadOf(() => null));
  for (const log of [unled, led]) {
    expect((await log.follow(changesFrom('p1'), options)).start).toBe('p3');
    expect((await log.follow(changesFrom('p4'), options)).start).toBe('p4');
    await log.close();
  }
});

test('a log that another process has written meanwhile has only the tables that it names', async () => {
  const [moves, notes] = ['moves', 'notes'].map((name) => ({ namespace: 'public', name }));
  let log: StoredLog | null = null;
  const { lead, wanted } = leadOf(() => log);
  const kept = sourceLog({ lead });
  const options = { method: 'replication', keptAs: null } as const;
  await kept.want(moves!);
  await kept.follow(changesFrom('p1'), options);
  await kept.settled();
  expect(wanted).toMatchObject([{ name: 'moves', since: 'p1' }]);
  log = { ...stored, tables: [{ ...notes!, since: 'p2', forMs: 60_000, shape: '' }] };
  await kept.follow(changesFrom('p5'), options);
  await kept.settled();
  expect(wanted.at(-1)).toMatchObject({ name: 'moves', since: 'p5' });
  await kept.close();
});

test('a value that cannot be stored ends the log, while the source is still read', async () => {
  const failures: unknown[] = [];
  const kept = sourceLog(
    leadOf(() => null),
    (error) => failures.push(error),
  );
  const table = { namespace: 'public', name: 'moves' };
  const image = { columns: ['at'], values: [new Date(0)] };
  const messages: ChangeMessage[] = [
    { kind: 'begin', transaction: '1', id: '1', at: 1 },
    { kind: 'row', table, op: 'insert', old: null, new: image },
    { kind: 'commit', position: 'p2' },
  ];
  await kept.want(table);
  const changes = changesFrom('p1', { next: async () => messages });
  const stream = await kept.follow(changes, { method: 'replication', keptAs: null });
  expect(await stream.next(new RequestEnd())).toBe(messages);
  await kept.settled();
  expect(failures).toMatchObject([{ message: expect.stringMatching(/cannot be stored/) }]);
  await kept.close();
});

test('a stream that fails to close does not keep a log from being closed', async () => {
  let [isAway, closings] = [true, 0];
  const kept = sourceLog({
    async lead() {
      if (isAway) throw new FozError('unavailable', 'The store is away.');
      return null;
    },
  });
  const close = () => {
    closings++;
    return Promise.reject(new Error('The connection is gone.'));
  };
  await kept.follow(changesFrom('p1', { close }), { method: 'replication', keptAs: null });
  isAway = false;
  // Another process reads the source by now.
  await until(() => closings > 0);
  await kept.close();
});
