import { randomOf, seedOf } from '../seed.ts';
import { SyncBench, type SyncEngine } from './bench.ts';

const latest = { direction: 'both', conflict: { rule: 'latest', left: 'stamp', right: 'stamp' } };

interface Op {
  readonly side: 'left' | 'right';
  readonly kind: 'put' | 'delete';
  readonly name: string;
}

/**
 * Random writes on both sides by the clients of the engines, while connections are cut and Foz is stopped. The stamp of each write is greater than those
 * before it, so the last write of a key wins, wherever and whenever it was made.
 */
export function randomCases(
  left: SyncEngine,
  right: SyncEngine,
  kind: 'pglite' | 'postgres',
  { rounds, writes }: { readonly rounds: number; readonly writes: number },
): void {
  let bench: SyncBench;
  const seed = seedOf('sync');
  const random = randomOf(seed);

  beforeAll(async () => {
    bench = await SyncBench.open(left, right, kind, latest);
    await bench.start();
    await bench.setUp();
    await bench.following();
  }, 240_000);
  afterAll(() => bench.close());

  test(`random writes on both sides end in equal tables, by the rule (SEED_SYNC=${seed})`, async () => {
    let stamp = 0;
    let before = new Map<number, string>();
    for (let round = 0; round < rounds; round++) {
      const ops = new Map<number, Op[]>();
      for (let count = 0; count < writes; count++) {
        const side = random(2) === 0 ? 'left' : 'right';
        const id = 1 + random(8);
        const op: Op = { side, kind: random(5) === 0 ? 'delete' : 'put', name: `${side} ${++stamp}` };
        ops.set(id, [...(ops.get(id) ?? []), op]);
        if (op.kind === 'put') await bench[side].put(id, op.name, stamp);
        else await bench[side].write(`delete from $t where id = ${id}`);
        if (random(10) === 0) await fail();
      }
      if (bench.foz === null) await bench.start();
      const rows = await bench.inStep();
      const names = new Map(rows.map((row) => [row.id as number, String(row.name)]));
      for (let id = 1; id <= 8; id++) check(id, ops.get(id) ?? [], before.get(id), names.get(id));
      before = names;
    }
    expect(await bench.problems()).toEqual([]);
  }, 600_000);

  async function fail(): Promise<void> {
    const kinds = random(4);
    if (kinds === 0) {
      await bench.stop();
      if (random(2) === 0) await bench.start();
      return;
    }
    if (kinds === 1 && bench.foz === null) return void (await bench.start());
    const { proxy } = random(2) === 0 ? bench.left : bench.right;
    await proxy?.cut();
    await proxy?.open();
  }

  /** What the rule allows. A delete and a change that meet end with either, as the delete may have arrived before. */
  function check(
    id: number,
    ops: readonly Op[],
    before: string | undefined,
    after: string | undefined,
  ): void {
    const puts = ops.filter((op) => op.kind === 'put').map(({ name }) => name);
    const hasDelete = puts.length < ops.length;
    const allowed = !hasDelete
      ? [puts.at(-1) ?? before]
      : puts.length === 0
        ? [undefined]
        : [undefined, ...puts];
    expect({ id, after, allowed, is: allowed.includes(after) }).toMatchObject({ is: true });
  }
}

/** What each rule does with a row that was changed on both sides. */
export function ruleCases(left: SyncEngine, right: SyncEngine, kind: 'pglite' | 'postgres'): void {
  const withBench = async (sync: object, body: (bench: SyncBench) => Promise<void>) => {
    const bench = await SyncBench.open(left, right, kind, { direction: 'both', ...sync });
    try {
      await bench.left.put(1, 'both', 1);
      await bench.start();
      await bench.setUp();
      await bench.following();
      await bench.inStep();
      await body(bench);
    } finally {
      await bench.close();
    }
  };
  /** Changes both sides while Foz is down. */
  const apart = async (bench: SyncBench, onLeft: string, onRight: string) => {
    await bench.stop();
    await bench.left.write(onLeft);
    await bench.right.write(onRight);
    await bench.start();
  };

  test('fields: each side keeps what it alone has changed', async () => {
    await withBench({ conflict: { rule: 'fields', prefer: 'right' } }, async (bench) => {
      await apart(
        bench,
        `update $t set note = 'of the left', name = 'left' where id = 1`,
        `update $t set amount = 7, name = 'right' where id = 1`,
      );
      expect(await bench.inStep()).toMatchObject([{ id: 1, note: 'of the left', amount: 7, name: 'right' }]);
    });
  }, 240_000);

  test('ask: the row waits until somebody decides; others go on', async () => {
    await withBench({ conflict: { rule: 'ask' } }, async (bench) => {
      await apart(bench, `update $t set name = 'left'`, `update $t set name = 'right'`);
      await bench.until(async () => (await bench.status())!.conflicts === 1);
      const [problem] = await bench.problems();
      expect([JSON.parse(problem!.left!).name, JSON.parse(problem!.right!).name]).toEqual(['left', 'right']);
      await bench.right.put(2, 'another', 2);
      await bench.until(async () => (await bench.left.rows()).length === 2);
      expect((await bench.left.rows())[0]).toMatchObject({ name: 'left' });
      const keys = JSON.stringify([problem!.key]);
      expect(
        await bench.control(
          `mutation { resolveSyncConflicts(name: "customers", winner: RIGHT, keys: ${keys}) }`,
        ),
      ).toEqual({ resolveSyncConflicts: 1 });
      expect(await bench.inStep()).toMatchObject([{ name: 'right' }, { name: 'another' }]);
      await bench.until(async () => (await bench.problems()).length === 0);
    });
  }, 240_000);

  test('marks: a row that is gone on one side says so on the other one, until it is back', async () => {
    const mark = { column: 'note', deleted: 'gone' };
    await withBench(
      { columns: ['name', 'stamp'], deletes: { mark: { left: mark, right: mark } } },
      async (bench) => {
        await bench.left.write('delete from $t where id = 1');
        await bench.until(async () => (await bench.right.rows())[0]?.note === 'gone');
        await bench.left.put(1, 'back', 5);
        expect(await bench.inStep()).toMatchObject([{ name: 'back', note: null }]);
      },
    );
  }, 240_000);
}
