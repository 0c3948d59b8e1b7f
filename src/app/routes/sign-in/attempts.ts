import { randomBytes, timingSafeEqual } from 'node:crypto';
import {
  type AuthRequest,
  cookieName,
  cookieOf,
  type Sealer,
  SignInRefused,
  setCookie,
} from '../../../auth/index.ts';

/** An attempt to sign in, as the browser keeps it between leaving for the provider and coming back. */
export interface KeptAttempt {
  readonly provider: string;
  readonly state: string;
  /** Values of the protocol, such as the PKCE verifier. */
  readonly kept: Readonly<Record<string, string>>;
  /** The URL to return to at last. */
  readonly returnTo: string;
  /** The secret of the session that the browser had, where the answer comes without its cookie; `null`: none. */
  readonly formerSecret: string | null;
}

/** How long an attempt may take. */
export const attemptSeconds = 600;
/** Attempts of one browser at once, in several tabs: older ones are dropped, so that its cookies stay short. */
const mostAtOnce = 4;
const prefix = 'foz_attempt_';

/** A random text that identifies an attempt. */
export function newState(): string {
  return randomBytes(32).toString('base64url');
}

/** Cookies that keep an attempt in the browser, encrypted. `sites`: those whose forms send them. Only the browser that started it can then finish it. */
export async function keepAttempt(
  attempt: KeptAttempt,
  sealer: Sealer,
  request: AuthRequest,
  isSecure: boolean,
  sites: 'own' | 'any',
): Promise<string[]> {
  const value = await sealer.seal({ ...attempt }, 'attempt', attemptSeconds);
  const former = attemptCookies(request, isSecure).slice(0, -(mostAtOnce - 1));
  return [
    setCookie(baseOf(attempt.state), value, isSecure, attemptSeconds, sites),
    ...former.map((base) => setCookie(base, '', isSecure, 0)),
  ];
}

/** The attempt with this state that this browser has started with this provider. Rejects with SignInRefused. */
export async function readAttempt(
  state: string,
  provider: string,
  sealer: Sealer,
  request: AuthRequest,
  isSecure: boolean,
): Promise<KeptAttempt> {
  if (!/^[\w-]{43}$/.test(state)) throw new SignInRefused('attempt', 'no form of a state');
  const text = cookieOf(request, cookieName(baseOf(state), isSecure));
  if (text === undefined) throw new SignInRefused('attempt', 'no attempt with this state in this browser');
  const found = (await sealer.open(text, 'attempt')) as KeptAttempt | null;
  if (found === null) throw new SignInRefused('attempt', 'the attempt has expired, or was changed');
  if (!isSame(found.state, state)) throw new SignInRefused('attempt', 'another state');
  // An answer of one provider must not count as that of another.
  if (found.provider !== provider)
    throw new SignInRefused('attempt', `the attempt is one with the provider ${found.provider}`);
  return found;
}

/** The cookie that removes an attempt. */
export function dropAttempt(state: string, isSecure: boolean): string[] {
  return /^[\w-]{43}$/.test(state) ? [setCookie(baseOf(state), '', isSecure, 0)] : [];
}

function baseOf(state: string): string {
  return `${prefix}${state.slice(0, 12)}`;
}

function attemptCookies({ headers }: AuthRequest, isSecure: boolean): string[] {
  const { cookie = '' } = headers;
  const start = cookieName(prefix, isSecure);
  return String(cookie)
    .split(';')
    .map((part) => part.split('=')[0]!.trim())
    .filter((name) => name.startsWith(start) && /^[\w-]{1,80}$/.test(name))
    .map((name) => name.slice(start.length - prefix.length));
}

function isSame(left: string, right: string): boolean {
  return left.length === right.length && timingSafeEqual(Buffer.from(left), Buffer.from(right));
}
