import { diffSync, listSyncs, repairSync, showSync } from '../../../src/cli/sync.ts';
import { SyncBench, type SyncEngine, secret } from './bench.ts';

/** What a command prints. */
async function printed(act: () => Promise<void>): Promise<string> {
  const lines: string[] = [];
  const { log } = console;
  console.log = (text: string) => lines.push(text);
  try {
    await act();
  } finally {
    console.log = log;
  }
  return lines.join('\n');
}

/** A sync in one direction between two real databases. */
export function oneWayCases(left: SyncEngine, right: SyncEngine, kind: 'pglite' | 'postgres'): void {
  let bench: SyncBench;

  beforeAll(async () => {
    bench = await SyncBench.open(left, right, kind, {});
    await bench.left.write(
      `insert into $t (id, name, amount, note, stamp) values (1, 'first', 1.5, null, 1), (2, 'second', 20, 'a ''note''', 2)`,
    );
    await bench.right.write(
      `insert into $t (id, name, stamp) values (2, 'older', 0), (99, 'of the right side', 0)`,
    );
    await bench.start();
    await bench.setUp();
  }, 240_000);
  afterAll(async () => {
    delete process.env.FOZ_ADMIN_SECRET;
    await bench.close();
  });

  const rightRows = async () => (await bench.right.rows()).filter(({ id }) => id !== 99);
  const level = () =>
    bench.until(async () => JSON.stringify(await bench.left.rows()) === JSON.stringify(await rightRows()));

  test('copies what is there, and leaves rows alone that never came from the left side', async () => {
    await bench.following();
    await level();
    expect(await bench.right.rows()).toHaveLength(3);
    expect(await bench.status()).toMatchObject({
      state: 'following',
      problem: null,
      inserted: 1,
      updated: 1,
      deleted: 0,
    });
  }, 240_000);

  test('follows inserts, updates, changed keys and deletes', async () => {
    await bench.left.put(3, 'third', 3);
    await bench.left.write(`update $t set name = 'changed', amount = 7.25 where id = 1`);
    await level();
    await bench.left.write('update $t set id = 4 where id = 3');
    await bench.left.write('delete from $t where id = 2');
    await level();
    expect((await rightRows()).map(({ id }) => id)).toEqual([1, 4]);
    await bench.until(async () => (await bench.status())?.lagMs === 0);
  }, 240_000);

  test('changes of the right side stay until the row changes on the left one, and are found by a comparison', async () => {
    await bench.right.write(`update $t set name = 'touched' where id = 1`);
    const differences =
      '{ syncDifferences(name: "customers") { entries { key action left right } next done total } }';
    expect(await bench.control(differences)).toMatchObject({
      syncDifferences: {
        entries: [
          { key: '["1"]', action: 'update right', left: { name: 'changed' }, right: { name: 'touched' } },
        ],
        next: null,
      },
    });
    await bench.control('mutation { repairSync(name: "customers") { name } }');
    await level();
    expect(await bench.control(differences)).toMatchObject({ syncDifferences: { entries: [] } });
    await expect(bench.control('mutation { repairSync(name: "custumers") { name } }')).rejects.toThrow(
      /did you mean/i,
    );
  }, 240_000);

  test('the commands print the state, the differences, and what a repair has done', async () => {
    await bench.following();
    process.env.FOZ_ADMIN_SECRET = secret;
    const options = { endpoint: bench.foz!.url };
    expect(await printed(() => listSyncs(options))).toMatch(
      /customers .*shop\.shop .*-> .*crm\.crm .*following/,
    );
    expect(await printed(() => diffSync('customers', options))).toBe('The tables are in step.');
    await bench.right.write('delete from $t where id = 1');
    expect(await printed(() => repairSync('customers', options))).toBe('inserted 1, updated 0, deleted 0');
    expect(await printed(() => showSync('customers', { ...options, wait: true }))).toContain(
      'shop.shop -> crm.crm: following',
    );
    await expect(showSync('other', options)).rejects.toThrow('There is no sync "other"');
  }, 240_000);

  test('what happens while Foz is down is applied after its start', async () => {
    await bench.stop();
    await bench.left.put(5, 'while away', 5);
    await bench.left.write('delete from $t where id = 4');
    await bench.start();
    await level();
    expect((await rightRows()).map(({ id }) => id)).toEqual([1, 5]);
  }, 240_000);

  test('a row that the right side refuses keeps no other row waiting, and is written once it can be', async () => {
    await bench.right.write('create unique index only_one on $t (note)');
    await bench.left.write(`update $t set note = 'twice' where id in (1, 5)`);
    await bench.left.put(6, 'behind', 6);
    await bench.until(async () => (await rightRows()).some(({ id }) => id === 6));
    await bench.until(async () => (await bench.problems()).length === 1);
    expect((await bench.problems())[0]).toMatchObject({ kind: 'refused' });
    await bench.right.write(right === 'mariadb' ? 'drop index only_one on $t' : 'drop index only_one');
    await level();
    await bench.until(async () => (await bench.problems()).length === 0);
  }, 240_000);

  test('a column that is gone stops the sync, which says so and loses nothing', async () => {
    const refresh = () => bench.control('mutation { refreshSource(name: "crm") { name } }');
    // SQLite drops no column that a trigger of the outbox names.
    const [gone, back] =
      right === 'sqlite'
        ? ['rename column amount to former', 'rename column former to amount']
        : ['drop column amount', 'add column amount decimal(12, 2)'];
    await bench.right.write(`alter table $t ${gone}`);
    await refresh();
    await bench.until(async () => (await bench.status())?.state === 'stopped');
    const { sync } = await bench.control<{ sync: object }>('{ sync(name: "customers") { state faults } }');
    expect(sync).toMatchObject({ state: 'stopped', faults: [expect.stringContaining('"amount"')] });
    await bench.left.put(7, 'meanwhile', 7);
    await bench.left.write('delete from $t where id = 6');
    await bench.right.write(`alter table $t ${back}`);
    await refresh();
    await level();
    expect((await rightRows()).map(({ id }) => id)).toEqual([1, 5, 7]);
    const metrics = await (
      await fetch(`${bench.foz!.url}metrics`, { headers: { 'x-foz-admin-secret': secret } })
    ).text();
    expect(metrics).toContain('foz_sync_rows_total{sync="customers",write="inserted"}');
  }, 240_000);
}
