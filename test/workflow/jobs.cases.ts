import { setTimeout as sleep } from 'node:timers/promises';
import { FozError } from '../../src/core/index.ts';
import { type Claim, JobStore, type NewJob, type Settlement } from '../../src/store/index.ts';
import { claimJobs, divide, type WaitingQueue, waitingQueues } from '../../src/store/jobs/claims.ts';
import { holdJobs, lockKeys, settleJobs } from '../../src/store/jobs/statements.ts';
import type { RunStatement } from '../../src/store/run-statement.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { JobWorker } from '../../src/workflow/index.ts';
import { type StorePlace, storePlace, until } from '../store/place.ts';
import { randomOf, seedOf } from './seed.ts';

const done = { kind: 'done' } as const;

/** The protocol of claims, in a store of either kind. */
export function jobCases(kind: 'pglite' | 'postgres'): void {
  let place: StorePlace;
  let store: Store;
  let jobs: JobStore;
  let count = 0;
  let queue: string;
  let kindName: string;
  beforeAll(async () => {
    place = await storePlace(kind);
    store = openStore({ url: place.url, folder: place.folder });
    jobs = new JobStore(store);
    await jobs.addWorker('a');
    await jobs.addWorker('b');
  }, 120_000);
  afterAll(async () => {
    await store.close();
    await place.drop();
  });
  beforeEach(() => {
    count++;
    queue = `queue ${count}`;
    kindName = `kind ${count}`;
  });

  const queueOf = (concurrency: number | null = null) =>
    jobs.storeQueues([{ name: queue, kind: kindName, concurrency }]);
  const add = (...added: Omit<NewJob, 'queue'>[]) =>
    jobs.transact((transaction) => transaction.add(added.map((job) => ({ queue, ...job }))));
  const claim = async (worker = 'a', most = 100) => (await jobs.claim(worker, [kindName], most)).claims;
  const settle = async (...settlements: Settlement[]) => [
    ...(await jobs.transact((transaction) => transaction.settle(settlements))),
  ];
  const ids = (claims: readonly Claim[]) => claims.map(({ id }) => id);

  test('a job is claimed once, by its priority and time, and removed when it is done', async () => {
    await queueOf();
    await add(
      { id: `${count} low`, priority: 'low', body: '{"a":1}' },
      { id: `${count} later`, afterMs: 3_600_000 },
      { id: `${count} normal` },
      { id: `${count} high`, priority: 'high' },
    );
    const first = await claim('a', 2);
    expect(ids(first)).toEqual([`${count} high`, `${count} normal`]);
    const [low, ...none] = await claim('b');
    expect(low).toMatchObject({
      ...{ id: `${count} low`, worker: 'b', queue, kind: kindName, key: null, priority: 'low' },
      ...{ attempts: 1, body: '{"a":1}' },
    });
    expect(none).toEqual([]);
    expect(await jobs.claim('a', [kindName], 100)).toMatchObject({ claims: [], busy: false });
    const { nextMs } = await jobs.claim('a', [kindName], 100);
    expect(nextMs).toBeGreaterThan(3_000_000);
    await settle(...[...first, low!].map((one) => ({ claim: one, outcome: done })));
    await jobs.transact(({ makeDue }) => makeDue([`${count} later`]));
    expect(ids(await claim())).toEqual([`${count} later`]);
  });

  test('an id that is in the queue is not added again', async () => {
    await queueOf();
    expect(await add({ id: `${count} a` }, { id: `${count} a` })).toEqual([`${count} a`]);
    expect(await add({ id: `${count} a`, body: 'another' }, { id: `${count} b` })).toEqual([`${count} b`]);
    expect((await claim()).map(({ body }) => body)).toEqual([null, null]);
  });

  test('jobs of a key come one after the other, in their order, also where one is tried again', async () => {
    await queueOf();
    await add({ id: `${count} 1`, key: 'k' }, { id: `${count} 2`, key: 'k', priority: 'high' });
    await add({ id: `${count} 3`, key: 'k' }, { id: `${count} other`, key: 'l' });
    const first = await claim();
    expect(ids(first).sort()).toEqual([`${count} 1`, `${count} other`]);
    const one = first.find(({ id }) => id === `${count} 1`)!;
    await settle({ claim: one, outcome: { kind: 'later', afterMs: 0, progress: false } });
    const again = await claim();
    expect(again).toMatchObject([{ id: `${count} 1`, attempts: 2 }]);
    await settle({ claim: again[0]!, outcome: done });
    const second = await claim();
    expect(ids(second)).toEqual([`${count} 2`]);
    await settle({ claim: second[0]!, outcome: done });
    expect(ids(await claim())).toEqual([`${count} 3`]);
  });

  test('a key and a queue have at most as many jobs at once as their limits', async () => {
    await queueOf(3);
    await add(...[1, 2, 3].map((n) => ({ id: `${count} k${n}`, key: 'k', keyConcurrency: 2 })));
    await add(...[1, 2, 3].map((n) => ({ id: `${count} free${n}` })));
    const first = await claim('a', 2);
    expect(ids(first)).toEqual([`${count} k1`, `${count} k2`]);
    expect(ids(await claim('b'))).toEqual([`${count} free1`]);
    expect(await jobs.claim('b', [kindName], 100)).toEqual({ claims: [], busy: false, nextMs: null });
    await settle({ claim: first[1]!, outcome: done });
    expect(await claim()).toHaveLength(1);
  });

  test('a paused queue gives no jobs', async () => {
    await queueOf();
    await add({ id: `${count} 1` });
    await jobs.pauseQueue(queue, true);
    expect(await jobs.claim('a', [kindName], 100)).toEqual({ claims: [], busy: false, nextMs: null });
    await jobs.pauseQueue(queue, false);
    expect(await claim()).toHaveLength(1);
  });

  test('a withdrawn job is gone, and the next one of its key can be claimed; a claimed one stays', async () => {
    await queueOf();
    await add(...[1, 2, 3].map((n) => ({ id: `${count} ${n}`, key: 'k' })));
    const names = [1, 2].map((n) => ({ id: `${count} ${n}`, queue, key: 'k' }));
    expect([...(await jobs.transact(({ withdraw }) => withdraw(names)))].sort()).toEqual(ids(names as never));
    const [third] = await claim();
    expect(third!.id).toBe(`${count} 3`);
    expect([...(await jobs.transact(({ withdraw }) => withdraw([third!])))]).toEqual([]);
    expect(await settle({ claim: third!, outcome: done })).toEqual([third!.id]);
  });

  test('who was declared dead records nothing, and its jobs go to others', async () => {
    await queueOf();
    await jobs.addWorker('stale');
    await add({ id: `${count} 1`, key: 'k' });
    const [stale] = await claim('stale');
    const beat = async () => (await jobs.beat('a'))!.find(({ id }) => id === 'stale')!;
    if (!jobs.isExclusive) {
      const seen = await beat();
      // A heartbeat in between saves it. With an embedded store, nobody else looks for heartbeats.
      await jobs.beat('stale');
      await jobs.takeOver([seen]);
      expect([...(await jobs.transact(({ hold }) => hold([stale!])))]).toEqual([stale!.id]);
    }
    await jobs.takeOver([await beat()]);
    expect(await jobs.beat('stale')).toBeNull();
    const [taken] = await claim('a');
    expect(taken).toMatchObject({ id: stale!.id, worker: 'a', attempts: 2 });
    expect([...(await jobs.transact(({ hold }) => hold([stale!])))]).toEqual([]);
    expect(await settle({ claim: stale!, outcome: done })).toEqual([]);
    // Claims of the same worker are different, too.
    await settle({ claim: taken!, outcome: { kind: 'later', afterMs: 0, progress: true } });
    const [again] = await claim('a');
    expect(again).toMatchObject({ attempts: 1 });
    expect(await settle({ claim: taken!, outcome: done })).toEqual([]);
    expect(await settle({ claim: again!, outcome: done })).toEqual([again!.id]);
  });

  test('claims whose answer was lost are given away', async () => {
    await queueOf();
    await add({ id: `${count} 1` }, { id: `${count} 2` });
    const [kept] = await claim('b', 1);
    await claim('b');
    await jobs.releaseAllBut('b', [kept!]);
    expect(await claim('a')).toHaveLength(1);
  });

  test('random interleavings: done once each, in the order of the key, within the limits', async () => {
    const seed = seedOf('jobs');
    const random = randomOf(seed);
    const limit = 1 + random(6);
    await queueOf(limit);
    const keys = Array.from({ length: 1 + random(4) }, (_, index) => `key ${index}`);
    const added = new Map<string, string[]>(keys.map((key) => [key, []]));
    const recorded: { id: string; key: string | null }[] = [];
    const all = 40;
    let next = 0;
    const adding = async () => {
      while (next < all) {
        const batch = Array.from({ length: Math.min(all - next, 1 + random(4)) }, () => {
          const key = random(3) > 0 ? keys[random(keys.length)]! : undefined;
          return {
            id: `${count} ${next++}`,
            priority: (['high', 'normal', 'low'] as const)[random(3)]!,
            ...(key && { key }),
          };
        });
        await add(...batch);
        for (const { id, key } of batch) if (key !== undefined) added.get(key)!.push(id);
        await sleep(random(4));
      }
    };
    await jobs.transact(({ run }) =>
      run('create table if not exists foz.test_records (queue text, id text, key text)', []),
    );
    const working = async (name: string) => {
      let [worker, life] = [`${name} ${count}`, 0];
      await jobs.addWorker(worker);
      while (recorded.length < all) {
        const claims = await claim(worker, 1 + random(5));
        await limitsHold();
        if (claims.length === 0) await sleep(random(5));
        for (const one of claims) {
          if (random(8) === 0) {
            // It dies, or stands still so long that it is declared dead, and records what it did nevertheless.
            const others = await jobs.beat('a');
            await jobs.takeOver(others!.filter(({ id }) => id === worker));
          }
          const outcome =
            random(4) === 0 ? ({ kind: 'later', afterMs: random(5), progress: false } as const) : done;
          const held = await jobs.transact(async (transaction) => {
            const ids = await transaction.settle([{ claim: one, outcome }]);
            if (ids.size > 0 && outcome === done)
              await transaction.run('insert into foz.test_records values (?, ?, ?)', [
                queue,
                one.id,
                one.key,
              ]);
            return ids;
          });
          if (held.size > 0 && outcome === done) recorded.push({ id: one.id, key: one.key });
        }
        if ((await jobs.beat(worker)) === null) {
          worker = `${name} ${count} ${++life}`;
          await jobs.addWorker(worker);
        }
      }
    };
    const limitsHold = async () => {
      const rows = await jobs.transact(({ run }) =>
        run('select key, worker from foz.jobs where queue = ? and worker is not null', [queue]),
      );
      const ofKeys = rows.map(({ key }) => key).filter((key) => key !== null);
      if (rows.length > limit || new Set(ofKeys).size < ofKeys.length)
        throw new Error(`Seed ${seed}: ${rows.length} claimed, limit ${limit}, keys ${ofKeys}`);
    };
    await Promise.all([adding(), working('x'), working('y'), working('z')]);
    const rows = await jobs.transact(({ run }) =>
      run('select id from foz.test_records where queue = ?', [queue]),
    );
    expect({ seed, ids: rows.map(({ id }) => id).sort() }).toEqual({
      seed,
      ids: Array.from({ length: all }, (_, index) => `${count} ${index}`).sort(),
    });
    for (const key of keys)
      expect({ seed, key, ids: recorded.filter((one) => one.key === key).map(({ id }) => id) }).toEqual({
        ...{ seed, key, ids: added.get(key) },
      });
  }, 60_000);

  test('no queue is left out where there are more queues than slots, and full ones take no part of others', async () => {
    const names = [1, 2, 3, 4].map((n) => `${queue} ${n}`);
    await jobs.storeQueues(names.map((name) => ({ name, kind: kindName, concurrency: null })));
    await jobs.storeQueues([{ name: queue, kind: kindName, concurrency: 1 }]);
    await add(...[1, 2].map((n) => ({ id: `${count} full ${n}` })));
    const full = await claim('b', 1);
    expect(full).toHaveLength(1);
    await jobs.transact((transaction) =>
      transaction.add(
        names.flatMap((name) =>
          Array.from({ length: 100 }, (_, n) => ({ id: `${count} ${name} ${n}`, queue: name })),
        ),
      ),
    );
    const taken = new Set<string>();
    // Each of four queues is left out of 200 draws in 1 of 10 to the power of 25 cases.
    for (let draws = 0; draws < 200 && taken.size < names.length; draws++)
      for (const one of await claim('a', 1)) taken.add(one.queue);
    expect([...taken].sort()).toEqual(names);
    expect(await claim('a', 40)).toHaveLength(40);
  });

  test('what one claim takes is divided: nothing for full queues, their part for the others', () => {
    const waiting = (...rooms: (number | null)[]): WaitingQueue[] =>
      rooms.map((room, index) => ({ name: String(index), kind: 'k', room, dueMs: 0 }));
    const shares = (most: number, ...rooms: (number | null)[]) =>
      divide(waiting(...rooms), most)
        .map(({ queue: { room }, most: share }) => `${room} ${share}`)
        .sort();
    expect(shares(10, null, 0, 1)).toEqual(['1 1', 'null 9']);
    expect(shares(9, null, null, 2)).toEqual(['2 2', 'null 3', 'null 4']);
    expect(shares(1, null, null)).toEqual(['null 1']);
    expect(shares(5)).toEqual([]);
  });

  test('a long queue is neither read as a whole by a claim nor by its end', async () => {
    const many = 4_000;
    await queueOf();
    await add(...Array.from({ length: many }, (_, n) => ({ id: `${count} ${n}` })));
    const claims = await claim('a', 500);
    await jobs.transact(({ run }) => run('analyze foz.jobs', []));
    const plans: string[] = [];
    const explained =
      (run: RunStatement): RunStatement =>
      async (text, values) => {
        const rows = await run(`explain (analyze, costs off, timing off, summary off) ${text}`, values);
        plans.push(rows.map((row) => String(Object.values(row)[0])).join('\n'));
        return [];
      };
    const due = { name: queue, kind: kindName, room: null, dueMs: 0 };
    await jobs.transact(async ({ run }) => {
      await waitingQueues(explained(run), [kindName]);
      await claimJobs(explained(run), 'a', [{ queue: due, most: 100 }]);
      await holdJobs(explained(run), claims);
      await settleJobs(
        explained(run),
        claims.map((one, index) => ({
          claim: one,
          outcome: index % 2 === 0 ? done : { kind: 'later', afterMs: 0, progress: true },
        })),
      );
    });
    expect(plans).toHaveLength(4);
    for (const plan of plans) {
      expect(plan).not.toMatch(/Seq Scan on jobs/);
      expect(plan).not.toMatch(/Rows Removed by (?:Join )?Filter: \d{4}/);
    }
    const left = await jobs.transact(({ run }) =>
      run('select count(*) as number, count(worker) as claimed from foz.jobs where queue = ?', [queue]),
    );
    expect([Number(left[0]!.number), Number(left[0]!.claimed)]).toEqual([many - 250, 100]);
  }, 30_000);

  test('a worker that was declared dead claims nothing', async () => {
    await queueOf();
    await add({ id: `${count} 1` });
    expect(await claim('nobody')).toEqual([]);
    expect(await claim('a')).toHaveLength(1);
  });

  test('a job that is made due at a time is due then', async () => {
    await queueOf();
    await add({ id: `${count} 1`, afterMs: 9_000_000 });
    await jobs.transact(({ makeDue }) => makeDue([`${count} 1`], 3_600_000));
    const { nextMs } = await jobs.claim('a', [kindName], 1);
    expect(nextMs! > 3_000_000 && nextMs! <= 3_600_000).toBe(true);
  });

  test('any number of keys needs a bounded number of locks', async () => {
    const [row] = await jobs.transact(async ({ run }) => {
      await lockKeys(
        run,
        Array.from({ length: 5_000 }, (_, n) => ({ queue, key: `key ${n}` })),
      );
      return run(
        `select count(*) as number from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()`,
        [],
      );
    });
    expect(Number(row!.number)).toBeGreaterThan(500);
    expect(Number(row!.number)).toBeLessThanOrEqual(1_024);
  });

  describe('workers', () => {
    const workers: JobWorker[] = [];
    const workerOf = (options: Partial<ConstructorParameters<typeof JobWorker>[0]> = {}) => {
      const worker = new JobWorker({ jobs, beatMs: 50, ...options });
      workers.push(worker);
      return worker;
    };
    afterEach(async () => {
      await Promise.all(workers.splice(0).map((worker) => worker.stop(0)));
    });

    test('a worker is woken by new jobs, by their time, and by jobs that end', async () => {
      await queueOf(2);
      const ran: string[] = [];
      const at = new Map<string, number>();
      const worker = workerOf({ beatMs: 60_000 });
      worker.handle(kindName, async (claimed) => {
        ran.push(claimed.id);
        at.set(claimed.id, performance.now());
        await settle({ claim: claimed, outcome: done });
      });
      await worker.start();
      const later = `${count} later`;
      const added = performance.now();
      await add(...[1, 2, 3, 4].map((n) => ({ id: `${count} ${n}`, key: 'k' })), { id: later, afterMs: 300 });
      await until(() => ran.length === 5);
      expect(ran.filter((id) => id !== later)).toEqual([1, 2, 3, 4].map((n) => `${count} ${n}`));
      // On a busy machine the fourth may run after it.
      expect(at.get(later)! - added).toBeGreaterThan(250);
    });

    test('a job whose handler fails is tried again, later each time', async () => {
      await queueOf();
      const attempts: number[] = [];
      const warnings: object[] = [];
      const worker = workerOf({ log: { warn: (fields) => void warnings.push(fields) } });
      worker.handle(kindName, async (claimed) => {
        attempts.push(claimed.attempts);
        if (attempts.length === 1) throw new Error('the first time');
        await settle({ claim: claimed, outcome: done });
      });
      await worker.start();
      await add({ id: `${count} 1` });
      await until(() => attempts.length === 2);
      expect(attempts).toEqual([1, 2]);
      expect(warnings).toContainEqual(expect.objectContaining({ job: `${count} 1`, queue }));
    });

    test('a worker that was declared dead aborts its jobs, and goes on under a new name', async () => {
      await queueOf();
      const started: Claim[] = [];
      const aborted: string[] = [];
      const worker = workerOf();
      worker.handle(kindName, async (claimed, signal) => {
        started.push(claimed);
        await new Promise<void>((resolve) => {
          if (started.length > 1) resolve();
          signal.addEventListener('abort', () => {
            aborted.push(claimed.id);
            resolve();
          });
        });
        if (!signal.aborted) await settle({ claim: claimed, outcome: done });
      });
      await worker.start();
      await add({ id: `${count} 1` });
      await until(() => started.length === 1);
      const former = worker.id;
      const lastBeat = () =>
        jobs.transact(({ run }) => run('select id, beat from foz.job_workers where id = ?', [former]));
      // A heartbeat may come in between.
      while (worker.id === former)
        await jobs.takeOver(
          (await lastBeat()).map(({ id, beat }) => ({ id: String(id), beat: Number(beat) })),
        );
      await until(() => started.length === 2);
      expect(aborted).toEqual([`${count} 1`]);
      expect(started[1]).toMatchObject({ id: `${count} 1`, attempts: 2 });
    });

    test('a claim whose commit came late is given away while the worker lives', async () => {
      await queueOf();
      const ran: string[] = [];
      const worker = workerOf();
      worker.handle(kindName, async (claimed) => {
        ran.push(claimed.id);
        await settle({ claim: claimed, outcome: done });
      });
      await worker.start();
      await add({ id: `${count} first` });
      await until(() => ran.length === 1);
      await jobs.transact(async ({ run, add: added }) => {
        await added([{ id: `${count} late`, queue }]);
        await run(`update foz.jobs set worker = ?, fence = nextval('foz.job_fences') where id = ?`, [
          worker.id,
          `${count} late`,
        ]);
      });
      await until(() => ran.length === 2);
      expect(ran).toEqual([`${count} first`, `${count} late`]);
    });

    test('a job whose end is lost while stray claims are given away is given away, too', async () => {
      await queueOf();
      const gone = new FozError('unavailable', 'The store does not answer.');
      let [failsToClaim, failsToSettle] = [false, false];
      let endsWithout: () => void = () => {};
      /** A store that does not answer at moments that a test chooses. */
      class Cut extends JobStore {
        override async claim(...given: Parameters<JobStore['claim']>) {
          if (failsToClaim) {
            failsToClaim = false;
            throw gone;
          }
          return super.claim(...given);
        }
        override async transact<T>(body: Parameters<JobStore['transact']>[0]): Promise<T> {
          if (failsToSettle) throw gone;
          return super.transact(body) as Promise<T>;
        }
        override async releaseAllBut(...given: Parameters<JobStore['releaseAllBut']>) {
          await super.releaseAllBut(...given);
          if (attempts.length !== 1) return;
          failsToSettle = true;
          endsWithout();
          await until(() => worker.running === 0);
          failsToSettle = false;
        }
      }
      const attempts: number[] = [];
      const worker = workerOf({ jobs: new Cut(store), beatMs: 60_000 });
      worker.handle(kindName, async (claimed) => {
        attempts.push(claimed.attempts);
        if (attempts.length === 1)
          await new Promise<void>((_, reject) => {
            endsWithout = () => reject(new Error('it failed'));
          });
        else await settle({ claim: claimed, outcome: done });
      });
      await add({ id: `${count} 1` });
      await worker.start();
      await until(() => attempts.length === 1);
      failsToClaim = true;
      worker.wake();
      await until(() => attempts.length === 2);
      expect(attempts).toEqual([1, 2]);
    });

    test('jobs of a worker that stops go to another one at once', async () => {
      await queueOf();
      const started: string[] = [];
      const first = workerOf({ beatMs: 60_000 });
      first.handle(kindName, (_, signal) => {
        started.push('first');
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
      });
      await first.start();
      await add({ id: `${count} 1` });
      await until(() => started.length === 1);
      const second = workerOf({ beatMs: 60_000 });
      second.handle(kindName, async (claimed) => {
        started.push('second');
        await settle({ claim: claimed, outcome: done });
      });
      await second.start();
      // An embedded store has one worker: a second one takes over what the first one has.
      await first.stop(0);
      await until(() => started.length === 2);
      expect(started).toEqual(['first', 'second']);
    });
  });
}
