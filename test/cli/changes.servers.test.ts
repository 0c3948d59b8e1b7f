import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TriggerStore } from '../../src/store/index.ts';
import { openStore } from '../../src/store/store.ts';
import { onServer } from '../databases/postgres/support.ts';
import { describeEngines } from '../support/engines.ts';
import { until } from '../support/wait.ts';
import { inProcess } from './in-process.ts';

describeEngines(['postgres'], () => {
  let folder: string;
  let fixture: Awaited<ReturnType<typeof onServer>>;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'foz-changes-'));
    fixture = await onServer();
    await fixture.script('create table items (id int primary key, note text); create table bare (note text)');
    const sources = [
      { name: 'shop', kind: 'postgres', url: fixture.url },
      { name: 'desk', kind: 'pglite', path: ':memory:' },
    ];
    writeFileSync(join(folder, 'foz.yaml'), JSON.stringify({ sources }));
  }, 60_000);
  afterAll(async () => {
    await fixture?.drop();
    rmSync(folder, { recursive: true, force: true });
  });
  const foz = (...args: string[]) => inProcess(folder, ['changes', ...args]);
  /** The output of `foz check`. On a busy machine a source may be unavailable at first, so it is run again. */
  const checked = async (wanted: RegExp, ...args: string[]) => {
    let out = '';
    await until(async () => {
      ({ out } = await inProcess(folder, ['check', ...args]));
      return !out.includes('unavailable');
    }, 240_000);
    expect(out).toMatch(wanted);
    return out;
  };

  test('status shows how a source is followed; setup shows the statements, and runs them with --write', async () => {
    let before = { out: '', err: '' };
    await until(async () => {
      before = await foz('status');
      return !before.out.includes('not answer');
    }, 240_000);
    expect(before.err).toBe('');
    expect(before.out).toContain('shop: polled each second\n  There is no publication "foz".\n');
    expect(before.out).toContain(
      'See "foz changes setup shop".\ndesk: polled each second\n  There is no outbox',
    );
    await checked(
      /^shop: ok: postgres [\d.]+, 2 tables, polled each second: There is no publication "foz"\. See "foz changes setup shop"\.\n/,
    );
    const shown = await foz('setup', 'shop');
    expect(shown.out).toBe(
      `alter table "public"."bare" replica identity full;
create publication "foz" for table "public"."bare", "public"."items" with (publish_via_partition_root = true);
Nothing was run: the owner of the database runs these, or this command with --write.
`,
    );
    expect((await foz('status', 'shop')).out).toContain('There is no publication');
    expect((await foz('setup', 'shop', '--write')).out).toContain('Done. See "foz changes status shop".');
    const after = await foz('status', 'shop');
    expect(after.out).toContain('shop: followed by the log of the database\n');
    expect(after.out).toContain(
      '  public.items: The row before an update or a delete has only its key: REPLICA IDENTITY FULL sends all of it.\n',
    );
    expect(after.out).toContain(
      '  In the database: the publication "foz".\n  "foz changes clean shop" removes it.\n',
    );
    expect((await foz('setup', 'shop')).out).toBe('There is nothing to set up.\n');
  }, 600_000);

  test('a table that is added later is polled until it is published; --json has the same', async () => {
    await fixture.script('create table later (id int primary key)');
    const { out } = await foz('status', 'shop', '--json');
    expect(JSON.parse(out)).toMatchObject([
      {
        source: 'shop',
        method: 'replication',
        tables: 3,
        unseen: ['public.later'],
        setup: ['alter publication "foz" add table "public"."later"'],
      },
    ]);
    const { code, err } = await foz('status', 'nowhere');
    expect([code, err]).toEqual([1, expect.stringContaining('There is no source nowhere in ')]);
  }, 600_000);

  test('check shows how each source is followed, and what there is to do about it', async () => {
    const before = await checked(
      /^shop: ok: postgres [\d.]+, 3 tables, followed by the log of the database\n/,
    );
    expect(before).toContain(
      'note: shop.changes: polls public.later each second: The publication "foz" does not have the table, or not all of its rows.\n',
    );
    expect(before).toContain('note: shop.changes: max_slot_wal_keep_size is -1');
    expect(before).not.toContain('REPLICA IDENTITY');
    await fixture.script('create view shown as select * from items');
    await fixture.script(`select pg_create_logical_replication_slot('foz_left_${process.pid}', 'pgoutput')`);
    const filter = { note: { _eq: 'X-Foz-Note' } };
    const config = {
      sources: [{ name: 'shop', kind: 'postgres', url: fixture.url }],
      metadata: {
        tables: [
          {
            source: 'shop',
            table: 'items',
            select_permissions: [{ role: 'clerk', permission: { columns: '*', filter } }],
          },
        ],
      },
    };
    writeFileSync(join(folder, 'foz.yaml'), JSON.stringify(config));
    const { sources, issues } = JSON.parse(await checked(/"state": "available"/, '--json'));
    expect(sources).toMatchObject([{ changes: { wanted: 'auto', method: 'replication' } }]);
    const notes = issues.filter(({ where }: { readonly where: string }) => where === 'shop.changes');
    expect(notes.map(({ reason }: { readonly reason: string }) => reason)).toEqual([
      expect.stringContaining('polls public.later each second'),
      'polls public.shown each second: no log has the changes of a view.',
      expect.stringContaining('max_slot_wal_keep_size'),
      expect.stringContaining('reports only the key of the row before a change of public.items: roles'),
      expect.stringMatching(
        /^keeps the replication slot "foz_left_\d+", which no process reads.*\. "foz changes clean shop" removes it\.$/,
      ),
    ]);
    // A slot of event triggers is needed, also while nobody reads it.
    const store = openStore({ folder: join(folder, '.foz') });
    await store.open();
    await new TriggerStore(store).useReader('shop', `foz_left_${process.pid}`);
    await store.close();
    expect((await foz('status', 'shop')).out).toMatch(
      /In the database: the replication slot "foz_left_\d+", which no process reads: .*\. Event triggers need it: without it they miss/,
    );
    expect((await foz('clean', 'shop')).out).toMatch(/^-- the replication slot .* Event triggers need it/m);
    expect(await checked(/"state": "available"/, '--json')).not.toContain('foz_left');
    rmSync(join(folder, '.foz'), { recursive: true, force: true });
    await fixture.script(`select pg_drop_replication_slot('foz_left_${process.pid}')`);
  }, 600_000);

  test('triggers are created only on request, and clean removes everything', async () => {
    const configured = (changes?: object) =>
      writeFileSync(
        join(folder, 'foz.yaml'),
        JSON.stringify({ sources: [{ name: 'shop', kind: 'postgres', url: fixture.url, ...changes }] }),
      );
    configured({ changes: { method: 'triggers' } });
    expect((await foz('status')).out).toContain(
      'shop: polled each second, although "changes" asks for triggers\n  There is no outbox in the database',
    );
    const check = await inProcess(folder, ['check']);
    expect(check.code).toBe(1);
    expect(check.out).toContain(
      'error: shop.changes: is set to triggers and is polled each second: There is no outbox',
    );
    expect((await foz('setup', 'shop')).out).toContain('create schema foz_outbox;');
    expect((await foz('status')).out).toContain('There is no outbox');
    expect((await foz('setup', 'shop', '--method', 'triggers', '--write')).out).toContain('Done.');
    expect((await foz('status')).out).toContain('shop: followed by triggers and an outbox\n');
    expect((await inProcess(folder, ['check'])).out).not.toContain('error: shop.changes');
    const shown = await foz('clean', 'shop');
    expect(shown.out).toContain('drop schema foz_outbox cascade;');
    expect(shown.out).toContain('drop publication "foz";');
    expect((await foz('status')).out).toContain('In the database: the outbox');
    expect((await foz('clean', 'shop', '--write')).out).toContain('Done.');
    expect((await foz('clean', 'shop')).out).toBe('There is nothing to remove.\n');
    configured({ changes: 'off' });
    expect((await foz('status')).out).toContain('shop: not followed (changes: off)\n');
    configured({ changes: { url: 'mysql://x/y' } });
    expect((await inProcess(folder, ['check'])).out).toContain('changes.url: must look like postgres://');
  }, 600_000);
});
