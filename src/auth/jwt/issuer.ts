import { errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import { ExactNumber, FozError, parseJson } from '../../core/index.ts';
import type { HttpClient } from '../../outbound/index.ts';
import type { IssuerConfig, PublicKeyConfig, TokenPlace } from '../config.ts';
import { type Grant, GrantedSessions } from '../grant.ts';
import { claimsReader, type TokenClaims } from './claims.ts';
import { RemoteKeys } from './jwks.ts';
import {
  type IssuerKeys,
  PublicKey,
  publicAlgorithms,
  SecretKey,
  type SigningKey,
  StaticKeys,
} from './keys.ts';
import { tokenDenied, type UncheckedToken } from './unverified-token.ts';

/** Most keys that are tried for one token. */
const maxTries = 8;

/** A verified token: valid until `until` (milliseconds since 1970), unless its key is withdrawn. */
export interface VerifiedToken {
  readonly issuer: Issuer;
  readonly key: SigningKey;
  readonly until: number;
  readonly sessions: GrantedSessions;
}

/** One issuer: its keys, its rules, and the reader of its claims. */
export class Issuer {
  readonly name: string | undefined;
  readonly keys: IssuerKeys;
  readonly places: readonly TokenPlace[];
  readonly config: IssuerConfig;
  readonly #algorithms: ReadonlySet<string>;
  readonly #readClaims: (payload: JWTPayload) => TokenClaims;

  /** Throws TypeError for an invalid key or path; `checkAuth` reports these earlier, with their place in the configuration. */
  constructor(config: IssuerConfig, http: HttpClient) {
    this.config = config;
    this.name = config.issuer ?? undefined;
    this.keys = keysOf(config, http);
    this.places = config.from ?? [{ header: 'authorization' }];
    this.#algorithms = new Set(
      config.algorithms ?? (config.secret === undefined ? publicAlgorithms : ['HS256']),
    );
    this.#readClaims = claimsReader({
      namespace: config.claims_namespace,
      namespacePath: config.claims_namespace_path,
      map: config.claims_map,
    });
  }

  /** Longest token in characters. */
  get maxLength(): number {
    return this.config.max_token_bytes ?? 8192;
  }

  /** Verifies a token of this issuer. Rejects with `access-denied`, or `unavailable` when the keys cannot be read. */
  async verify(token: string, { algorithm, kid }: UncheckedToken, now: number): Promise<VerifiedToken> {
    if (!this.#algorithms.has(algorithm)) throw tokenDenied('algorithm is not allowed');
    const candidates = await this.keys.candidates({ alg: algorithm, kid }, now);
    const { payload, key } = await this.#verifyWith(candidates.slice(0, maxTries), token, now);
    const until = payload.exp === undefined ? Number.POSITIVE_INFINITY : (payload.exp + this.#skew) * 1000;
    return { issuer: this, key, until, sessions: new GrantedSessions(this.#grant(payload, until)) };
  }

  get #skew(): number {
    return this.config.clock_skew ?? 30;
  }

  async #verifyWith(keys: readonly SigningKey[], token: string, now: number): Promise<Signed> {
    const options = this.#rules(now);
    for (const key of keys) {
      try {
        await jwtVerify(token, key.key, options);
        return { payload: payloadOf(token), key };
      } catch (error) {
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw refusal(error);
      }
    }
    throw tokenDenied(keys.length === 0 ? 'no key fits' : 'wrong signature');
  }

  #rules(now: number): JWTVerifyOptions {
    const { audience, token_type, require_exp } = this.config;
    return {
      algorithms: [...this.#algorithms],
      issuer: this.name,
      audience: audience === null ? undefined : [audience].flat(),
      clockTolerance: this.#skew,
      currentDate: new Date(now),
      typ: token_type,
      requiredClaims: require_exp === false ? [] : ['exp'],
    };
  }

  #grant(payload: JWTPayload, until: number): Grant {
    const claims = this.#readClaims(payload);
    const cap = this.config.roles;
    const roles = cap === undefined ? claims.roles : claims.roles.filter((role) => cap.includes(role));
    if (roles.length === 0) throw tokenDenied('none of its roles may come from this issuer');
    const { defaultRole, variables } = claims;
    return {
      actor: Object.freeze({ kind: 'jwt', id: subjectOf(payload), issuer: this.name }),
      roles: Object.freeze(roles),
      defaultRole: roles.find((role) => role === defaultRole) ?? (roles.length === 1 ? roles[0]! : null),
      variables,
      ...(until === Number.POSITIVE_INFINITY ? {} : { expiresAt: until }),
    };
  }
}

/** The payload of a verified token. Numbers are parsed with all their digits. */
function payloadOf(token: string): JWTPayload {
  return parseJson(Buffer.from(token.split('.')[1]!, 'base64url').toString('utf8')) as JWTPayload;
}

/** The subject as text; some issuers use numbers. */
function subjectOf({ sub }: { readonly sub?: unknown }): string {
  const isName = typeof sub === 'string' || typeof sub === 'number' || sub instanceof ExactNumber;
  return isName ? String(sub) : '';
}

/** The claims of a token, and the key that signed it. */
interface Signed {
  readonly payload: JWTPayload;
  readonly key: SigningKey;
}

function refusal(error: unknown): FozError {
  if (error instanceof FozError) return error;
  if (error instanceof errors.JWTExpired) return tokenDenied('expired');
  return tokenDenied(error instanceof Error ? error.message : 'not verified');
}

function keysOf({ key, jwks_url, secret }: IssuerConfig, http: HttpClient): IssuerKeys {
  if (jwks_url !== undefined) return new RemoteKeys({ url: jwks_url, http });
  if (secret !== undefined) return new SecretKey(secret);
  return new StaticKeys([key ?? []].flat().map(publicKeyOf));
}

/** A public key of the configuration. Throws TypeError with the reason when it cannot be used. */
export function publicKeyOf(config: PublicKeyConfig): PublicKey {
  if (typeof config === 'string' && !config.trimStart().startsWith('{')) return PublicKey.ofPem(config);
  const key = PublicKey.ofJwk(typeof config === 'string' ? JSON.parse(config) : config);
  if (key === undefined) throw new TypeError('it is no public key that can be used');
  return key;
}
