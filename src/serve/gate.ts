import type { IncomingMessage } from 'node:http';
import { credentialOf, type Session } from '../access/index.ts';
import { countedAddress } from '../auth/index.ts';
import { type CacheState, FozError, HeldBytes } from '../core/index.ts';
import type { RequestContext } from './apollo.ts';
import type { Refusal } from './body.ts';
import type { Holding, Holdings } from './holdings.ts';
import { Hosts } from './hosts.ts';
import type { AccountOf, Limits, ServerOptions } from './options.ts';
import { type RateHeaders, Rates } from './rates.ts';
import { type RequestEnd, TimeLimit } from './request-end.ts';
import type { LimitsOf } from './session-limits.ts';

/** Who asks, and over which request; of a WebSocket it is the one that opened it. */
export interface Asker {
  readonly session: Session;
  readonly request: IncomingMessage;
  readonly requestId: string;
}

/** What an asker was let in with. */
export interface Entry {
  readonly limits: Limits;
  /** What every operation of this request has in common. */
  readonly base: RequestContext['operation'];
  /** What is told about rates; `null`: none are counted. */
  readonly rate: RateHeaders | null;
  /** Counts what is held for it, until `leave`. */
  readonly holding: Holding;
  /** To be called once, when the request is over and its answer is gone. */
  leave(): void;
}

/** Lets requests in: counts rates and what runs at once, of a caller over all transports together. */
export class Gate {
  readonly limitsOf: LimitsOf;
  /** By which names requests may come. */
  readonly hosts: Hosts;
  readonly #options: ServerOptions;
  readonly #rates = new Rates();
  readonly #holdings: Holdings;
  readonly #timeLimits = new Map<number, TimeLimit>();

  constructor(options: ServerOptions, limitsOf: LimitsOf, holdings: Holdings) {
    this.#options = options;
    this.#holdings = holdings;
    this.limitsOf = limitsOf;
    this.hosts = new Hosts(options);
  }

  /** Throws or rejects with Refusal 429 when the caller asks too often or for too much at once. `end`: is told when the time is up. */
  enter(asker: Asker, end: RequestEnd): Entry | Promise<Entry> {
    const { session, request } = asker;
    const limits = this.limitsOf(session);
    const { timeMs, rate, concurrency } = limits;
    const callerOf = () => this.callerOf(session, request);
    this.#holdings.admit(callerOf);
    const holding = this.#holdings.open(callerOf);
    const free =
      concurrency === null ? undefined : this.#rates.enter(this.callerOf(session, request), concurrency);
    const timeLimit = timeMs === null ? undefined : this.#timeLimit(timeMs, end);
    const leave = () => {
      timeLimit?.remove(end);
      free?.();
      holding.release();
    };
    if (rate === null && session.rateLimit === undefined)
      return this.#entered(asker, { limits, rate: null, holding, leave }, end);
    let headers: RateHeaders;
    try {
      headers = this.count(asker, 1);
    } catch (error) {
      leave();
      throw error;
    }
    return this.#entered(asker, { limits, rate: headers, holding, leave }, end);
  }

  /** Counts operations within the rates of the caller. Throws Refusal 429 when there were too many. */
  count({ session, request }: Asker, operations: number): RateHeaders {
    const { rate } = this.limitsOf(session);
    return this.#rates.count(session, this.callerOf(session, request), rate, operations);
  }

  /** The windows of rates. */
  get cache(): CacheState {
    return this.#rates.cache;
  }

  /** Who is counted: a credential, else an address. */
  callerOf({ actor }: Session, request: IncomingMessage): string {
    if (actor === undefined || actor.kind === 'anonymous')
      return `address ${countedAddress(this.addressOf(request))}`;
    return credentialOf(actor);
  }

  addressOf(request: IncomingMessage): string | null {
    const { addressOf } = this.#options;
    return addressOf === undefined ? (request.socket.remoteAddress ?? null) : addressOf(request);
  }

  /** The request, as account is kept of it. */
  accountOf(
    { request, requestId }: Pick<Asker, 'request' | 'requestId'>,
    operationName: string | null,
  ): AccountOf {
    return { requestId, address: this.addressOf(request), operationName };
  }

  /** Keeps account of a refusal (`session`: of somebody who was let in); whoever is refused need not wait for that. */
  refused(
    asker: Pick<Asker, 'request' | 'requestId'>,
    error: FozError | Refusal,
    session: Session | null = null,
  ): void {
    const told =
      error instanceof FozError
        ? error
        : new FozError('limit-exceeded', error.message, { internal: 'too many requests' });
    void this.#options.accounts?.refused(told, this.accountOf(asker, null), session).catch(() => {});
  }

  #entered(asker: Asker, given: Omit<Entry, 'base'>, end: RequestEnd): Entry | Promise<Entry> {
    const { accounts } = this.#options;
    const entry: Entry = {
      ...given,
      base: {
        session: asker.session,
        signal: end,
        timeoutMs: given.limits.timeMs,
        held: new HeldBytes(given.limits.answerBytes, given.holding),
        ...(accounts === undefined ? {} : { beforeWrite: () => accounts.ready() }),
      },
    };
    const writing = accounts?.entered(asker.session, this.accountOf(asker, null));
    if (writing === undefined) return entry;
    return writing.then(
      () => entry,
      (error) => {
        given.leave();
        throw error;
      },
    );
  }

  #timeLimit(timeMs: number, end: RequestEnd): TimeLimit {
    let limit = this.#timeLimits.get(timeMs);
    if (limit === undefined) {
      limit = new TimeLimit(timeMs);
      this.#timeLimits.set(timeMs, limit);
    }
    limit.add(end);
    return limit;
  }
}
