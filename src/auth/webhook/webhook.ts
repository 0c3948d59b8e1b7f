import { hash as digest } from 'node:crypto';
import type { Actor, Session } from '../../access/index.ts';
import {
  type CacheState,
  FozError,
  heapPart,
  OwnedCache,
  parseJson,
  parseRoleName,
  SteadyClock,
} from '../../core/index.ts';
import type { HttpClient, OutboundRequest, OutboundResponse } from '../../outbound/index.ts';
import type { Authenticator } from '../authenticator.ts';
import type { WebhookConfig } from '../config.ts';
import { AccessDenied } from '../denied.ts';
import { freshnessOf } from '../freshness.ts';
import { grantBytes } from '../grant.ts';
import type { AuthRequest } from '../request.ts';
import type { SessionEnd } from '../session-end.ts';
import { isVariable, setVariable, variableOf, variableText } from '../variables.ts';
import { callerText, forwardedHeaders } from './forwarded.ts';

/** Longest answer, most variables in it, longest time in the cache, and the duration of a session where the answer does not say. */
const limits = {
  bytes: 64 * 1024,
  variables: 100,
  keptMs: 24 * 3_600_000,
  waiting: 1000,
  sessionSeconds: 3600,
};

type Headers = Readonly<Record<string, string>>;

/** A cached answer and when it expires, by the clock of this webhook. */
interface CachedAnswer {
  readonly session: Session;
  readonly until: number;
}

/** Authenticates by asking a URL: 200 with session variables, 401 for an unknown caller; anything else is `unavailable`, never access. */
export class Webhook implements Authenticator<Headers> {
  readonly kind = 'webhook';
  readonly config: WebhookConfig;
  readonly #http: HttpClient;
  readonly #only: ReadonlySet<string> | null;
  readonly #cache: OwnedCache<CachedAnswer> | null;
  readonly #clock = new SteadyClock();
  readonly #pending = new Map<string, Promise<Session>>();
  /** The actors of its sessions. */
  readonly #actors = new WeakSet<Actor>();

  /** `cacheBytes`: of all cached answers together; default: a 64th of the heap, 32 MiB at most. */
  constructor(config: WebhookConfig, http: HttpClient, cacheBytes = heapPart(1 / 64, 32 * 2 ** 20)) {
    this.config = config;
    this.#http = http;
    const { forward_headers: only, cache = 5000 } = config;
    this.#only = only === undefined ? null : new Set(only.map((name) => name.toLowerCase()));
    this.#cache = cache === 0 ? null : new OwnedCache('webhook_answers', cacheBytes, cache);
  }

  /** The cache of answers; `null`: it is off. */
  get cache(): CacheState | null {
    return this.#cache?.state ?? null;
  }

  /** Every request is the webhook's: it decides about requests without credentials, too. */
  credential(request: AuthRequest): Headers {
    const headers = forwardedHeaders(request, this.#only);
    if (headers === null)
      throw new FozError(
        'limit-exceeded',
        'The headers of the request are too long to be checked: send fewer.',
      );
    return headers;
  }

  identify(headers: Headers, _request: AuthRequest, now: number): Session | Promise<Session> {
    const id = digest('sha256', callerText(headers), 'base64');
    const cached = this.#cache?.get(id);
    if (cached !== undefined && this.#clock.at(now) < cached.until && now < cached.session.expiresAt!)
      return cached.session;
    const running = this.#pending.get(id);
    if (running !== undefined) return running;
    if (this.#pending.size >= limits.waiting) throw unavailable('too many questions wait for it');
    const pending = this.#query(id, headers, now).finally(() => this.#pending.delete(id));
    this.#pending.set(id, pending);
    return pending;
  }

  endOf(actor: Actor): SessionEnd | null {
    return this.#actors.has(actor) ? null : 'changed';
  }

  async #query(id: string, headers: Headers, now: number): Promise<Session> {
    const answer = await this.#send(headers);
    if (answer.status === 401) throw new AccessDenied({ why: 'the webhook said 401' });
    if (answer.status !== 200) throw unavailable(`it answered with status ${answer.status}`);
    const freshMs = Math.min(freshnessOf(answer.headers, now) ?? 0, limits.keptMs);
    const { session_seconds: seconds = limits.sessionSeconds } = this.config;
    const session = this.#read(objectIn(answer), now + (freshMs > 0 ? freshMs : seconds * 1000));
    if (freshMs > 0) this.#store(id, { session, until: this.#clock.at(now) + freshMs });
    return session;
  }

  #store(id: string, answer: CachedAnswer): void {
    const { role, variables, actor } = answer.session;
    this.#cache?.set(id, answer, role, grantBytes({ actor: actor!, roles: [role], variables }));
  }

  async #send(headers: Headers): Promise<OutboundResponse> {
    const { url, method = 'GET', timeout_ms: totalMs = 5000 } = this.config;
    const { host, ...others } = headers;
    const asked: Omit<OutboundRequest, 'url'> =
      method === 'GET'
        ? { headers: { ...hostHeader(host), ...others, accept: 'application/json' } }
        : {
            headers: { 'content-type': 'application/json', accept: 'application/json' },
            body: JSON.stringify({ headers }),
          };
    try {
      return await this.#http.send({
        url,
        method,
        totalMs,
        responseBytes: limits.bytes,
        overlong: 'cut',
        ...asked,
      });
    } catch (error) {
      throw unavailable(reason(error));
    }
  }

  #read(answer: object, expiresAt: number): Session {
    const variables = new Map<string, string>();
    let role: unknown;
    for (const [key, value] of Object.entries(answer)) {
      const name = variableOf(key);
      const text = name === undefined ? undefined : textOf(value);
      if (name === undefined || text === undefined) continue;
      if (name === 'role') role = role === undefined || role === text ? text : null;
      else if (isVariable(name)) setVariable(variables, name, text);
    }
    const known = parseRoleName(role);
    if (known === undefined) throw unavailable('its answer has no x-hasura-role');
    if (variables.size > limits.variables) throw unavailable('its answer has too many variables');
    if (this.config.roles !== undefined && !this.config.roles.includes(known))
      throw unavailable('its answer names a role that it may not give');
    const actor: Actor = Object.freeze({ kind: 'webhook', id: variables.get('user-id') ?? '' });
    this.#actors.add(actor);
    return Object.freeze({
      role: known,
      allowedRoles: Object.freeze([known]),
      variables: variables.set('role', known),
      actor,
      expiresAt,
    });
  }
}

/** As `Host` it would be up to the caller which of the sites behind the address of the webhook is asked. */
function hostHeader(host: string | undefined): Headers {
  return host === undefined ? {} : { 'x-forwarded-host': host };
}

function textOf(value: unknown): string | undefined {
  try {
    return variableText(value);
  } catch {
    throw unavailable('its answer holds the NUL character');
  }
}

/** The JSON object that an answer is. */
function objectIn({ body, isCut }: OutboundResponse): object {
  if (isCut) throw unavailable(`its answer is longer than ${limits.bytes} bytes, or broke off`);
  let value: unknown;
  try {
    value = parseJson(new TextDecoder().decode(body));
  } catch (error) {
    throw unavailable(reason(error));
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw unavailable('its answer is no JSON object');
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : 'it cannot be asked';
}

function unavailable(why: string): FozError {
  const message =
    'Who is asking cannot be told now: the authentication webhook did not give a usable answer.';
  return new FozError('unavailable', message, { internal: why });
}
