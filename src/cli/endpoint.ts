import { readFileSync } from 'node:fs';
import { FozError, FozErrors } from '../core/index.ts';

/** Options of commands that can send requests to a running server instead of opening its store. */
export interface EndpointOptions {
  /** URL of the server. */
  readonly endpoint?: string;
  /**
   * File with its admin secret; default: FOZ_ADMIN_SECRET. The secret itself is not an option, since other users of the machine can see
   * the arguments of a process.
   */
  readonly secretFile?: string;
}

/** A client of a running server's control API, as admin. All methods reject with the server's FozError(s), or `unavailable`. */
export interface RunningFoz {
  readonly url: string;
  query<T>(query: string, variables?: object): Promise<T>;
  /** The body of the response to a GET, as a stream. */
  get(path: string, parameters: URLSearchParams): Promise<ReadableStream<Uint8Array>>;
}

/** The server that the options name; `null`: they name none. Throws FozError for an invalid URL, or without a secret. */
export function runningFoz(
  { endpoint, secretFile }: EndpointOptions,
  environment: NodeJS.ProcessEnv = process.env,
): RunningFoz | null {
  if (endpoint === undefined) return null;
  const base = baseOf(endpoint);
  const secret = secretOf(secretFile, environment);
  const request = (path: string, more: RequestInit = {}) => send(new URL(path, base), secret, more);
  return {
    url: base.href,
    async query<T>(query: string, variables: object = {}) {
      const response = await request('control/graphql', {
        method: 'POST',
        body: JSON.stringify({ query, variables }),
      });
      const { data, errors } = (await response.json()) as Answer<T>;
      if (errors !== undefined)
        throw new FozErrors(errors.map(({ message, extensions }) => new FozError(extensions.code, message)));
      return data;
    },
    get: async (path, parameters) => (await request(`${path}?${parameters}`)).body!,
  };
}

interface Answer<T> {
  readonly data: T;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions: { readonly code: FozError['code'] };
  }[];
}

/** The URL with `/` at its end. `https://foz.example.com/graphql` and `.../control/graphql` name the same server. */
function baseOf(endpoint: string): URL {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw new FozError(
      'validation-failed',
      '--endpoint must be the URL of a Foz that runs, as https://foz.example.com.',
    );
  url.pathname = url.pathname.replace(/(?:(?:\/control)?\/graphql)?\/*$/, '/');
  url.search = '';
  url.hash = '';
  return url;
}

function secretOf(file: string | undefined, environment: NodeJS.ProcessEnv): string {
  const secret = file === undefined ? environment.FOZ_ADMIN_SECRET : readFileSync(file, 'utf8').trim();
  if (secret) return secret;
  throw new FozError(
    'validation-failed',
    'With --endpoint the admin secret is needed: give it in FOZ_ADMIN_SECRET, or name a file that holds it with --secret-file.',
  );
}

async function send(url: URL, secret: string, more: RequestInit): Promise<Response> {
  const headers = { 'content-type': 'application/json', 'x-foz-admin-secret': secret };
  let response: Response;
  try {
    // A redirect would send the secret to another server than the one named.
    response = await fetch(url, { ...more, headers, redirect: 'error' });
  } catch (error) {
    const { cause, message } = error as Error;
    const reason = cause instanceof Error ? cause.message || (cause as { code?: string }).code : message;
    throw new FozError('unavailable', `The Foz at ${url.origin} does not answer: ${reason}.`);
  }
  const type = response.headers.get('content-type') ?? '';
  if (response.ok && /json/.test(type)) return response;
  await response.body?.cancel();
  if (response.status === 401)
    throw new FozError('access-denied', `The Foz at ${url.origin} does not take this admin secret.`);
  // Foz has no control API without an "auth" part, and answers 404 then.
  const auth =
    response.status === 404 ? ' If it is a Foz, its configuration needs an "auth" part to have one.' : '';
  throw new FozError(
    'unavailable',
    `There is no control API at ${url} (status ${response.status}): name the server itself, as ${url.origin}.${auth}`,
  );
}
