import { HeldBytes, RequestEnd } from '../../core/index.ts';
import { type EngineAnswer, runTogether } from '../../execute/index.ts';
import { isUnavailable, type PlannedSubscription, runOnce } from './run.ts';
import type { RunSlots } from './run-slots.ts';
import { StatementSize } from './statement-size.ts';

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

/** The most bytes that the database may send for a statement. */
const mostBytes = 8 * 1024 * 1024;
/** About the most characters of the parameters of a statement. */
const mostParameters = 1024 * 1024;
/** Milliseconds without shared statements after one has failed although each of its queries succeeded alone. */
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
  readonly #size: StatementSize;
  #count = 0;
  /** The number of slots that were asked for and are not granted yet. */
  #asked = 0;
  /** Whether one of them counts as no caller's. */
  #isSharedAsked = false;
  #isCollecting = false;
  #pausedUntil = Number.NEGATIVE_INFINITY;

  constructor(slots: RunSlots, size = new StatementSize()) {
    this.#slots = slots;
    this.#size = size;
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

  /**
   * Asks for as many slots as the waiting queries need. A statement for one caller counts among the runs of this caller. A slot of a caller may
   * have to wait for other runs of the caller, so queries of several callers do not wait for it.
   */
  #ask(): void {
    const [name] = this.#waiting.keys();
    const slot = this.#waiting.size === 1 ? name! : this.#name;
    while (this.#asked * this.#size.queries < this.#count) this.#askFor(slot);
    if (this.#waiting.size > 1 && !this.#isSharedAsked) this.#askFor(this.#name);
  }

  #askFor(slot: string): void {
    const isShared = slot === this.#name;
    this.#asked++;
    if (isShared) this.#isSharedAsked = true;
    void this.#slots.run(slot, async () => {
      this.#asked--;
      if (isShared) this.#isSharedAsked = false;
      await this.#next(this.#take());
    });
  }

  /** Takes the queries of the next statement; callers take turns. */
  #take(): readonly Waiting[] {
    const taken: Waiting[] = [];
    const size = this.#size.queries;
    let parameters = 0;
    const isFull = () => taken.length >= size || parameters > mostParameters;
    while (!isFull() && this.#count > 0) {
      for (const [name, queries] of this.#waiting) {
        if (isFull()) break;
        this.#waiting.delete(name);
        const one = queries.shift()!;
        this.#count--;
        if (queries.length > 0) this.#waiting.set(name, queries);
        if (!one.query.begin()) {
          one.answer(null);
          continue;
        }
        taken.push(one);
        // The key of a query has its variables as text.
        parameters += one.query.planned.live.key?.length ?? 0;
      }
    }
    return taken;
  }

  async #next(taken: readonly Waiting[]): Promise<void> {
    const startedAt = performance.now();
    if (taken.length === 1) {
      const [{ query, answer }] = taken as [Waiting];
      answer(this.#noted(query, await runOnce(query.planned, query.end)));
      this.#size.ranSeparately(performance.now() - startedAt);
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
    if (answers === null) {
      if (!taken.every(({ query }) => query.end.aborted)) this.#size.failed(taken.length);
    } else {
      let characters = 0;
      for (const answer of answers) characters += answer?.json.length ?? 0;
      this.#size.ranTogether(taken.length, performance.now() - startedAt, characters);
    }
    const rest = taken.filter(({ answer }, at) => {
      const shared = answers?.[at] ?? null;
      if (shared !== null) answer(shared);
      return shared === null;
    });
    if (rest.length > 0) void this.#each(rest, answers === null);
  }

  /** Runs each query on its own. `hasFailed`: whether their shared statement has failed. */
  async #each(rest: readonly Waiting[], hasFailed: boolean): Promise<void> {
    const own = await Promise.all(
      rest.map(async ({ query, answer }) => {
        const found = await this.#alone(query);
        answer(found);
        return found;
      }),
    );
    const ran = own.filter((answer) => answer !== null);
    if (hasFailed && ran.length > 0 && ran.every(({ errors }) => errors.length === 0))
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
}

/** The answers of one statement, within the limits of each caller; `null`: the query needs a run of its own. Rejects where the statement fails. */
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
        held: new HeldBytes(mostBytes),
      },
    );
  } finally {
    for (const holding of holdings) holding.release();
    for (const { end } of queries) end.removeEventListener('abort', leave);
  }
}
