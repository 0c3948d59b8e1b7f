import { FozError } from '../../src/core/index.ts';
import { type Limits, Pool, type Pooled, type PoolOptions, Watch } from '../../src/sql/index.ts';
import { until } from '../support/wait.ts';

/** A fake connection whose state the test sets. */
class Link implements Pooled {
  idleSince = 0;
  usable = true;
  connected = true;
  readonly number: number;
  readonly #onEnd: (link: Link) => void;

  constructor(number: number, onEnd: (link: Link) => void) {
    this.number = number;
    this.#onEnd = onEnd;
  }

  end(): void {
    setImmediate(() => this.lose());
  }

  /** Simulates that the server closed the connection. */
  lose(): void {
    if (!this.connected) return;
    this.connected = false;
    this.usable = false;
    this.#onEnd(this);
  }
}

const full = new Error('full');
const pause = (ms = 5) => new Promise((resolve) => setTimeout(resolve, ms));
const patient: Limits = { signal: new AbortController().signal, deadline: Number.POSITIVE_INFINITY };
const within = (ms: number): Limits => ({ ...patient, deadline: performance.now() + ms });
const failing = (promise: unknown) =>
  (promise as Promise<unknown>).then(
    () => expect('an error').toBe('thrown'),
    (error: FozError) => error,
  );

interface Served {
  readonly pool: Pool<Link>;
  /** The opened connections, in order. */
  readonly links: Link[];
  /** The errors of the next attempts to open one; `null`: it succeeds. */
  readonly failures: (Error | null)[];
  /** The largest number of connections that were open at once. */
  most: number;
}

const pools: Pool<Link>[] = [];
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close('all')));
});

function serve(options: Partial<PoolOptions<Link>> = {}): Served {
  let alive = 0;
  const served: Served = {
    links: [],
    failures: [],
    most: 0,
    pool: new Pool<Link>(
      {
        poolSize: 2,
        waitMs: 10_000,
        idleMs: null,
        async open(onEnd) {
          await pause(1);
          const failure = served.failures.shift();
          if (failure) throw failure;
          served.most = Math.max(served.most, ++alive);
          const link = new Link(served.links.length, (gone) => {
            alive--;
            onEnd(gone);
          });
          served.links.push(link);
          return link;
        },
        isFull: (error) => error === full,
        toFozError: (error) => new FozError('unavailable', (error as Error).message),
        ...options,
      },
      new Watch(),
    ),
  };
  pools.push(served.pool);
  return served;
}

describe('acquire', () => {
  test('opens nothing before it is asked, hands an idle connection out at once, the last used one first', async () => {
    const { pool, links } = serve();
    await pause();
    expect(links).toHaveLength(0);
    const [first, second] = await Promise.all([pool.acquire(patient), pool.acquire(patient)]);
    pool.release(first);
    pool.release(second);
    expect(pool.state).toEqual({ size: 2, idle: 2, waiting: 0 });
    expect(pool.acquire(patient)).toBe(second);
    expect(pool.acquire(patient)).toBe(first);
  });

  test('never opens more than it may; those who wait are served in their order', async () => {
    const served = serve();
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const link = await served.pool.acquire(patient);
        order.push(index);
        await pause(1);
        served.pool.release(link);
      }),
    );
    expect(served.most).toBe(2);
    expect(order).toEqual(Array.from({ length: 20 }, (_, index) => index));
    expect(served.pool.state).toEqual({ size: 2, idle: 2, waiting: 0 });
  });

  test('waits no longer than the pool, the deadline and the signal allow, and tells them apart', async () => {
    const { pool } = serve({ poolSize: 1, waitMs: 60 });
    const only = await pool.acquire(patient);
    const controller = new AbortController();
    const waits = [
      failing(pool.acquire(patient)),
      failing(pool.acquire(within(30))),
      failing(pool.acquire({ ...patient, signal: controller.signal })),
    ];
    controller.abort();
    const [busy, late, left] = await Promise.all(waits);
    expect([busy, late, left].map((error) => (error as FozError).code)).toEqual([
      'unavailable',
      'timeout',
      'timeout',
    ]);
    expect((busy as FozError).message).toMatch(/within 60 ms \(the pool holds 1\)/);
    expect((late as FozError).message).not.toBe((left as FozError).message);
    expect(pool.state.waiting).toBe(0);
    pool.release(only);
    expect(pool.acquire(patient)).toBe(only);
  });
});

describe('opening that fails', () => {
  test('fails one caller each; the next one opens anew', async () => {
    const { pool, failures } = serve({ poolSize: 1 });
    failures.push(new Error('refused'), null);
    const [first, second] = await Promise.all([
      failing(pool.acquire(patient)),
      Promise.resolve(pool.acquire(patient)),
    ]);
    expect(first).toMatchObject({ code: 'unavailable', message: 'refused' });
    expect(second).toBeInstanceOf(Link);
    expect(pool.state).toEqual({ size: 1, idle: 0, waiting: 0 });
  });

  test('of a full server lets the caller wait for a connection that is there', async () => {
    const { pool, failures } = serve();
    const only = await pool.acquire(patient);
    failures.push(full);
    const waiting = Promise.resolve(pool.acquire(patient));
    await pause(20);
    expect(pool.state).toEqual({ size: 1, idle: 0, waiting: 1 });
    pool.release(only);
    expect(await waiting).toBe(only);
  });

  test('of a full server lets the caller wait for one that is being opened', async () => {
    const { pool, failures } = serve();
    failures.push(full, null);
    const one = Promise.resolve(pool.acquire(patient));
    const other = Promise.resolve(pool.acquire(patient));
    const link = await one;
    expect(pool.state).toEqual({ size: 1, idle: 0, waiting: 1 });
    pool.release(link);
    expect(await other).toBe(link);
  });

  test('of a full server fails the caller where there is nothing to wait for', async () => {
    const { pool, failures } = serve();
    failures.push(full);
    expect(await failing(pool.acquire(patient))).toMatchObject({ code: 'unavailable', message: 'full' });
  });
});

describe('a connection that is lost', () => {
  test('while idle is never handed out', async () => {
    const { pool } = serve();
    const link = await pool.acquire(patient);
    pool.release(link);
    link.lose();
    expect(pool.state).toEqual({ size: 0, idle: 0, waiting: 0 });
    const next = await pool.acquire(patient);
    expect(next).not.toBe(link);
    expect(next.connected).toBe(true);
  });

  test('while others wait for it is replaced for them', async () => {
    const { pool, links } = serve({ poolSize: 1 });
    const link = await pool.acquire(patient);
    const waiting = Promise.resolve(pool.acquire(patient));
    link.lose();
    pool.release(link);
    expect((await waiting).number).toBe(1);
    expect(links).toHaveLength(2);
    expect(pool.state).toEqual({ size: 1, idle: 0, waiting: 0 });
  });

  test('as soon as it is open is opened again', async () => {
    const opened: Link[] = [];
    const { pool } = serve({
      async open(onEnd) {
        const link = new Link(opened.length, onEnd);
        opened.push(link);
        if (opened.length === 1) link.lose();
        return link;
      },
    });
    expect((await pool.acquire(patient)).number).toBe(1);
    expect(pool.state.size).toBe(1);
  });

  test('or is left within a transaction is not used again', async () => {
    const { pool } = serve({ poolSize: 1 });
    const link = await pool.acquire(patient);
    link.usable = false;
    pool.release(link);
    expect((await pool.acquire(patient)).number).toBe(1);
    expect(link.connected).toBe(false);
  });
});

describe('leaving', () => {
  test('connections that nobody uses are closed, but not one that is used', async () => {
    const { pool, links } = serve({ idleMs: 40 });
    const [used, unused] = await Promise.all([pool.acquire(patient), pool.acquire(patient)]);
    pool.release(unused);
    await pause(150);
    await until(() => links.some(({ connected }) => !connected));
    expect(links.map(({ connected }) => connected)).toEqual([true, false]);
    expect(pool.state).toEqual({ size: 1, idle: 0, waiting: 0 });
    pool.release(used);
  });

  test('retired connections are handed out when idle, and ended when they come back', async () => {
    const { pool } = serve();
    const [used, idle] = await Promise.all([pool.acquire(patient), pool.acquire(patient)]);
    pool.release(idle);
    expect(pool.retire()).toEqual([idle]);
    idle.end();
    pool.release(used);
    await pause();
    expect([used.connected, pool.state.size]).toEqual([false, 0]);
    const next = await pool.acquire(patient);
    pool.release(next);
    expect(pool.acquire(patient)).toBe(next);
  });

  test('closing turns away who waits and who comes, and waits for what is in use', async () => {
    const { pool } = serve({ poolSize: 1 });
    const link = await pool.acquire(patient);
    const waiting = failing(pool.acquire(patient));
    let closed = false;
    const closing = pool.close().then(() => {
      closed = true;
    });
    expect(await waiting).toMatchObject({ code: 'unavailable', message: 'The source is being closed.' });
    expect(await failing(pool.acquire(patient))).toMatchObject({ message: 'The source is closed.' });
    await pause(20);
    expect([closed, link.connected]).toEqual([false, true]);
    pool.release(link);
    await closing;
    expect(link.connected).toBe(false);
    await pool.close();
  });

  test('closing all does not wait for what is in use', async () => {
    const { pool } = serve();
    const link = await pool.acquire(patient);
    await pool.close('all');
    expect(link.connected).toBe(false);
    pool.release(link);
    expect(pool.state).toEqual({ size: 0, idle: 0, waiting: 0 });
  });

  test('closing waits for a connection that is just being opened, and closes it', async () => {
    const { pool, links } = serve();
    const waiting = failing(pool.acquire(patient));
    await pool.close();
    expect(await waiting).toMatchObject({ code: 'unavailable' });
    expect(links.map(({ connected }) => connected)).toEqual([false]);
  });
});
