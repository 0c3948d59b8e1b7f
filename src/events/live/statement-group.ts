import { HeldBytes, RequestEnd } from '../../core/index.ts';
import { type EngineAnswer, runTogether } from '../../execute/index.ts';
import { isUnavailable, type PlannedSubscription, runOnce } from './run.ts';
import type { RunSlots } from './run-slots.ts';

/** A live query that is due. */
export interface DueQuery {
  readonly planned: PlannedSubscription;
  readonly end: RequestEnd;
  /** Called when its run begins; `false`: it has ended meanwhile. */
  begin(): boolean;
}

interface Waiting {
  readonly query: DueQuery;
  readonly answer: (answer: EngineAnswer | null) => void;
}

/** Most queries of one statement, and the most bytes that the database may send for it. */
const most = { queries: 500, bytes: 8 * 1024 * 1024 } as const;
/** A statement that takes longer gets fewer queries: they wait for each other, and the database computes them one after another. */
const aimMs = 100;
/** Milliseconds without shared statements after one failed for a reason that none of its queries has. */
const pauseMs = 10_000;

let groups = 0;

/**
 * Runs live queries of one plan that are due at the same time by one statement of the database. Where it fails, each of them runs on
 * its own, so no query gets the error of another one.
 */
export class StatementGroup {
  readonly #slots: RunSlots;
  /** Queries that wait for a slot, by their callers in the order of their turns. */
  readonly #waiting = new Map<string, Waiting[]>();
  /** Queries whose last run failed. They run alone until they succeed. */
  readonly #failing = new WeakSet<DueQuery>();
  readonly #name = `statement ${++groups}`;
  #count = 0;
  /** Slots that are asked for. */
  #asked = 0;
  #isCollecting = false;
  /** Queries of the next statement. */
  #size = 16;
  #pausedUntil = Number.NEGATIVE_INFINITY;

  constructor(slots: RunSlots) {
    this.#slots = slots;
  }

  /** Runs a query as soon as there is a slot; `null`: it has ended. Never rejects. */
  run(query: DueQuery): Promise<EngineAnswer | null> {
    if (this.#failing.has(query) || performance.now() < this.#pausedUntil) return this.#alone(query);
    const { name } = query.planned.subscriber;
    return new Promise((answer) => {
      const others = this.#waiting.get(name);
      if (others === undefined) this.#waiting.set(name, [{ query, answer }]);
      else others.push({ query, answer });
      this.#count++;
      if (this.#isCollecting) return;
      this.#isCollecting = true;
      // Queries that one change concerns become due in the same turn of the event loop.
      setImmediate(() => {
        this.#isCollecting = false;
        this.#ask();
      });
    });
  }

  /** Asks for as many slots as the waiting queries need. A statement for one caller counts among the runs of this caller. */
  #ask(): void {
    while (this.#asked * this.#size < this.#count) {
      this.#asked++;
      const [name] = this.#waiting.keys();
      const slot = this.#waiting.size === 1 ? name! : this.#name;
      void this.#slots.run(slot, async () => {
        this.#asked--;
        await this.#next(this.#take());
      });
    }
  }

  /** Takes the queries of the next statement; callers take turns. */
  #take(): readonly Waiting[] {
    const taken: Waiting[] = [];
    while (taken.length < this.#size && this.#count > 0) {
      for (const [name, queries] of this.#waiting) {
        if (taken.length === this.#size) break;
        this.#waiting.delete(name);
        const one = queries.shift()!;
        this.#count--;
        if (queries.length > 0) this.#waiting.set(name, queries);
        if (one.query.begin()) taken.push(one);
        else one.answer(null);
      }
    }
    return taken;
  }

  async #next(taken: readonly Waiting[]): Promise<void> {
    const startedAt = performance.now();
    if (taken.length === 1) {
      const [{ query, answer }] = taken as [Waiting];
      answer(this.#noted(query, await runOnce(query.planned, query.end)));
      this.#resize(1, performance.now() - startedAt, 0);
    } else if (taken.length > 1) await this.#together(taken, startedAt);
    this.#ask();
  }

  async #together(taken: readonly Waiting[], startedAt: number): Promise<void> {
    let answers: readonly (EngineAnswer | null)[] | null;
    try {
      answers = await sharedAnswers(taken.map(({ query }) => query));
    } catch {
      answers = null;
    }
    if (answers === null) this.#size = Math.max(1, Math.floor(taken.length / 2));
    else {
      let characters = 0;
      for (const answer of answers) characters += answer?.json.length ?? 0;
      this.#resize(taken.length, performance.now() - startedAt, characters);
    }
    const rest = taken.filter(({ answer }, at) => {
      const shared = answers?.[at] ?? null;
      if (shared !== null) answer(shared);
      return shared === null;
    });
    if (rest.length > 0) void this.#each(rest, answers === null);
  }

  /** Runs queries on their own. `hasFailed`: since their statement has failed. */
  async #each(rest: readonly Waiting[], hasFailed: boolean): Promise<void> {
    const own = await Promise.all(
      rest.map(async ({ query, answer }) => {
        const found = await this.#alone(query);
        answer(found);
        return found;
      }),
    );
    if (hasFailed && own.every((answer) => answer === null || answer.errors.length === 0))
      this.#pausedUntil = performance.now() + pauseMs;
  }

  async #alone(query: DueQuery): Promise<EngineAnswer | null> {
    const { planned, end } = query;
    return this.#slots.run(planned.subscriber.name, async () =>
      query.begin() ? this.#noted(query, await runOnce(planned, end)) : null,
    );
  }

  #noted(query: DueQuery, answer: EngineAnswer): EngineAnswer {
    if (answer.errors.length > 0 && !isUnavailable(answer)) this.#failing.add(query);
    else this.#failing.delete(query);
    return answer;
  }

  #resize(queries: number, ms: number, bytes: number): void {
    if (ms > aimMs) this.#size = Math.max(1, Math.floor(queries / 2));
    else if (queries >= this.#size && ms < aimMs / 2 && bytes < most.bytes / 4)
      this.#size = Math.min(most.queries, this.#size * 2);
  }
}

/** The answers of one statement, within the limits of each caller. Rejects where it fails. */
async function sharedAnswers(queries: readonly DueQuery[]): Promise<readonly (EngineAnswer | null)[]> {
  const signal = new RequestEnd();
  let open = queries.length;
  const leave = () => {
    if (--open === 0) signal.abort();
  };
  for (const { end } of queries) end.addEventListener('abort', leave);
  const limits = queries.map(({ planned }) => planned.subscriber.limits());
  const holdings = queries.map(({ planned }) => planned.subscriber.hold());
  const times = limits.flatMap(({ timeoutMs }) => timeoutMs ?? []);
  try {
    return await runTogether(
      queries.map(({ planned: { live } }, at) => ({
        shared: live.shared!,
        answerBytes: limits[at]!.answerBytes,
        counter: holdings[at]!,
      })),
      {
        signal,
        timeoutMs: times.length === 0 ? null : Math.min(...times),
        held: new HeldBytes(most.bytes),
      },
    );
  } finally {
    for (const holding of holdings) holding.release();
    for (const { end } of queries) end.removeEventListener('abort', leave);
  }
}
