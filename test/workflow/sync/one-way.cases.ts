import { SyncBench, type SyncEngine } from './bench.ts';

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
  afterAll(() => bench.close());

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
    await bench.store.ask('customers', { compare: true });
    await level();
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
}
