import { describeEngines } from '../support/engines.ts';
import { pause, until } from '../support/wait.ts';
import {
  afterLong,
  afterShort,
  before,
  expectHealthy,
  family,
  longWrite,
  reset,
  shortWrite,
  stored,
} from './family.ts';
import { type Behind, behind, type Front, front, type Reply } from './front.ts';

const engines = ['postgres', 'mysql', 'mariadb'] as const;
type Server = (typeof engines)[number];

/** Milliseconds for the write in the case of a timeout. All other requests get enough time for a busy machine. */
const timeMs = 300;
const patientMs = 60_000;
/** Attempts, if the write times out before it sends the message at which the failure happens. */
const mostTries = 20;

type Found = 'all' | 'nothing' | 'unknown';

/** Closes all connections of Foz from the server's side, and waits until they are gone. */
async function endOnServer(shop: Behind): Promise<void> {
  const { list, kill } = kills[shop.engine as Server];
  const ids = (await shop.rows(list)).split(' ').filter(Boolean);
  for (const id of ids) await shop.run(kill(id)).catch(() => {});
  const left = async () => (await shop.rows(list)).split(' ').filter((id) => ids.includes(id));
  await until(async () => (await left()).length === 0);
}

/** MySQL's information_schema fails while a statement with a text beyond utf8mb3 runs on any connection. */
const threads = (schema: string) =>
  `select id from ${schema}.processlist where db = database() and id <> connection_id()`;
const kills: Record<Server, { readonly list: string; readonly kill: (id: string) => string }> = {
  postgres: {
    list: 'select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    kill: (id) => `select pg_terminate_backend(${id})`,
  },
  mysql: { list: threads('performance_schema'), kill: (id) => `kill connection ${id}` },
  mariadb: { list: threads('information_schema'), kill: (id) => `kill connection ${id}` },
};

interface Failure {
  /** Runs while the message or its answer is delayed. */
  readonly meanwhile: (shop: Behind, leave: () => void) => Promise<void>;
  readonly codes: readonly string[];
  readonly timeMs?: number;
}

const failures: Record<string, Failure> = {
  'the server ends the connection': { meanwhile: endOnServer, codes: ['unavailable'] },
  'the client leaves': {
    meanwhile: async (_, leave) => {
      leave();
      await pause(40);
    },
    codes: [],
  },
  'the time is up': { meanwhile: () => pause(timeMs + 40), codes: ['timeout', 'unavailable'], timeMs },
};

const writes = {
  long: { query: longWrite, after: (id: number) => afterLong(id, id + 1000), least: 4 },
  short: { query: shortWrite, after: afterShort, least: 1 },
};

describeEngines(engines, (engine) => {
  let shop: Behind;
  let foz: Front;
  beforeAll(async () => {
    shop = await behind(engine, family(engine));
    foz = await front([shop], { server: { limits: { time_ms: patientMs } } });
  }, 60_000);
  afterAll(async () => {
    await foz?.close();
    await shop?.close();
  });

  const limitTime = (time_ms: number) => foz.server.attached.graphs.useLimits({ time_ms }, []);

  /** As `failOnce`, repeated if the write timed out before the message. */
  async function failAt(...point: Parameters<typeof failOnce>): Promise<Found | null> {
    for (let tries = 1; ; tries++) {
      const { found, code } = await failOnce(...point);
      if (found !== null || code !== 'timeout' || tries === mostTries) return found;
    }
  }

  /** Runs one write with the failure at its n-th message. `found`: the stored rows; `null`: the write has fewer messages. */
  async function failOnce(
    message: number,
    side: 'before' | 'after',
    { meanwhile, codes, timeMs: limit = patientMs }: Failure,
    { query, after }: (typeof writes)['long'],
  ): Promise<{ readonly found: Found | null; readonly code: unknown }> {
    await reset(shop);
    await foz.ask('{ parents { id } }');
    const id = 100 + message;
    const abort = new AbortController();
    let passed: Promise<void> = Promise.resolve();
    const cut = () => {
      passed = meanwhile(shop, () => abort.abort());
      return passed;
    };
    shop.proxy!.arm({ message, side, meanwhile: cut });
    limitTime(limit);
    const answer = await foz.ask(query, { id, next: id + 1000 }, abort.signal).catch(() => null);
    limitTime(patientMs);
    await passed;
    await foz.idle();
    const reached = shop.proxy!.disarm();
    const found = judge(answer, await stored(shop), after(id), codes);
    await expectHealthy(foz, shop);
    return { found: reached ? found : null, code: answer?.code };
  }

  /** Expects the stored rows to match the answer. A client that disconnected received none, so either result is right. */
  function judge(answer: Reply | null, now: string, after: string, codes: readonly string[]): Found {
    const message = answer?.errors?.[0]?.message;
    const outcome =
      message === undefined ? 'all' : message.includes('may or may not') ? 'unknown' : 'nothing';
    const found = now === before ? 'nothing' : now === after ? 'all' : now;
    if (message !== undefined) expect(codes).toContain(answer!.code);
    const allowed = answer === null || outcome === 'unknown' ? ['nothing', 'all'] : [outcome];
    expect({ answer, found, allowed }).toEqual({
      answer,
      found: expect.stringMatching(allowed.join('|')),
      allowed,
    });
    return answer === null ? (found as Found) : outcome;
  }

  const cases = Object.keys(failures).flatMap((failure) =>
    (['before', 'after'] as const).flatMap((side) =>
      (['long', 'short'] as const).map((write) => [failure, side, write] as const),
    ),
  );
  test.each(cases)(
    '%s %s any message of a %s write: all or nothing, and the next request works',
    async (failure, side, write) => {
      const found: string[] = [];
      for (let message = 1; ; message++) {
        let stored = await failAt(message, side, failures[failure]!, writes[write]);
        // The fault may have met a ping of the source instead of the write, which then succeeds.
        for (let again = 0; stored === 'all' && again < 3; again++)
          stored = await failAt(message, side, failures[failure]!, writes[write]);
        if (stored === null) break;
        found.push(stored);
      }
      expect(found.length).toBeGreaterThanOrEqual(writes[write].least);
      // Only a failure at the commit, the last message, may leave the result unknown. The message before it may fail after its
      // answer, when the commit is already sent; and a ping of the source may count as a message, so that the commit is met twice.
      const doubts = found.findIndex((one) => one !== 'nothing');
      const sure = found.slice(
        0,
        doubts < 0 ? found.length : Math.max(doubts, found.length - (side === 'after' ? 3 : 2)),
      );
      expect(sure).toEqual(sure.map(() => 'nothing'));
    },
    240_000,
  );
});
