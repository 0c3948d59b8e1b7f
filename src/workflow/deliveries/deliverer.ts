import type { HttpClient } from '../../outbound/index.ts';
import {
  type Claim,
  type Delivery,
  type DeliveryOutcome,
  type DeliveryStore,
  deliveryKind,
  endpointOfQueue,
} from '../../store/index.ts';
import { GroupCommit, type JobWorker, type QueueLimit } from '../jobs/index.ts';
import { type Attempted, attempt } from './attempt.ts';
import { CircuitBreaker } from './breaker.ts';
import { defaultBreaker, defaultRetry, type Endpoint } from './endpoint.ts';
import { type RunStarter, startRun } from './run-start.ts';
import { isOutage, verdictOf } from './verdict.ts';

export interface DelivererOptions {
  readonly deliveries: DeliveryStore;
  readonly http: HttpClient;
  /** Starts the runs of endpoints that name a workflow. */
  readonly runs?: RunStarter;
  /** The endpoint of a name, as it is defined now; `undefined`: this process does not know it. */
  readonly endpoint: (name: string) => Endpoint | undefined;
  /** Called after each attempt. */
  readonly onAttempt?: (endpoint: string, result: AttemptKind) => void;
}

/** The result of an attempt: the endpoint has accepted the delivery, another attempt follows, or none does. */
export type AttemptKind = 'delivered' | 'failed' | 'dead';

/** Milliseconds before a delivery whose endpoint this process does not know is claimed again. Metadata may come sooner: a worker asks at each heartbeat. */
const unknownPauseMs = 30_000;

/** Makes the deliveries that a worker claims: at least once each, in the order of their key. */
export class Deliverer {
  readonly #options: DelivererOptions;
  readonly #breakers = new Map<string, CircuitBreaker>();
  readonly #reads: GroupCommit<string, Delivery | null>;
  readonly #outcomes: GroupCommit<DeliveryOutcome, boolean>;

  constructor(options: DelivererOptions) {
    this.#options = options;
    const { deliveries } = options;
    this.#reads = new GroupCommit({ commit: (ids) => deliveries.read(ids) });
    this.#outcomes = new GroupCommit({ commit: (outcomes) => deliveries.settle(outcomes) });
  }

  /** Registers this as the handler of a worker's deliveries. Called before the worker starts. */
  join(worker: JobWorker): void {
    worker.handle(
      deliveryKind,
      (claim, signal) => this.#deliver(claim, signal),
      (queue) => this.#limitOf(endpointOfQueue(queue)),
    );
  }

  /** Stops waiting for a store that does not answer: what waits is rejected. Called after the worker has stopped. */
  close(): void {
    this.#reads.close();
    this.#outcomes.close();
  }

  /** Deliveries that could not be made now stay in their queue: claiming each of them only to put it off would keep the store busy. */
  #limitOf(name: string): QueueLimit | null {
    const endpoint = this.#options.endpoint(name);
    if (endpoint === undefined) return { atOnce: 0, waitMs: unknownPauseMs };
    return this.#breakers.get(name)?.limit(endpoint.breaker ?? defaultBreaker) ?? null;
  }

  async #deliver(claim: Claim, signal: AbortSignal): Promise<void> {
    const delivery = await this.#reads.add(claim.id);
    if (delivery === null) return this.#end(claim);
    const endpoint = this.#options.endpoint(delivery.endpoint);
    if (endpoint === undefined) return this.#postpone(claim, unknownPauseMs);
    const { retry = defaultRetry, breaker: rules = defaultBreaker } = endpoint;
    const breaker = this.#breakerOf(endpoint.name);
    const waitMs = breaker.waitMs(rules);
    // The random part spreads the deliveries, so that they do not come all at once after the pause.
    if (waitMs > 0) return this.#postpone(claim, waitMs + Math.random() * rules.pauseMs);
    let outage: boolean | null = null;
    try {
      const { result, attempt: made } = await this.#attempt(endpoint, delivery, signal);
      outage = isOutage(result);
      const verdict = verdictOf(result, delivery.attempts + 1, retry);
      const state = verdict.kind === 'again' ? 'pending' : verdict.kind;
      const end =
        verdict.kind === 'again'
          ? ({ kind: 'later', afterMs: verdict.afterMs, progress: true } as const)
          : ({ kind: 'done' } as const);
      breaker.report(outage, rules);
      this.#options.onAttempt?.(endpoint.name, verdict.kind === 'again' ? 'failed' : verdict.kind);
      await this.#outcomes.add({ claim, record: { state, attempt: made }, end });
    } catch (error) {
      if (outage === null) breaker.report(null, rules);
      throw error;
    }
  }

  #attempt(endpoint: Endpoint, delivery: Delivery, signal: AbortSignal): Promise<Attempted> {
    const { http, runs } = this.#options;
    const { name, workflow, form } = endpoint;
    if (workflow === undefined || runs === undefined) return attempt(http, endpoint, delivery, signal);
    return startRun(runs, { name, workflow, form }, delivery);
  }

  #breakerOf(name: string): CircuitBreaker {
    const known = this.#breakers.get(name);
    if (known !== undefined) return known;
    const breaker = new CircuitBreaker();
    this.#breakers.set(name, breaker);
    return breaker;
  }

  /** Ends the claim of a delivery that is not there any more. */
  async #end(claim: Claim): Promise<void> {
    await this.#outcomes.add({ claim, end: { kind: 'done' } });
  }

  async #postpone(claim: Claim, afterMs: number): Promise<void> {
    await this.#outcomes.add({ claim, end: { kind: 'later', afterMs, progress: true } });
  }
}
