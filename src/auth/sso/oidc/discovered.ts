import { importPKCS8 } from 'jose';
import type { ClientAuth, ClientMetadata, Configuration } from 'openid-client';
import type { OidcConfig } from '../config.ts';
import type { Fetch } from '../fetch.ts';
import { unavailable } from '../unavailable.ts';

/** How long the description of a provider is used before it is read again, in milliseconds. */
const freshMs = 3_600_000;
/** Seconds that the library waits for an answer; the client that sends the requests has its own, shorter limit. */
const timeoutSeconds = 30;

type Library = typeof import('openid-client');

/** A provider, as it describes itself, and the library that talks to it. */
export interface Discovered {
  readonly library: Library;
  readonly configuration: Configuration;
}

/** Reads the description of a provider and keeps it for an hour. While the provider is down, the former description is used. */
export class Discovery {
  readonly #config: OidcConfig;
  readonly #fetch: Fetch;
  #known: { readonly found: Discovered; readonly at: number } | null = null;
  #reading: Promise<Discovered> | null = null;

  constructor(config: OidcConfig, fetch: Fetch) {
    this.#config = config;
    this.#fetch = fetch;
  }

  /** Rejects with FozError `unavailable` when the provider has never answered. */
  async get(): Promise<Discovered> {
    const known = this.#known;
    if (known !== null && performance.now() - known.at < freshMs) return known.found;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    if (known === null) return this.#reading;
    return this.#reading.catch(() => known.found);
  }

  async #read(): Promise<Discovered> {
    const { issuer, client_id, name, id_token_algorithm: alg, clock_skew = 30 } = this.#config;
    // The library is loaded for the first sign-in, so that a server without providers starts without it.
    const library = await import('openid-client');
    const metadata: Partial<ClientMetadata> = {
      [library.clockTolerance]: clock_skew,
      ...(alg === undefined ? {} : { id_token_signed_response_alg: alg }),
    };
    try {
      const configuration = await library.discovery(
        new URL(issuer),
        client_id,
        metadata,
        await this.#authentication(library),
        {
          [library.customFetch]: this.#fetch as never,
          timeout: timeoutSeconds,
          ...(new URL(issuer).protocol === 'http:' ? { execute: [library.allowInsecureRequests] } : {}),
        },
      );
      // Otherwise the library trusts the connection to the token endpoint instead of the signature of the ID token.
      library.enableNonRepudiationChecks(configuration);
      const found = { library, configuration };
      this.#known = { found, at: performance.now() };
      return found;
    } catch (error) {
      const { code = '', message = '' } = error as { readonly code?: string; readonly message?: string };
      throw unavailable(name, `discovery: ${code} ${message}`, error);
    }
  }

  async #authentication(library: Library): Promise<ClientAuth> {
    const { client_secret: secret, private_key: key, client_auth } = this.#config;
    if (key !== undefined) return library.PrivateKeyJwt((await importKey(key)) as never);
    if (secret === undefined) return library.None();
    return client_auth === 'post' ? library.ClientSecretPost(secret) : library.ClientSecretBasic(secret);
  }
}

/** Tries the algorithms that fit the kinds of keys, since PKCS#8 names the kind but jose wants the algorithm. */
async function importKey(pem: string): Promise<unknown> {
  for (const alg of ['ES256', 'RS256', 'EdDSA', 'ES384', 'ES512'])
    try {
      return await importPKCS8(pem, alg);
    } catch {}
  throw new TypeError('the private key is no PKCS#8 PEM of a supported kind');
}
