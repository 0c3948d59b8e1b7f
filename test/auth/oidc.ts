import { generateKeyPairSync } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider, { type JWKS } from 'oidc-provider';

type SigningKeys = JWKS['keys'];
type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A new private key for signing tokens. */
export function signingKey(kid: string): SigningKeys[number] {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...privateKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' } as SigningKeys[number];
}

/** An OpenID Connect provider on loopback whose keys can be changed while it runs. */
export class OidcServer {
  readonly #server = createServer((request, response) => {
    if (request.url?.startsWith('/jwks')) this.jwksAsked++;
    (this.instead ?? this.#handler)(request, response);
  });
  #handler: Handler = (_request, response) => void response.writeHead(503).end();
  /** Answers requests instead of the provider, to simulate failures. */
  instead: Handler | undefined;
  /** The number of requests for the key set. */
  jwksAsked = 0;

  async start(keys: SigningKeys): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.rotate(keys);
  }

  get issuer(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Signs with the first of these keys from now on, and publishes all of them. */
  rotate(keys: SigningKeys): void {
    const provider = quietly(
      () =>
        new Provider(this.issuer, {
          jwks: { keys },
          clients: [
            {
              client_id: 'machine',
              client_secret: 'machine-secret',
              grant_types: ['client_credentials'],
              redirect_uris: [],
              response_types: [],
              id_token_signed_response_alg: 'ES256',
            },
          ],
          extraTokenClaims: () => ({
            'https://foz.dev/claims': { 'x-foz-allowed-roles': ['user'], 'x-foz-user-id': 'machine' },
          }),
          features: {
            clientCredentials: { enabled: true },
            devInteractions: { enabled: false },
            resourceIndicators: {
              enabled: true,
              defaultResource: () => 'https://foz.example.com',
              getResourceServerInfo: () => ({
                scope: 'api',
                audience: 'foz',
                accessTokenTTL: 3600,
                accessTokenFormat: 'jwt',
                jwt: { sign: { alg: 'ES256' } },
              }),
            },
          },
        }),
    );
    const callback = provider.callback();
    this.#handler = (request, response) => void callback(request, response);
  }

  /** An access token of the client credentials grant. */
  async token(): Promise<string> {
    const answer = await fetch(`${this.issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from('machine:machine-secret').toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'api' }),
    });
    const body = await answer.text();
    const { access_token: token } = JSON.parse(body) as { access_token?: string };
    if (token === undefined) throw new Error(`no token: status ${answer.status} ${body}`);
    return token;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** Runs a function without the warnings that a provider prints about production use. */
export function quietly<Value>(make: () => Value): Value {
  const { warn } = console;
  console.warn = () => {};
  try {
    return make();
  } finally {
    console.warn = warn;
  }
}
