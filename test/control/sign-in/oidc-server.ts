import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeJwt, type JWTPayload } from 'jose';
import Provider from 'oidc-provider';
import { quietly, signingKey } from '../../auth/oidc.ts';

/** What the provider knows about a person. */
export type Person = Readonly<Record<string, unknown>>;

/** Replaces the ID token of an answer. */
type Forge = (claims: JWTPayload) => Promise<string>;

const clientSecret = 'the secret of the client';

/** An OpenID provider on loopback where people sign in without typing, and whose answers a test can change. */
export class OidcServer {
  readonly key = signingKey('one');
  readonly people = new Map<string, Person>();
  /** Who is in front of the browser. */
  person = 'ada';
  forge: Forge | null = null;
  /** Changes the description of the provider. */
  describe: ((description: Record<string, unknown>) => void) | null = null;
  /** Answers requests instead of the provider. */
  instead: ((request: IncomingMessage, response: ServerResponse) => void) | null = null;
  #provider: Provider | null = null;
  readonly #server = createServer((request, response) => {
    if (this.instead !== null) this.instead(request, response);
    else void this.#serve(request, response);
  });

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get issuer(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  get client() {
    return { issuer: this.issuer, client_id: 'foz', client_secret: clientSecret };
  }

  /** Registers Foz. `names`: those of its providers. */
  register(foz: string, names: readonly string[]): void {
    const provider = quietly(
      () =>
        new Provider(this.issuer, {
          jwks: { keys: [this.key] },
          cookies: { keys: ['a key for the cookies'] },
          clients: [
            {
              client_id: 'foz',
              client_secret: clientSecret,
              redirect_uris: names.map((name) => new URL(`/auth/${name}/callback`, foz).href),
              post_logout_redirect_uris: [new URL('/auth/login?signed_out', foz).href],
              backchannel_logout_uri: new URL(`/auth/${names[0]}/backchannel-logout`, foz).href,
              backchannel_logout_session_required: true,
              id_token_signed_response_alg: 'ES256',
            },
          ],
          claims: {
            openid: ['sub', 'sid'],
            profile: ['name'],
            email: ['email', 'email_verified'],
            groups: ['groups', 'tenant'],
          },
          enabledJWA: { idTokenSigningAlgValues: ['ES256', 'RS256'] },
          features: {
            devInteractions: { enabled: false },
            backchannelLogout: { enabled: true },
            rpInitiatedLogout: {
              enabled: true,
              logoutSource(ctx, form) {
                ctx.body = form;
              },
            },
          },
          // By default it calls no server of this machine.
          fetch: (url, options) => {
            const { dispatcher: _, ...rest } = options as RequestInit & { dispatcher?: unknown };
            return fetch(url, rest);
          },
          findAccount: (_context, id) => ({
            accountId: id,
            claims: () => ({ sub: id, ...this.people.get(id) }),
          }),
          interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
          async loadExistingGrant({ oidc }) {
            const grant = new oidc.provider.Grant({
              clientId: oidc.client!.clientId,
              accountId: oidc.session!.accountId!,
            });
            grant.addOIDCScope('openid profile email groups');
            await grant.save();
            return grant;
          },
        }),
    );
    provider.use(async (context, next) => {
      await next();
      const body = context.body as Record<string, unknown> | undefined;
      if (context.path === '/token' && this.forge !== null && typeof body?.id_token === 'string')
        context.body = { ...body, id_token: await this.forge(decodeJwt(body.id_token)) };
      if (context.path.endsWith('openid-configuration') && body !== undefined) this.describe?.(body);
    });
    this.#provider = provider;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const provider = this.#provider;
    if (provider === null) return void response.writeHead(503).end();
    if (!request.url!.startsWith('/interaction/')) return void provider.callback()(request, response);
    if (this.person === '') await provider.interactionFinished(request, response, { error: 'access_denied' });
    else await provider.interactionFinished(request, response, { login: { accountId: this.person } });
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
