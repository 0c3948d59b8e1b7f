import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import {
  type AuditEvent,
  AuditLog,
  auditKeyId,
  exportAudit,
  queryAudit,
  removeOldRecords,
  verifyAudit,
} from '../../../src/store/audit/index.ts';
import { chainHash, genesis } from '../../../src/store/audit/record.ts';
import { signPosition } from '../../../src/store/audit/state.ts';
import { keyRing, Secrets, SecretValue } from '../../../src/store/secrets/index.ts';
import { openStore, type Store } from '../../../src/store/store.ts';
import { type StorePlace, storePlace } from '../place.ts';

const actor = { kind: 'api-key', id: 'ann', role: 'admin' } as const;
const event = (changes: Partial<AuditEvent> = {}): AuditEvent => ({
  kind: 'mutation',
  actor,
  keyId: 'k1',
  address: '10.0.0.1',
  requestId: 'r1',
  operation: 'buy',
  source: 'shop',
  table: 'orders',
  affectedRows: 2,
  before: { total: 1 },
  after: { total: 2 },
  outcome: 'success',
  reason: null,
  ...changes,
});

/** Every column of a record, with a value that differs from the stored one. */
const columns: Readonly<Record<string, string>> = {
  seq: '77',
  at: 'at + 1',
  kind: `'read'`,
  outcome: `'refused'`,
  actor_kind: `'token'`,
  actor_id: `'bob'`,
  role: `null`,
  key_id: `'k2'`,
  address: `'10.0.0.2'`,
  request_id: `'r2'`,
  operation: `'sell'`,
  source: `'stock'`,
  table_name: `'items'`,
  previous: `repeat('a', 64)`,
  hash: `repeat('b', 64)`,
};
/** Every field of a record's content. */
const fields: Readonly<Record<string, readonly [string, string]>> = {
  seq: ['"seq":3', '"seq":4'],
  at: ['"at":', '"at":1'],
  kind: ['"kind":"mutation"', '"kind":"read"'],
  outcome: ['"outcome":"success"', '"outcome":"failure"'],
  'actor.kind': ['"kind":"api-key"', '"kind":"token"'],
  'actor.id': ['"id":"ann"', '"id":"bob"'],
  'actor.role': ['"role":"admin"', '"role":"user"'],
  keyId: ['"keyId":"k1"', '"keyId":"k2"'],
  address: ['10.0.0.1', '10.0.0.2'],
  requestId: ['"requestId":"r1"', '"requestId":"r2"'],
  operation: ['"buy"', '"sell"'],
  source: ['"shop"', '"stock"'],
  table: ['"orders"', '"items"'],
  affectedRows: ['"affectedRows":2', '"affectedRows":1'],
  before: ['"before":{"total":1}', '"before":{"total":3}'],
  after: ['"after":{"total":2}', '"after":{"total":3}'],
  reason: ['"reason":null', '"reason":"x"'],
};

/** The behaviour of the audit log, for both kinds of store. */
export function auditCases(kind: 'pglite' | 'postgres'): void {
  let place: StorePlace;
  let store: Store;
  let secrets: Secrets;
  let log: AuditLog;
  const newLog = (options = {}) =>
    new AuditLog({ store, secrets, folder: place.folder, checkpointMs: 60_000, ...options });
  const verify = async () => {
    log.checkpoint.close();
    return verifyAudit({ store, key: await log.key(), checkpointFile: log.checkpoint.file });
  };
  /** Runs a script as a superuser of the database. */
  const tamper = (script: string) =>
    store.write(async (db) => {
      await db.raw(`alter table foz.audit disable trigger user`);
      await db.raw(script.replaceAll('?', '\\?'));
      await db.raw(`alter table foz.audit enable trigger user`);
    });
  const fill = async (count: number) => {
    for (let index = 0; index < count; index++) await log.append(event());
  };
  beforeAll(async () => {
    place = await storePlace(kind);
    store = openStore({ url: place.url, folder: place.folder });
    secrets = new Secrets(store, keyRing(place.folder, {}));
    await store.open();
  }, 60_000);
  afterAll(async () => {
    await store.close();
    await place.drop();
  });
  beforeEach(async () => {
    await tamper('delete from foz.audit; delete from foz.audit_state');
    log = newLog();
    rmSync(log.checkpoint.file, { force: true });
  });
  afterEach(() => log.close());

  test('while there is no room for records nothing is let through, and the first write after it is', async () => {
    const disk = (isFull: boolean) =>
      store.write(async (db) => {
        await db.raw('drop trigger if exists full_disk on foz.audit');
        if (isFull)
          await db.raw('create trigger full_disk before insert on foz.audit execute function full_disk()');
      });
    await store.write((db) =>
      db.raw(
        `create or replace function full_disk() returns trigger language plpgsql as $$ begin
           raise exception 'could not extend file: No space left on device' using errcode = 'disk_full'; end $$`,
      ),
    );
    await log.ready();
    await log.append(event());
    await disk(true);
    try {
      await expect(log.append(event({ operation: 'late' }))).rejects.toMatchObject({ code: 'unavailable' });
      for (let at = 0; at < 5; at++) {
        const refused = await Promise.allSettled([log.ready(), log.ready()]);
        expect(refused.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      }
      expect((await queryAudit(store)).records).toHaveLength(1);
    } finally {
      await disk(false);
    }
    await log.ready();
    expect(log.failing).toBe(false);
    await log.append(event());
    const { records } = await queryAudit(store);
    expect(records.map(({ operation }) => operation).sort()).toEqual(['audit.resumed', 'buy', 'buy', 'late']);
    expect(await verify()).toMatchObject({ ok: true, records: 4 });
  });

  test('records follow each other, contain the whole event, and verify', async () => {
    expect(await verify()).toMatchObject({ ok: true, records: 0, first: null, last: null });
    const start = Date.now();
    await log.append(event());
    await log.append({
      kind: 'refusal',
      actor: { kind: 'anonymous', id: null, role: null },
      outcome: 'refused',
    });
    const { records } = await queryAudit(store);
    expect(records.map(({ at: _, ...rest }) => rest)).toEqual([
      {
        ...event({ keyId: null, address: null, requestId: null, operation: null, source: null, table: null }),
        affectedRows: null,
        before: null,
        after: null,
        seq: 2,
        kind: 'refusal',
        actor: { kind: 'anonymous', id: null, role: null },
        outcome: 'refused',
      },
      { seq: 1, ...event() },
    ]);
    for (const { at } of records) expect(at).toBeGreaterThanOrEqual(start);
    expect(await verify()).toMatchObject({ ok: true, records: 2, first: 1, last: 2, problems: [] });
  });

  test('an event is stored when append resolves, and many at once keep one chain', async () => {
    const logs = [log, newLog()];
    await Promise.all(
      Array.from({ length: 300 }, (_, index) => logs[index % 2]!.append(event({ operation: `${index}` }))),
    );
    await logs[1]!.close();
    const [{ count }] = (await store.read((db) => db('foz.audit').count('* as count'))) as [
      { count: string },
    ];
    expect(Number(count)).toBe(300);
    expect(await verify()).toMatchObject({ ok: true, records: 300, last: 300 });
  });

  test('secrets in before and after are masked, and there is nothing that cannot be written', async () => {
    const circle: Record<string, unknown> = {};
    circle.again = circle;
    const after = {
      url: 'postgres://u:geheim@h/d',
      pool: { password: 'geheim' },
      key: ['id'],
      value: new SecretValue('geheim'),
      text: 'null \0 quote " emoji 😀',
      half: 'a\ud800b',
      numbers: [Number.NaN, 1e300, -0, 12345678901234567890n],
      date: new Date(0),
      absent: undefined,
    };
    await log.append(event({ after, before: circle, actor: { ...actor, id: 'x\0y' }, reason: '\udc00' }));
    await log.append(event({ after: 'x'.repeat(100_000) }));
    const [long, record] = (await queryAudit(store)).records;
    expect(record?.after).toEqual({
      url: 'postgres://u:***@h/d',
      pool: { password: '***' },
      key: ['id'],
      value: '***',
      text: 'null \0 quote " emoji 😀',
      half: 'a\ufffdb',
      numbers: ['NaN', 1e300, 0, '12345678901234567890'],
      date: '1970-01-01T00:00:00.000Z',
    });
    expect([record?.actor.id, record?.reason]).toEqual(['x\0y', '\ufffd']);
    expect(JSON.stringify(record?.before)).toMatch(/too deep/);
    expect(JSON.stringify(record)).not.toMatch(/geheim/);
    expect(long?.after).toEqual({ omitted: 100_002, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(await verify()).toMatchObject({ ok: true, records: 2 });
  });

  test('long names of callers are recorded and found, and long operation names do not fill the store', async () => {
    const id = randomBytes(4_000).toString('base64');
    const owner = `${'ä'.repeat(99)}😀${id}`;
    await log.append(event({ actor: { ...actor, id }, operation: 'x'.repeat(1_000_000) }));
    await log.append(event({ actor: { ...actor, id: owner }, keyId: owner }));
    const { records } = await queryAudit(store, { actorId: id });
    expect(records.map(({ actor: one, operation }) => [one.id, operation?.length])).toEqual([[id, 1_000]]);
    expect((await queryAudit(store, { keyId: owner, actorId: owner })).records).toHaveLength(1);
    expect((await queryAudit(store, { actorId: `${id}x` })).records).toEqual([]);
    expect(await verify()).toMatchObject({ ok: true, records: 2 });
  });

  test('an event within a transaction is stored with its change or not at all', async () => {
    await store.write((db) => log.appendWithin(db, event({ kind: 'control' })));
    await expect(
      store.write(async (db) => {
        await log.appendWithin(db, event());
        throw new Error('no');
      }),
    ).rejects.toThrow();
    await log.append(event());
    expect(await verify()).toMatchObject({ ok: true, records: 2, last: 2 });
  });

  test('rows cannot be changed, removed or cleared by statements', async () => {
    await fill(2);
    const refused = { internal: expect.stringMatching(/cannot be changed or removed/) };
    for (const statement of [
      `update foz.audit set operation = 'x' where seq = 1`,
      `delete from foz.audit where seq = 2`,
      `truncate foz.audit`,
    ])
      await expect(store.write((db) => db.raw(statement))).rejects.toMatchObject(refused);
    expect(await verify()).toMatchObject({ ok: true, records: 2 });
  });

  test.each(Object.entries(columns))('a changed column is found: %s', async (column, value) => {
    await fill(5);
    await tamper(`update foz.audit set ${column} = ${value} where seq = 3`);
    expect(await verify()).toMatchObject({ ok: false });
  });

  test.each(Object.entries(fields))(
    'a changed field is found, also under a right hash: %s',
    async (_, [from, to]) => {
      await fill(5);
      const [row] = await store.read((db) => db('foz.audit').where({ seq: 3 }));
      const record: string = row.record.replace(from, to);
      expect(record).not.toBe(row.record);
      await tamper(`update foz.audit set record = $$${record}$$ where seq = 3`);
      expect((await verify()).problems.map((problem) => problem.seq)).toContain(3);
      await tamper(`update foz.audit set hash = '${chainHash(row.previous, record)}' where seq = 3`);
      expect(await verify()).toMatchObject({ ok: false });
    },
  );

  test('a chain that was written anew from a record on is found', async () => {
    await fill(4);
    const rows = await store.read((db) => db('foz.audit').orderBy('seq'));
    let previous = rows[1].previous;
    for (const row of rows.slice(1)) {
      const record: string = row.record.replace('"buy"', '"sell"');
      const hash = chainHash(previous, record);
      await tamper(
        `update foz.audit set record = $$${record}$$, operation = 'sell', previous = '${previous}', hash = '${hash}' where seq = ${row.seq}`,
      );
      previous = hash;
    }
    const { problems } = await verify();
    expect(problems.map(({ kind: what, seq }) => [what, seq])).toEqual([
      ['changed', 4],
      ['changed', 4],
    ]);
    await tamper(`update foz.audit_state set hash = '${previous}' where name = 'head'`);
    expect((await verify()).problems.map(({ kind: what }) => what)).toEqual(['unsigned', 'changed']);
  });

  test('removed records are found: at the start, in the middle, at the end, all', async () => {
    await fill(6);
    const kinds = async (script: string) => {
      await tamper(`create temp table kept on commit drop as select * from foz.audit; ${script}`);
      const { ok, problems } = await verify();
      expect(ok).toBe(false);
      return problems.map(({ kind: what, seq }) => `${what} ${seq}`);
    };
    const rows = await store.read((db) => db('foz.audit').orderBy('seq'));
    const back = () =>
      store.write(async (db) => void (await db('foz.audit').insert(rows).onConflict('seq').ignore()));
    expect(await kinds('delete from foz.audit where seq = 1')).toEqual(['removed 1']);
    await back();
    expect(await kinds('delete from foz.audit where seq in (3, 4)')).toEqual(['removed 3']);
    await back();
    expect(await kinds('delete from foz.audit where seq > 4')).toEqual(['cut 5']);
    await back();
    expect(await kinds('delete from foz.audit')).toEqual(['cut 1']);
    await back();
    expect(await verify()).toMatchObject({ ok: true, records: 6 });
  });

  test('a tail that was cut with an old mark of the end put back is found by the checkpoint outside of the store', async () => {
    await fill(3);
    const [old] = await store.read((db) => db('foz.audit_state').where({ name: 'head' }));
    await fill(2);
    log.checkpoint.close();
    await tamper(
      `delete from foz.audit where seq > 3; update foz.audit_state set seq = ${old.seq}, hash = '${old.hash}', at = ${old.at}, mac = '${old.mac}'`,
    );
    expect((await verify()).problems).toMatchObject([{ kind: 'cut', seq: 4 }]);
    // Without the checkpoint this cannot be detected. A forged checkpoint is not accepted.
    const file = log.checkpoint.file;
    const kept = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify({ ...kept, seq: 3 }));
    expect((await verify()).problems).toMatchObject([{ kind: 'checkpoint' }]);
    writeFileSync(file, 'no json');
    expect((await verify()).problems).toMatchObject([{ kind: 'checkpoint' }]);
  });

  test('records that changed places, and records that were put in, are found', async () => {
    await fill(5);
    await tamper(
      `update foz.audit set seq = 1000 where seq = 2; update foz.audit set seq = 2 where seq = 3; update foz.audit set seq = 3 where seq = 1000`,
    );
    expect((await verify()).problems.map(({ kind: what }) => what)).toContain('reordered');
    await tamper(
      `update foz.audit set seq = 1000 where seq = 2; update foz.audit set seq = 2 where seq = 3; update foz.audit set seq = 3 where seq = 1000`,
    );
    expect(await verify()).toMatchObject({ ok: true });
    const copy = (seq: number) =>
      `insert into foz.audit select ${seq}, at, kind, outcome, actor_kind, actor_id, role, key_id, address, request_id, operation, source, table_name, record, previous, hash from foz.audit where seq = 1`;
    await tamper(copy(6));
    expect((await verify()).problems).toMatchObject([{ kind: 'added', seq: 6 }]);
    await tamper(`delete from foz.audit where seq = 6; ${copy(-4)}`);
    expect((await verify()).problems).toMatchObject([{ kind: 'added', seq: -4 }]);
  });

  test('a mark of the end that is missing or not signed is found', async () => {
    await fill(2);
    await tamper(`update foz.audit_state set mac = repeat('0', 64)`);
    expect((await verify()).problems).toMatchObject([{ kind: 'unsigned', seq: 2 }]);
    await tamper(`delete from foz.audit_state`);
    expect((await verify()).ok).toBe(false);
  });

  test('another key verifies nothing', async () => {
    await fill(1);
    expect(await verifyAudit({ store, key: randomBytes(32) })).toMatchObject({ ok: false });
  });

  test('filters and pages', async () => {
    for (let index = 0; index < 7; index++)
      await log.append(
        event({
          operation: `op ${index}`,
          kind: index % 2 === 0 ? 'mutation' : 'read',
          keyId: index < 3 ? 'a' : 'b',
        }),
      );
    const seqs = async (...given: Parameters<typeof queryAudit> extends [Store, ...infer R] ? R : never) => {
      const { records, next } = await queryAudit(store, ...given);
      return [records.map(({ seq }) => seq), next];
    };
    expect(await seqs({}, { limit: 3 })).toEqual([[7, 6, 5], 5]);
    expect(await seqs({}, { limit: 3, cursor: 5 })).toEqual([[4, 3, 2], 2]);
    expect(await seqs({}, { limit: 3, cursor: 2 })).toEqual([[1], null]);
    expect(await seqs({ kinds: ['read'] })).toEqual([[6, 4, 2], null]);
    expect(await seqs({ keyId: 'a', kinds: ['mutation'] })).toEqual([[3, 1], null]);
    expect(
      await seqs({ operation: 'op 4', source: 'shop', table: 'orders', role: 'admin', actorId: 'ann' }),
    ).toEqual([[5], null]);
    expect(await seqs({ actorKind: 'token' })).toEqual([[], null]);
    expect(
      await seqs({ address: '10.0.0.1', requestId: 'r1', outcome: 'success', from: 0, before: 1 }),
    ).toEqual([[], null]);
  });

  test('the export is JSON Lines, and each line can be checked without the store', async () => {
    await Promise.all(
      Array.from({ length: 1_100 }, (_, index) => log.append(event({ operation: `${index % 2}` }))),
    );
    const lines = (await text(exportAudit(store)))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ seq }) => seq)).toEqual(Array.from({ length: 1_100 }, (_, index) => index + 1));
    expect(lines[0].previous).toBe(genesis);
    for (const [index, line] of lines.entries())
      if (index > 0) expect(line.previous).toBe(lines[index - 1].hash);
    const odd = (await text(exportAudit(store, { operation: '1' }))).trimEnd().split('\n');
    expect(odd).toHaveLength(550);
  });

  test('retention removes from the start and leaves a chain that verifies', async () => {
    await fill(3);
    const middle = Date.now() + 1;
    while (Date.now() <= middle) await new Promise((resolve) => setTimeout(resolve, 2));
    await fill(2);
    const by = { kind: 'command', id: null, role: null } as const;
    expect(await removeOldRecords(store, log, 0, by)).toEqual({ removed: 0, through: null });
    expect(await removeOldRecords(store, log, middle, by)).toEqual({ removed: 3, through: 3 });
    expect(await verify()).toMatchObject({ ok: true, records: 3, first: 4, last: 6 });
    expect((await queryAudit(store, { operation: 'audit.retention' })).records).toMatchObject([
      { seq: 6, after: { removed: 3, through: 3 }, actor: by },
    ]);
    // The newest record stays, so that the chain can be continued.
    expect(await removeOldRecords(store, log, Date.now() + 60_000, by)).toEqual({ removed: 2, through: 5 });
    await fill(1);
    expect(await verify()).toMatchObject({ ok: true, first: 6, last: 8 });
    // More records are missing than retention has removed, and its mark cannot be moved.
    await tamper('delete from foz.audit where seq = 6');
    expect((await verify()).problems).toMatchObject([{ kind: 'removed', seq: 6 }]);
    const [row] = await store.read((db) => db('foz.audit').where({ seq: 7 }));
    await tamper(`update foz.audit_state set seq = 6, hash = '${row.previous}' where name = 'anchor'`);
    expect((await verify()).problems).toMatchObject([{ kind: 'unsigned', seq: 6 }]);
    await expect(removeOldRecords(store, log, Date.now() + 60_000, by)).rejects.toMatchObject({
      code: 'data-exception',
    });
  });

  test.each([
    ['a time that was made older', 'update foz.audit set at = 1 where seq = 4', 1_000],
    ['records that are missing', 'delete from foz.audit where seq in (2, 3)', Number.MAX_SAFE_INTEGER],
    [
      'a record that was changed',
      `update foz.audit set operation = 'x' where seq = 2`,
      Number.MAX_SAFE_INTEGER,
    ],
    [
      'a record before the start',
      `insert into foz.audit select -4, 1, kind, outcome, actor_kind, actor_id, role, key_id, address, request_id, operation, source, table_name, record, previous, hash from foz.audit where seq = 1`,
      1_000,
    ],
  ])('retention does not put its mark over %s', async (_, script, before) => {
    await fill(6);
    await tamper(script);
    const found = await verify();
    expect(found.ok).toBe(false);
    const by = { kind: 'system', id: 'retention', role: null } as const;
    await expect(removeOldRecords(store, log, before, by)).rejects.toMatchObject({ code: 'data-exception' });
    expect(await verify()).toEqual(found);
  });

  describe('an end that was cut off stays found, whatever is written after it', () => {
    /** Removes the records after the third one. `mark` returns the signature for the head that is restored. */
    const cut = async (mark: (old: { mac: string }) => string) => {
      await fill(3);
      const [old] = await store.read((db) => db('foz.audit_state').where({ name: 'head' }));
      await fill(2);
      log.checkpoint.close();
      await tamper(
        `delete from foz.audit where seq > 3; update foz.audit_state set seq = 3, hash = '${old.hash}', at = ${old.at}, mac = '${mark(old)}'`,
      );
    };
    const breaks = async () => {
      await fill(4);
      const { ok, problems } = await verify();
      expect(ok).toBe(false);
      const { records } = await queryAudit(store, { operation: 'audit.broken' });
      expect(records.at(-1)).toMatchObject({
        seq: 4,
        kind: 'control',
        outcome: 'failure',
        actor: { kind: 'system' },
      });
      return problems.map(({ kind: what, seq }) => `${what} ${seq}`);
    };

    test('an old mark is put back while Foz runs', async () => {
      await cut(({ mac }) => mac);
      expect(await breaks()).toEqual(['cut 4']);
    });

    test('an old mark is put back while Foz is stopped: by the checkpoint', async () => {
      await cut(({ mac }) => mac);
      log = newLog();
      expect(await breaks()).toEqual(['cut 4']);
    });

    test('a forged mark is put there while Foz is stopped, and the checkpoint is gone', async () => {
      await cut(() => '0'.repeat(64));
      rmSync(log.checkpoint.file);
      log = newLog();
      expect(await breaks()).toEqual(['cut 4']);
    });

    test('the key of the log is taken away, so that another one is made', async () => {
      await cut(({ mac }) => mac);
      await secrets.remove(auditKeyId);
      rmSync(log.checkpoint.file);
      log = newLog();
      expect(await breaks()).toEqual(['cut 4']);
    });

    test('a change of the control plane is the first one after it', async () => {
      await cut(({ mac }) => mac);
      await store.write((db) => log.appendWithin(db, event({ kind: 'control' })));
      // A record within another transaction may be rolled back, so the break is reported until an end was seen again.
      expect(await breaks()).toEqual(['cut 4', 'cut 6']);
    });

    test('another process that has seen less goes on first', async () => {
      await fill(1);
      const other = newLog({ folder: join(place.folder, 'other') });
      await other.append(event());
      await fill(3);
      log.checkpoint.close();
      const [second] = await store.read((db) => db('foz.audit').where({ seq: 2 }));
      const key = await log.key();
      const { mac } = signPosition('head', { seq: 2, hash: second.hash, at: Number(second.at) }, key);
      await tamper(
        `delete from foz.audit where seq > 2; update foz.audit_state set seq = 2, hash = '${second.hash}', at = ${second.at}, mac = '${mac}'`,
      );
      for (let index = 0; index < 9; index++) await other.append(event());
      await fill(1);
      const { problems } = await verify();
      expect(problems).toMatchObject([{ kind: 'cut', seq: 12 }]);
      await other.close();
    });

    test('what retention removed meanwhile is not missed', async () => {
      await fill(3);
      const other = newLog({ folder: join(place.folder, 'another') });
      await other.append(event());
      await removeOldRecords(store, other, Date.now() + 60_000, { kind: 'command', id: null, role: null });
      await other.append(event());
      await other.close();
      await fill(1);
      expect(await verify()).toMatchObject({ ok: true });
    });
  });

  test('an event that cannot be written does not take others with it', async () => {
    const results = await Promise.allSettled([
      log.append(event()),
      log.append(
        event({
          after: {
            get bad() {
              throw new Error('bad');
            },
          },
        }),
      ),
      log.append(event()),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    await log.ready();
    expect(await verify()).toMatchObject({ ok: true, records: 3 });
  });
}
