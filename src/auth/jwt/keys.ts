import { createPublicKey, createSecretKey, type JsonWebKey, type KeyObject } from 'node:crypto';

/** The parts of a token's header that select a key. */
export interface TokenHeader {
  readonly alg: string;
  readonly kid: string | undefined;
}

/** The keys of one issuer. */
export interface IssuerKeys {
  /** The keys that may have signed a token with this header, usually one. */
  candidates(header: TokenHeader, now: number): Promise<readonly SigningKey[]>;
  /** Whether a token verified by this key is valid without a read; false where the keys have to be read again first. */
  trusts(key: SigningKey, now: number): boolean;
  /** Whether a key was withdrawn, as far as that is known; starts a read now and then. */
  isWithdrawn(key: SigningKey, now: number): boolean;
}

/** A key that verifies signatures. */
export interface SigningKey {
  readonly key: KeyObject;
}

/** Signature algorithms with a public key, and the type of key for each. */
const asymmetric = {
  RS256: 'rsa',
  RS384: 'rsa',
  RS512: 'rsa',
  PS256: 'rsa',
  PS384: 'rsa',
  PS512: 'rsa',
  ES256: 'prime256v1',
  ES384: 'secp384r1',
  ES512: 'secp521r1',
  EdDSA: 'ed25519',
  Ed25519: 'ed25519',
} as const satisfies Record<string, string>;

/** Signature algorithms with a shared secret, and the least number of bytes for each. */
const symmetric = { HS256: 32, HS384: 48, HS512: 64 } as const satisfies Record<string, number>;

/** The algorithms with a public key: the default for an issuer with public keys. */
export const publicAlgorithms = Object.keys(asymmetric);
/** The algorithms with a shared secret. */
export const secretAlgorithms = Object.keys(symmetric);

/** Least length of a shared secret in bytes. */
export function leastSecretBytes(algorithm: string): number {
  return symmetric[algorithm as keyof typeof symmetric] ?? 64;
}

/** A public key with its parameters from the key set. */
export class PublicKey implements SigningKey {
  readonly key: KeyObject;
  readonly kid: string | undefined;
  /** Identifies the key and its parameters: equal for equal keys. */
  readonly print: string;
  readonly #algorithm: string | undefined;
  readonly #kind: string;

  constructor(key: KeyObject, kind: string, names: { readonly kid?: unknown; readonly alg?: unknown }) {
    this.key = key;
    this.#kind = kind;
    this.kid = typeof names.kid === 'string' ? names.kid : undefined;
    this.#algorithm = typeof names.alg === 'string' ? names.alg : undefined;
    this.print = `${this.kid ?? ''} ${key.export({ type: 'spki', format: 'der' }).toString('base64')}`;
  }

  /** From PEM: a public key or a certificate. Throws for anything else, for a private key, and for RSA below 2,048 bits. */
  static ofPem(pem: string): PublicKey {
    if (pem.includes('PRIVATE KEY'))
      throw new TypeError('it is a private key: only the public key belongs here');
    const key = createPublicKey(pem);
    const kind = kindOf(key);
    if (kind === undefined) throw new TypeError('it is of a kind or size that cannot be used');
    return new PublicKey(key, kind, {});
  }

  /** From a JWK; `undefined` for a secret, weak or unknown key and for one with another use. */
  static ofJwk(value: unknown): PublicKey | undefined {
    if (typeof value !== 'object' || value === null) return undefined;
    const jwk = value as JsonWebKey & { readonly kid?: unknown; readonly alg?: unknown };
    if (jwk.kty === 'oct' || 'd' in jwk || 'k' in jwk) return undefined;
    if (jwk.use !== undefined && jwk.use !== 'sig') return undefined;
    if (Array.isArray(jwk.key_ops) && !jwk.key_ops.includes('verify')) return undefined;
    try {
      const key = createPublicKey({ key: jwk, format: 'jwk' });
      const kind = kindOf(key);
      return kind === undefined ? undefined : new PublicKey(key, kind, jwk);
    } catch {
      return undefined;
    }
  }

  /** Whether it can have made a signature by this algorithm. */
  fits({ alg }: TokenHeader): boolean {
    if (
      this.#algorithm !== undefined &&
      this.#algorithm !== alg &&
      !(isEdwards(alg) && isEdwards(this.#algorithm))
    )
      return false;
    return Object.hasOwn(asymmetric, alg) && asymmetric[alg as keyof typeof asymmetric] === this.#kind;
  }
}

function isEdwards(algorithm: string): boolean {
  return algorithm === 'EdDSA' || algorithm === 'Ed25519';
}

function kindOf(key: KeyObject): string | undefined {
  const { modulusLength = 0, namedCurve } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return modulusLength >= 2048 ? 'rsa' : undefined;
    case 'ec':
      return namedCurve;
    case 'ed25519':
      return 'ed25519';
    default:
      return undefined;
  }
}

/** Keys in the configuration. */
export class StaticKeys implements IssuerKeys {
  readonly #keys: readonly PublicKey[];

  constructor(keys: readonly PublicKey[]) {
    this.#keys = keys;
  }

  /** A key without `kid` matches a token with any `kid`, since PEM cannot express one. */
  candidates(header: TokenHeader): Promise<readonly PublicKey[]> {
    const { kid } = header;
    const fitting = this.#keys.filter(
      (key) => key.fits(header) && (key.kid === undefined || kid === undefined || key.kid === kid),
    );
    return Promise.resolve(fitting);
  }

  trusts(): boolean {
    return true;
  }

  isWithdrawn(): boolean {
    return false;
  }
}

/** One shared secret. */
export class SecretKey implements IssuerKeys {
  readonly #key: SigningKey;

  constructor(secret: string) {
    this.#key = { key: createSecretKey(secret, 'utf8') };
  }

  candidates({ alg }: TokenHeader): Promise<readonly SigningKey[]> {
    return Promise.resolve(Object.hasOwn(symmetric, alg) ? [this.#key] : []);
  }

  trusts(): boolean {
    return true;
  }

  isWithdrawn(): boolean {
    return false;
  }
}
