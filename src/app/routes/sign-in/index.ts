import type { IncomingMessage } from 'node:http';
import type { Logger } from 'pino';
import { AccessDenied, type Provider, SignInRefused, sessionCookie, setCookie } from '../../../auth/index.ts';
import { type RequestAudit, type RouteHandler, refusalOf, requestId } from '../../../serve/index.ts';
import { type Answer, html, json } from './answers.ts';
import { dropAttempt } from './attempts.ts';
import { failurePage } from './pages.ts';
import { SignIn, stateOf } from './sign-in.ts';
import { type SignInParts, type Visit, visitOf } from './visit.ts';

/** Bytes of the longest form that is posted here. */
const longestForm = 256 * 1024;

type Step = (visit: Visit, form: () => Promise<URLSearchParams>) => Answer | Promise<Answer>;

/** A route: the method that it takes, and what it does. */
interface Route {
  readonly method: 'GET' | 'POST';
  readonly step: Step;
  /** Whether people see its answers, so that a failure is a page. Absent: for GET. */
  readonly isPage?: boolean;
  /** Answers a refusal that the form on the page can mend; `null`: this one is none. */
  readonly again?: (visit: Visit, form: URLSearchParams, refusal: SignInRefused) => Answer | null;
}

const get = (step: Step): Route => ({ method: 'GET', step });
const post = (step: Step): Route => ({ method: 'POST', step });

/** The routes below `/auth/`, by which people sign in and out. */
export function signInRoutes(
  parts: SignInParts,
  { audit, logger }: { readonly audit?: RequestAudit; readonly logger: Logger },
): (path: string) => RouteHandler | undefined {
  const signIn = new SignIn(parts);
  const routeOf = (path: string): Route | undefined => {
    const [, first, name = '', action, more] = path.split('/');
    if (first !== 'auth' || more !== undefined) return undefined;
    if (action === undefined) {
      if (name === 'login') return get((visit) => signIn.page(visit));
      if (name === 'providers') return get((visit) => signIn.list(visit));
      if (name === 'logout') return post((visit) => signIn.signOut(visit));
      return undefined;
    }
    const provider = parts.authentication.providers.get(name);
    if (provider === undefined) return undefined;
    if (action === 'login') return get((visit) => signIn.begin(provider, visit));
    if (action === 'callback') return callbackOf(signIn, provider);
    if (action === 'metadata') return get((visit) => signIn.describe(provider, visit));
    if (action === 'backchannel-logout')
      return post(async (visit, form) => signIn.ended(provider, visit, await form()));
    return undefined;
  };
  const failed = failures(parts, { audit, logger });
  return (path) => {
    if (path === '/auth/session') return (request) => describeSession(parts, request, logger);
    const route = routeOf(path);
    if (route === undefined) return undefined;
    const { method, step } = route;
    return async (request, read) => {
      if (request.method !== method) return json(405, { error: `Use ${method}.` }, { allow: method });
      let visit: Visit | null = null;
      let form: URLSearchParams | null = null;
      try {
        visit = visitOf(parts, request);
        return await step(visit, async () => {
          form = new URLSearchParams((await read(longestForm)).toString('utf8'));
          return form;
        });
      } catch (error) {
        return failed({ error, request, route, visit, form });
      }
    };
  };
}

/** Where providers send people back to, or where the form for a password is sent to. */
function callbackOf(signIn: SignIn, provider: Provider): Route {
  const { asks, answersBy } = provider.protocol;
  if (asks !== 'password' && answersBy !== 'post') return get((visit) => signIn.finish(provider, visit));
  return {
    method: 'POST',
    step: async (visit, form) => signIn.finish(provider, visit, await form()),
    isPage: true,
    again: (visit, form, { reason, message }) =>
      asks === 'password' && (reason === 'password' || reason === 'too-often')
        ? signIn.again(provider, visit, form, message)
        : null,
  };
}

interface Failure {
  readonly error: unknown;
  readonly request: IncomingMessage;
  readonly route: Route;
  readonly visit: Visit | null;
  /** The form that was read; `null`: none. */
  readonly form: URLSearchParams | null;
}

/** Answers a step that failed: with a page, or JSON for whom wants that. */
function failures(
  { authentication }: SignInParts,
  { audit, logger }: { readonly audit?: RequestAudit; readonly logger: Logger },
): (failure: Failure) => Answer {
  return ({ error, request, route, visit, form }) => {
    const id = requestId(request);
    const audited = { requestId: id, address: authentication.addressOf(request), operationName: 'sign-in' };
    if (error instanceof AccessDenied) {
      logger.warn({ requestId: id, reason: error.internal }, 'sign-in refused');
      void audit?.refused(error, audited, null).catch(() => {});
    }
    const { method, isPage = method === 'GET', again } = route;
    const wantsJson = visit?.wantsJson === true || !isPage;
    if (!wantsJson && visit !== null && form !== null && error instanceof SignInRefused) {
      const page = again?.(visit, form, error) ?? null;
      if (page !== null) return page;
    }
    const { status, refusal } = refusalOf(error, logger, { requestId: id });
    const cookies = visit === null ? [] : dropAttempt(stateOf(form ?? visit.query), visit.isSecure);
    const more: Record<string, string[]> = cookies.length === 0 ? {} : { 'set-cookie': cookies };
    if (!wantsJson) return html(status, failurePage(refusal.message, id, '/auth/login?again'), [], more);
    const body = { error: refusal.message, code: refusal.code };
    return json(status === 403 && !isPage ? 400 : status, body, more);
  };
}

/** `/auth/session`: who the caller is; 401 for a session that has ended, whose cookie is then removed. */
async function describeSession(
  { authentication }: SignInParts,
  request: IncomingMessage,
  logger: Logger,
): Promise<Answer> {
  if (request.method !== 'GET') return json(405, { error: 'Use GET.' }, { allow: 'GET' });
  try {
    const { actor, role, allowedRoles, variables, expiresAt } = await authentication.identify(request);
    return json(200, {
      kind: actor?.kind ?? null,
      id: actor?.id ?? null,
      provider: actor?.kind === 'session' ? actor.issuer : null,
      role,
      roles: allowedRoles ?? null,
      email: variables.get('email') ?? null,
      expires_at: expiresAt === undefined ? null : new Date(expiresAt).toISOString(),
    });
  } catch (error) {
    const { status, refusal } = refusalOf(error, logger, { requestId: requestId(request) });
    const hasEnded = error instanceof AccessDenied && error.internal?.startsWith('session:') === true;
    const cookies = [true, false].map((isSecure) => setCookie(sessionCookie, '', isSecure, 0));
    const body = { error: refusal.message, code: refusal.code };
    return json(status, body, hasEnded ? { 'set-cookie': cookies } : {});
  }
}
