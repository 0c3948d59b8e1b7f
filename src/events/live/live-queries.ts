import { setImmediate as turn } from 'node:timers/promises';
import { answerErrors, type EngineAnswer, errorsOf, type RoleEngine } from '../../execute/index.ts';
import { ChangesQuery } from '../changes/changes-query.ts';
import { AnswerDeltas } from '../deltas/answer-deltas.ts';
import { DeltaAnswers } from '../deltas/delta-answers.ts';
import { Newest } from './newest.ts';
import { isUnavailable, type LiveContext, type PlannedSubscription } from './run.ts';
import { keptLength, type Receiver, SharedQuery } from './shared-query.ts';
import { StatementGroups } from './statement-groups.ts';
import { StreamQuery } from './stream-query.ts';

/** Plans a subscription for the present graph of its session. Throws FozError or FozErrors where the graph no longer allows it. */
export type PlanSubscription = () => PlannedSubscription;

interface Subscriber {
  /** Plans the subscription for a changed graph. Throws as PlanSubscription does. */
  replan(): void;
  fail(answer: EngineAnswer): void;
}

/** Subscribers that are planned again in one turn of the event loop. */
const replannedAtOnce = 100;

/** All subscriptions of this process. Subscribers with the same answers share the runs of a query. */
export class LiveQueries {
  readonly #context: LiveContext;
  readonly #shared = new Map<RoleEngine, Map<string, SharedQuery>>();
  readonly #subscribers = new Set<Subscriber>();
  readonly #deltas: AnswerDeltas;
  readonly #statements: StatementGroups;
  #replanning: Promise<void> | null = null;
  #isStale = false;

  constructor(context: LiveContext) {
    this.#context = context;
    this.#deltas = new AnswerDeltas(context.onDeltaFailure);
    this.#statements = new StatementGroups(context.slots);
  }

  /** The number of subscribers. */
  get subscribers(): number {
    return this.#subscribers.size;
  }

  /** The number of shared queries; streams and `<table>_changes` are not among them. */
  get queries(): number {
    let count = 0;
    for (const byKey of this.#shared.values()) count += byKey.size;
    return count;
  }

  /**
   * The answers of a subscription: the first one at once, then one per change. `asDeltas`: those of a query as differences to the one
   * before; streams and `<table>_changes` have none. Throws FozError or FozErrors.
   */
  subscribe(plan: PlanSubscription, asDeltas = false): AsyncIterableIterator<EngineAnswer, undefined> {
    const planned = plan();
    return planned.live.key === null ? this.#sequence(plan, planned) : this.#query(plan, planned, asDeltas);
  }

  /** Plans all subscriptions again, after the graph has changed. A subscription that the graph no longer allows ends with the errors. */
  replan(): void {
    this.#isStale = true;
    this.#replanning ??= this.#replanAll().finally(() => {
      this.#replanning = null;
    });
  }

  async #replanAll(): Promise<void> {
    while (this.#isStale) {
      this.#isStale = false;
      let count = 0;
      for (const subscriber of [...this.#subscribers]) {
        if (this.#subscribers.has(subscriber)) replanOne(subscriber);
        if (++count % replannedAtOnce === 0) await turn();
      }
    }
  }

  #query(
    plan: PlanSubscription,
    first: PlannedSubscription,
    asDeltas: boolean,
  ): AsyncIterableIterator<EngineAnswer, undefined> {
    let shared = this.#sharedOf(first);
    let sent: string | null = null;
    let isFirst = true;
    const receiver: Receiver = {
      put(answer, print) {
        // After a change of the graph the new query often has the answer that the old one has sent.
        if (print === sent || (!isFirst && isUnavailable(answer))) return;
        if (answer.json.length > keptLength && !answers.isAwaited) {
          sent = null;
          return answers.miss();
        }
        sent = print;
        isFirst = false;
        answers.put(answer);
      },
      fail: (answer) => subscriber.fail(answer),
    };
    const answers = new Newest<EngineAnswer>(
      () => {
        this.#subscribers.delete(subscriber);
        this.#leave(shared, receiver);
      },
      () => shared.again(receiver),
    );
    const deltas = asDeltas
      ? new DeltaAnswers(answers, this.#deltas, first.subscriber.name, () => shared.rowKeys)
      : null;
    const subscriber: Subscriber = {
      replan: () => {
        const next = this.#sharedOf(plan(), shared);
        if (next === shared) return;
        this.#leave(shared, receiver);
        shared = next;
        deltas?.reset();
        shared.add(receiver);
      },
      fail(answer) {
        answers.put(answer);
        answers.end();
      },
    };
    this.#subscribers.add(subscriber);
    shared.add(receiver);
    return deltas ?? answers;
  }

  /** Starts a stream, or the changes of a table. They are not shared: each subscriber has its own position. */
  #sequence(plan: PlanSubscription, first: PlannedSubscription): StreamQuery | ChangesQuery {
    const Kind = first.live.changes === null ? StreamQuery : ChangesQuery;
    const stream = new Kind(first, this.#context, () => this.#subscribers.delete(subscriber));
    const subscriber: Subscriber = {
      replan: () => stream.use(plan()),
      fail: (answer) => stream.fail(answer),
    };
    this.#subscribers.add(subscriber);
    return stream;
  }

  /** The shared query of a subscription, created if there is none. `current`: the one that the subscriber has now. */
  #sharedOf(planned: PlannedSubscription, current?: SharedQuery): SharedQuery {
    const { engine, live } = planned;
    if (current?.engine === engine && current.key === live.key) return current;
    let byKey = this.#shared.get(engine);
    if (byKey === undefined) {
      byKey = new Map();
      this.#shared.set(engine, byKey);
    }
    let shared = byKey.get(live.key!);
    if (shared === undefined) {
      shared = new SharedQuery(planned, this.#context, this.#statements);
      byKey.set(live.key!, shared);
    }
    return shared;
  }

  #leave(shared: SharedQuery, receiver: Receiver): void {
    if (!shared.remove(receiver)) return;
    const byKey = this.#shared.get(shared.engine);
    byKey?.delete(shared.key);
    if (byKey?.size === 0) this.#shared.delete(shared.engine);
  }
}

function replanOne(subscriber: Subscriber): void {
  try {
    subscriber.replan();
  } catch (error) {
    subscriber.fail(answerErrors(errorsOf(error), 'request', false));
  }
}
