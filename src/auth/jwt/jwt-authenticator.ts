import { hash as digest } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Actor, Session } from '../../access/index.ts';
import { type CacheState, heapPart, OwnedCache } from '../../core/index.ts';
import type { HttpClient } from '../../outbound/index.ts';
import type { Authenticator } from '../authenticator.ts';
import type { IssuerConfig, TokenPlace } from '../config.ts';
import { cookieOf, refuseForeignPage } from '../cookie.ts';
import { type AuthRequest, bearerToken, header } from '../request.ts';
import type { SessionEnd } from '../session-end.ts';
import { Issuer, type VerifiedToken } from './issuer.ts';
import { decodeToken, looksLikeToken, tokenDenied } from './unverified-token.ts';

export interface TokenOptions {
  readonly issuers: readonly IssuerConfig[];
  /** Reads the key sets of issuers. */
  readonly http: HttpClient;
  /** Origins, besides the server's own, whose pages may send a cookie. */
  readonly cookieOrigins?: readonly string[];
  /** Most cached tokens; default: 10,000. */
  readonly cacheSize?: number;
  /** Bytes of all cached tokens together; default: a 64th of the heap, 32 MiB at most. */
  readonly cacheBytes?: number;
}

/** A token and where the request carried it. */
export interface FoundToken {
  readonly token: string;
  readonly place: TokenPlace;
}

const none: ReadonlyMap<string | undefined, Issuer> = new Map();

/** Verifies signed tokens of several issuers. `iss` selects the issuer, and only that issuer's keys and rules apply. */
export class Tokens implements Authenticator<FoundToken> {
  readonly kind = 'jwt';
  readonly headers: readonly string[];
  readonly #issuers: ReadonlyMap<string | undefined, Issuer>;
  readonly #places: readonly TokenPlace[];
  readonly #cookieOrigins: ReadonlySet<string>;
  readonly #maxLength: number;
  /** By SHA-256 of the token. */
  readonly #verified: OwnedCache<VerifiedToken>;
  /** The tokens of sessions, by the actor. */
  readonly #origins: WeakMap<Actor, VerifiedToken>;

  /** `former`: the tokens before this change; unchanged issuers keep their keys and cached tokens. */
  constructor(options: TokenOptions, former?: Tokens) {
    const known = former === undefined ? none : former.#issuers;
    const issuers = options.issuers.map((config) => {
      const there = known.get(config.issuer ?? undefined);
      return there !== undefined && isDeepStrictEqual(there.config, config)
        ? there
        : new Issuer(config, options.http);
    });
    this.#issuers = new Map(issuers.map((issuer) => [issuer.name, issuer]));
    const places = new Map(issuers.flatMap(({ places }) => places.map((place) => [placeName(place), place])));
    this.#places = [...places.values()].sort((left, right) => rank(left) - rank(right));
    this.headers = this.#places.flatMap((place) => ('header' in place ? [place.header.toLowerCase()] : []));
    this.#cookieOrigins = new Set(options.cookieOrigins);
    this.#maxLength = Math.max(0, ...issuers.map(({ maxLength }) => maxLength));
    const { cacheBytes = heapPart(1 / 64, 32 * 2 ** 20), cacheSize = 10_000 } = options;
    this.#verified =
      former === undefined ? new OwnedCache('tokens', cacheBytes, cacheSize) : former.#verified;
    this.#origins = former === undefined ? new WeakMap() : former.#origins;
  }

  /** The cache of verified tokens. */
  get cache(): CacheState {
    return this.#verified.state;
  }

  endOf(actor: Actor, now: number): SessionEnd | null {
    const origin = this.#origins.get(actor);
    if (origin === undefined || !this.#has(origin.issuer)) return 'changed';
    return origin.issuer.keys.isWithdrawn(origin.key, now) ? 'withdrawn' : null;
  }

  /** Whether this issuer still exists, unchanged. */
  #has(issuer: Issuer): boolean {
    return this.#issuers.get(issuer.name) === issuer;
  }

  /**
   * Authorization has precedence over other headers, and headers over cookies. A value of Authorization without the form of a token is left
   * to other authenticators.
   */
  credential(request: AuthRequest): FoundToken | undefined {
    for (const place of this.#places) {
      const token = tokenAt(place, request);
      if (token !== undefined) return { token, place };
    }
    return undefined;
  }

  identify({ token, place }: FoundToken, request: AuthRequest, now: number): Session | Promise<Session> {
    if (token.length > this.#maxLength) throw tokenDenied('too long');
    if ('cookie' in place) refuseForeignPage(request, this.#cookieOrigins);
    const id = digest('sha256', token, 'base64');
    const known = this.#verified.get(id);
    if (known !== undefined) {
      const { issuer, key, until } = known;
      if (this.#has(issuer) && now < until && issuer.keys.trusts(key, now))
        return sessionOf(known, place, request);
      this.#verified.delete(id);
    }
    return this.#verify(id, token, place, request, now);
  }

  async #verify(
    id: string,
    token: string,
    place: TokenPlace,
    request: AuthRequest,
    now: number,
  ): Promise<Session> {
    const unchecked = decodeToken(token);
    const issuer = this.#issuers.get(unchecked.issuer);
    if (issuer === undefined) throw tokenDenied('unknown issuer');
    if (token.length > issuer.maxLength) throw tokenDenied('too long');
    const verified = await issuer.verify(token, unchecked, now);
    const { sessions } = verified;
    this.#verified.set(id, verified, sessions.owner, sessions.bytes);
    this.#origins.set(verified.sessions.actor, verified);
    return sessionOf(verified, place, request);
  }
}

function sessionOf({ issuer, sessions }: VerifiedToken, place: TokenPlace, request: AuthRequest): Session {
  const name = placeName(place);
  if (!issuer.places.some((one) => placeName(one) === name))
    throw tokenDenied('this issuer does not send tokens there');
  return sessions.of(request);
}

function placeName(place: TokenPlace): string {
  return 'header' in place ? `header ${place.header.toLowerCase()}` : `cookie ${place.cookie}`;
}

function rank(place: TokenPlace): number {
  if ('cookie' in place) return 2;
  return place.header.toLowerCase() === 'authorization' ? 0 : 1;
}

function tokenAt(place: TokenPlace, request: AuthRequest): string | undefined {
  if ('cookie' in place) return cookieOf(request, place.cookie);
  const name = place.header.toLowerCase();
  const value = header(request, name);
  if (name !== 'authorization') return bearerToken(value) ?? value;
  const token = bearerToken(value);
  return token !== undefined && looksLikeToken(token) ? token : undefined;
}
