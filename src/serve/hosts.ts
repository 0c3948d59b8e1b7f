import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { Refusal } from './body.ts';

/** The options that determine the server's host names. */
export interface HostsOptions {
  /** The address or name that the server listens on. */
  readonly host: string;
  /** Further names; `*`: any. `null` or absent: `Host` is not checked. Read for each request. */
  readonly hosts?: readonly string[] | null;
}

/** Bounds of the cache: number of Host values, and the length of the longest value that can be a host name. */
const cacheBounds = { values: 1_000, length: 300 } as const;

/**
 * Protects a server without authentication from DNS rebinding: a page binds a name of its own to the server's address, and the browser
 * takes both for one origin. A page cannot change the name in `Host`, so that must be one of the server's.
 */
export class Hosts {
  readonly #options: HostsOptions;
  #names: readonly string[] | undefined;
  #known = new Map<string, boolean>();

  constructor(options: HostsOptions) {
    this.#options = options;
  }

  /** Throws Refusal 421 for a request to a name that is not the server's, 400 for one with two Host headers. */
  check(request: IncomingMessage): void {
    const { hosts = null } = this.#options;
    if (hosts === null || hosts.includes('*')) return;
    if (count(request.rawHeaders) > 1)
      throw new Refusal(400, 'validation-failed', 'The request has more than one Host header: send one.');
    for (const name of [request.headers.host, authority(request.url)])
      if (name !== null && !this.#isOwn(name ?? '', hosts)) throw foreign(name);
  }

  /** Whether `check` would let the request pass. */
  passes(request: IncomingMessage): boolean {
    try {
      this.check(request);
      return true;
    } catch (error) {
      if (error instanceof Refusal) return false;
      throw error;
    }
  }

  #isOwn(text: string, hosts: readonly string[]): boolean {
    if (text.length > cacheBounds.length) return false;
    if (hosts !== this.#names || this.#known.size >= cacheBounds.values) {
      this.#known = new Map();
      this.#names = hosts;
    }
    let answer = this.#known.get(text);
    if (answer === undefined) {
      answer = isOwn(text, [this.#options.host, ...hosts]);
      this.#known.set(text, answer);
    }
    return answer;
  }
}

function isOwn(text: string, names: readonly string[]): boolean {
  const host = hostIn(text);
  if (host === null) return false;
  if (isIP(host) !== 0 || host === 'localhost' || host.endsWith('.localhost')) return true;
  return names.some((name) => plain(name) === host);
}

/** The name or address in `name:8080` or `[::1]:8080`, in lower case, without the trailing dot; `null`: the text is not a host. */
function hostIn(text: string): string | null {
  const found = /^(?:\[([0-9a-f:.]+)\]|([^\s:/?#@[\]\\]+))(?::\d*)?$/i.exec(text);
  if (found === null) return null;
  const [, bracketed, bare] = found;
  return bracketed === undefined ? plain(bare!) : isIP(bracketed) === 6 ? bracketed : null;
}

function plain(name: string): string {
  const lower = name.toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}

/** The authority of a request target that is a whole URL, which takes precedence over Host (RFC 9112, 3.2.2); `null`: it is a path. */
function authority(target = '/'): string | null {
  return /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(target)?.[1] ?? null;
}

function count(rawHeaders: readonly string[]): number {
  let found = 0;
  for (let at = 0; at < rawHeaders.length; at += 2)
    if (rawHeaders[at]!.length === 4 && rawHeaders[at]!.toLowerCase() === 'host') found++;
  return found;
}

function foreign(name: string | undefined): Refusal {
  const asked =
    name === undefined || name === ''
      ? 'A request without a Host header is not answered'
      : `${JSON.stringify(name.slice(0, 200))} is no name that this server knows as its own`;
  return new Refusal(
    421,
    'access-denied',
    `${asked}, since it asks nobody who they are and a page in a browser could have bound a name to its address. Ask by its address or localhost, list the name in server.hosts, or put an auth part into the configuration.`,
  );
}
