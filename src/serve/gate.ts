import type { IncomingMessage } from 'node:http';
import { credentialOf, type Session } from '../access/index.ts';
import { countedAddress } from '../auth/index.ts';
import {
  type CacheState,
  type EndSignal,
  FozError,
  HeldBytes,
  pause,
  type RequestEnd,
} from '../core/index.ts';
import type { RequestContext } from './apollo.ts';
import type { Refusal } from './body.ts';
import { ConcurrencySlots } from './concurrency.ts';
import type { Subscriber } from './engine.ts';
import type { Holding, Holdings } from './holdings.ts';
import { Hosts } from './hosts.ts';
import type { Limits } from './limits.ts';
import type { AuditedRequest, ServerOptions } from './options.ts';
import { type RateHeaders, Rates } from './rates.ts';
import type { LimitsOf } from './session-limits.ts';
import { TimeLimit } from './time-limit.ts';

/**
 * The caller of an operation and the HTTP request it came with; for a WebSocket, the request that opened it; `null`: it comes from this
 * process, such as a step of a workflow.
 */
export interface Requester {
  readonly session: Session;
  readonly request: IncomingMessage | null;
  readonly requestId: string;
}

/** An admitted request. */
export interface Entry {
  readonly limits: Limits;
  /** Session, end signal, time limit and held bytes. All operations of a batch share them. */
  readonly base: RequestContext['operation'];
  /** RateLimit headers for the response; `null`: no rate applies. */
  readonly rate: RateHeaders | null;
  /** Counts the bytes held for the request until `leave`. */
  readonly holding: Holding;
  /** Frees the concurrency slot and the held bytes. Called once, when the response is sent or its client is gone. */
  leave(): void;
}

/** Admits requests: counts rates and concurrency slots per caller, over all transports together. */
export class Gate {
  readonly limitsOf: LimitsOf;
  /** The host names under which requests are accepted. */
  readonly hosts: Hosts;
  readonly #options: ServerOptions;
  readonly #rates = new Rates();
  readonly #subscriptions = new ConcurrencySlots();
  readonly #holdings: Holdings;
  readonly #timeLimits = new Map<number, TimeLimit>();

  constructor(options: ServerOptions, limitsOf: LimitsOf, holdings: Holdings) {
    this.#options = options;
    this.#holdings = holdings;
    this.limitsOf = limitsOf;
    this.hosts = new Hosts(options);
  }

  /**
   * Counts a request against its caller's rate and concurrency, and starts its time limit: `end` is aborted when it is over. Throws or
   * rejects with Refusal 429 when the caller exceeds its rate or concurrency.
   */
  enter(requester: Requester, end: RequestEnd): Entry | Promise<Entry> {
    const { session, request } = requester;
    const limits = this.limitsOf(session);
    const { time_ms: timeMs, rate, concurrency } = limits;
    const callerOf = () => this.callerOf(session, request);
    this.#holdings.admit(callerOf);
    const holding = this.#holdings.open(callerOf);
    const free =
      concurrency === null ? undefined : this.#rates.enter(this.callerOf(session, request), concurrency);
    const timeLimit = timeMs === null ? undefined : this.#timeLimit(timeMs);
    const timed = timeLimit?.add(end);
    const leave = () => {
      if (timed !== undefined) timeLimit?.remove(timed);
      free?.();
      holding.release();
    };
    if (rate === null && session.rateLimit === undefined)
      return this.#entered(requester, { limits, rate: null, holding, leave }, end);
    let headers: RateHeaders;
    try {
      headers = this.count(requester, 1);
    } catch (error) {
      leave();
      throw error;
    }
    return this.#entered(requester, { limits, rate: headers, holding, leave }, end);
  }

  /** Counts operations within the caller's rates. Throws Refusal 429 when they are exceeded. */
  count({ session, request }: Requester, operations: number): RateHeaders {
    const { rate } = this.limitsOf(session);
    return this.#rates.count(session, this.callerOf(session, request), rate, operations);
  }

  /** Counts a subscription of a caller. Returns a function that is called when it ends. Throws Refusal 429 where too many are running. */
  subscribe({ session, request }: Requester): () => void {
    const { subscriptions } = this.limitsOf(session);
    if (subscriptions === null) return () => {};
    const full = `${subscriptions} subscriptions are running already, which is as many as may: end one of them.`;
    return this.#subscriptions.take(this.callerOf(session, request), subscriptions, full);
  }

  /**
   * Takes a caller's turn for a further answer of a subscription. Resolves when it comes, or `end` is aborted; `null`: it is there.
   */
  turn({ session, request }: Requester, end: EndSignal): Promise<void> | null {
    const { answers_per_second: most } = this.limitsOf(session);
    if (most === null) return null;
    const waitMs = this.#rates.turn(session, this.callerOf(session, request), most);
    return waitMs === 0 ? null : pause(waitMs, end);
  }

  /** The caller of a subscription. */
  subscriberOf({ session, request }: Requester): Subscriber {
    const name = this.callerOf(session, request);
    return {
      name,
      limits: () => this.limitsOf(session),
      hold: () => this.#holdings.open(() => name),
    };
  }

  /** The cache of rate windows. */
  get cache(): CacheState {
    return this.#rates.cache;
  }

  /** The key that a caller is counted by: its credential, else its address. */
  callerOf({ actor }: Session, request: IncomingMessage | null): string {
    if (actor === undefined || actor.kind === 'anonymous')
      return `address ${countedAddress(this.addressOf(request))}`;
    return credentialOf(actor);
  }

  addressOf(request: IncomingMessage | null): string | null {
    if (request === null) return null;
    const { addressOf } = this.#options;
    return addressOf === undefined ? (request.socket.remoteAddress ?? null) : addressOf(request);
  }

  /** A request as the audit log records it. */
  auditedRequest(
    { request, requestId }: Pick<Requester, 'request' | 'requestId'>,
    operationName: string | null,
  ): AuditedRequest {
    return { requestId, address: this.addressOf(request), operationName };
  }

  /**
   * Records a refusal in the audit log. `session`: the caller's, if authentication succeeded. The response does not wait for the record.
   */
  refused(
    requester: Pick<Requester, 'request' | 'requestId'>,
    error: FozError | Refusal,
    session: Session | null = null,
  ): void {
    const refusal =
      error instanceof FozError
        ? error
        : new FozError('limit-exceeded', error.message, { internal: 'too many requests' });
    void this.#options.audit?.refused(refusal, this.auditedRequest(requester, null), session).catch(() => {});
  }

  #entered(requester: Requester, given: Omit<Entry, 'base'>, end: RequestEnd): Entry | Promise<Entry> {
    const { audit } = this.#options;
    const entry: Entry = {
      ...given,
      base: {
        session: requester.session,
        signal: end,
        timeoutMs: given.limits.time_ms,
        held: new HeldBytes(given.limits.answer_bytes, given.holding),
        ...(audit === undefined ? {} : { beforeWrite: () => audit.ready() }),
      },
    };
    const writing = audit?.entered(requester.session, this.auditedRequest(requester, null));
    if (writing === undefined) return entry;
    return writing.then(
      () => entry,
      (error) => {
        given.leave();
        throw error;
      },
    );
  }

  #timeLimit(timeMs: number): TimeLimit {
    let limit = this.#timeLimits.get(timeMs);
    if (limit === undefined) {
      limit = new TimeLimit(timeMs);
      this.#timeLimits.set(timeMs, limit);
    }
    return limit;
  }
}
