import type { IncomingMessage } from 'node:http';
import {
  type AuthRequest,
  httpRequest,
  type Provider,
  type SignInConfig,
  serverUrl,
} from '../../../auth/index.ts';
import type { ControlPlane } from '../../../control/index.ts';
import { FozError } from '../../../core/index.ts';
import { requestId } from '../../../serve/index.ts';
import type { Authentication } from '../../authentication.ts';

/** The services that the sign-in routes use. */
export interface SignInParts {
  readonly authentication: Authentication;
  readonly plane: ControlPlane;
}

/** One request to a route of the sign-in. */
export interface Visit {
  readonly request: AuthRequest;
  readonly method: string;
  readonly query: URLSearchParams;
  readonly requestId: string;
  readonly address: string | null;
  readonly userAgent: string | null;
  /** Whether the caller wants JSON instead of a page. */
  readonly wantsJson: boolean;
  readonly settings: SignInConfig;
  /** The URL of this server, as browsers know it. */
  readonly base: URL;
  readonly isSecure: boolean;
}

/** Reads a request. Throws FozError `not-supported` where the URL of this server is not known. */
export function visitOf({ authentication }: SignInParts, incoming: IncomingMessage): Visit {
  const request = httpRequest(incoming);
  const settings = authentication.signInConfig;
  const base = serverUrl(settings, request);
  if (base === null)
    throw new FozError(
      'not-supported',
      'People can sign in by the name localhost only, until an administrator sets auth.sign_in.public_url to the address of this server.',
    );
  const { searchParams: query } = new URL(incoming.url ?? '/', base);
  const { accept = '' } = incoming.headers;
  return {
    request,
    method: incoming.method ?? 'GET',
    query,
    requestId: requestId(incoming),
    address: authentication.addressOf(incoming),
    userAgent: incoming.headers['user-agent'] ?? null,
    wantsJson: accept.includes('application/json') && !accept.includes('text/html'),
    settings,
    base,
    isSecure: base.protocol === 'https:',
  };
}

/** The URL that a provider sends browsers back to. */
export function callbackUrl({ base }: Visit, { config }: Provider): string {
  return new URL(`/auth/${config.name}/callback`, base).href;
}
