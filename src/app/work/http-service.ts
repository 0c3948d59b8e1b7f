import { createHash } from 'node:crypto';
import type { ControlPlane } from '../../control/index.ts';
import {
  AuthorizedClient,
  type CredentialConfig,
  credentialOf,
  HttpClient,
  type HttpCredential,
  type OutboundConfig,
} from '../../outbound/index.ts';

export interface HttpService extends Pick<AuthorizedClient, 'send'> {
  close(): Promise<void>;
}

/**
 * Sends the requests of steps, with the credentials of the configuration. `http`: the client of requests whose URLs come from metadata. A refresh token
 * that a server has replaced is kept as a secret of the store, until the configuration has another one.
 */
export function httpService(
  http: HttpClient,
  config: OutboundConfig,
  secrets: Pick<ControlPlane['secrets'], 'get' | 'put'>,
): HttpService {
  // Operators have written the token URLs.
  const tokens = new HttpClient({ author: 'operator', config });
  const entries = new Map((config.credentials ?? []).map((entry) => [entry.name, entry]));
  const known = new Map<string, Promise<HttpCredential>>();
  const client = new AuthorizedClient({
    ...{ http, tokens },
    credential: async (name) => {
      const entry = entries.get(name);
      if (entry === undefined) return null;
      const found = known.get(name) ?? withKeptToken(entry, secrets);
      known.set(name, found);
      found.catch(() => known.delete(name));
      return found;
    },
    keepRefreshToken: async (name, token) => {
      const given = entries.get(name)!.refresh_token!;
      await secrets.put(secretOf(name), JSON.stringify({ given: digestOf(given), token }));
    },
  });
  return { send: (request, name) => client.send(request, name), close: () => tokens.close() };
}

async function withKeptToken(
  entry: CredentialConfig,
  secrets: Pick<ControlPlane['secrets'], 'get'>,
): Promise<HttpCredential> {
  const credential = credentialOf(entry);
  if (credential.type !== 'oauth2' || credential.refreshToken === undefined) return credential;
  const kept = await secrets.get(secretOf(entry.name));
  if (kept === undefined) return credential;
  const { given, token } = JSON.parse(kept.reveal());
  return given === digestOf(credential.refreshToken) ? { ...credential, refreshToken: token } : credential;
}

const secretOf = (name: string) => `refresh-token/${name}`;
const digestOf = (text: string) => createHash('sha256').update(text).digest('hex');
