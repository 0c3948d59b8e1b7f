import {
  cookieName,
  cookieOf,
  countedAddress,
  type Provider,
  refuseForeignPage,
  returnUrl,
  SignInRefused,
  sessionCookie,
  setCookie,
  Throttle,
} from '../../../auth/index.ts';
import { endByProvider, enter, signOut } from '../../../control/index.ts';
import { type Answer, html, json, redirectTo, xml } from './answers.ts';
import { attemptSeconds, dropAttempt, keepAttempt, newState, readAttempt } from './attempts.ts';
import { choicePage } from './pages.ts';
import { Passwords } from './passwords.ts';
import { callbackUrl, type SignInParts, type Visit } from './visit.ts';

/** Answers of providers and log-out messages that one address may bring per minute. */
const perMinute = 120;

/** The steps of signing in and out, as the routes call them. */
export class SignIn {
  readonly #parts: SignInParts;
  readonly #throttle = new Throttle(perMinute, 60_000);
  readonly #passwords = new Passwords();

  constructor(parts: SignInParts) {
    this.#parts = parts;
  }

  get #providers() {
    return this.#parts.authentication.providers;
  }

  /** The providers, for pages of others. */
  list({ query, settings, base }: Visit): Answer {
    const redirect = returnUrl(query.get('redirect'), base, settings);
    return json(200, {
      providers: this.#providers.list.map(({ config }) => ({
        name: config.name,
        title: config.title ?? config.name,
        icon: config.icon ?? null,
        protocol: config.protocol,
        url: loginUrl(config.name, redirect, base).href,
      })),
    });
  }

  /** The sign-in page. Where there is one provider, it leads straight there, unless the person has just signed out. */
  page({ query, settings, base }: Visit): Answer {
    const redirect = returnUrl(query.get('redirect'), base, settings);
    const { list } = this.#providers;
    const hasSignedOut = query.has('signed_out');
    if (list.length === 1 && !hasSignedOut && !query.has('again'))
      return redirectTo(loginUrl(list[0]!.config.name, redirect, base));
    const choices = list.map(({ config }) => ({
      title: config.title ?? config.name,
      icon: config.icon ?? null,
      href: pathOf(loginUrl(config.name, redirect, base)),
    }));
    const note = hasSignedOut ? 'You have signed out.' : null;
    return html(200, choicePage(choices, note), settings.redirect_origins ?? []);
  }

  /** Starts an attempt, and sends the browser to the provider, or shows the form for a password. */
  async begin(provider: Provider, visit: Visit): Promise<Answer> {
    const { query, settings, base, request, isSecure } = visit;
    const returnTo = returnUrl(query.get('redirect'), base, settings);
    const state = newState();
    const { protocol, config } = provider;
    const { url, kept } = await protocol.begin({ callbackUrl: callbackUrl(visit, provider), state });
    const isPosted = protocol.answersBy === 'post';
    // A form of another site brings the cookie of the attempt, but not that of the session.
    const formerSecret = isPosted ? sessionSecret(visit) : null;
    const attempt = { provider: config.name, state, kept, returnTo: returnTo.href, formerSecret };
    const { sealer } = this.#parts.plane;
    const cookies = await keepAttempt(attempt, sealer, request, isSecure, isPosted ? 'any' : 'own');
    if (url === null) return this.#passwords.page(provider, visit, state, { cookies });
    return redirectTo(url, { 'set-cookie': cookies });
  }

  /** Shows the form again after a refused password: the attempt goes on. */
  again(provider: Provider, visit: Visit, form: URLSearchParams, refusal: string): Answer {
    const username = (form.get('username') ?? '').slice(0, 256);
    return this.#passwords.page(provider, visit, form.get('state') ?? '', { username, refusal });
  }

  /**
   * Verifies the answer of the provider, or the password of the form, begins the session, and sends the browser to where it came from.
   * `form`: `null` for a GET.
   */
  async finish(provider: Provider, visit: Visit, form: URLSearchParams | null = null): Promise<Answer> {
    const { query, settings, base, request, isSecure } = visit;
    const { plane } = this.#parts;
    const { protocol, config } = provider;
    this.#count(visit);
    // The form of this server is sent by its own page alone.
    if (protocol.asks === 'password') refuseForeignPage(request, new Set());
    const state = stateOf(form ?? query);
    const { kept, returnTo, formerSecret } = await readAttempt(
      state,
      config.name,
      plane.sealer,
      request,
      isSecure,
    );
    const verify = () =>
      protocol.finish({ callbackUrl: callbackUrl(visit, provider), state, kept, query, form });
    const person =
      protocol.asks === 'password'
        ? await this.#passwords.verified(provider, visit, form?.get('username') ?? '', verify)
        : await verify();
    const entered = await enter(
      plane,
      {
        provider: config,
        authority: protocol.authority,
        person,
        answer: { id: `attempt ${state}`, until: new Date(Date.now() + attemptSeconds * 1000) },
        formerSecret: sessionSecret(visit) ?? formerSecret,
        address: visit.address,
        userAgent: visit.userAgent,
        requestId: visit.requestId,
      },
      settings,
    );
    // Checked again: the origins may have changed while the person was at the provider.
    const target = returnUrl(returnTo, base, settings);
    const seconds = Math.floor(entered.times.lifetimeMs / 1000);
    return redirectTo(target, {
      'set-cookie': [
        setCookie(sessionCookie, entered.secret, isSecure, seconds),
        ...dropAttempt(state, isSecure),
      ],
    });
  }

  /** The description of Foz for the provider. */
  async describe(provider: Provider, visit: Visit): Promise<Answer> {
    const text = await provider.protocol.describe?.(callbackUrl(visit, provider));
    return text === undefined ? json(404, { error: 'The protocol has no metadata.' }) : xml(text);
  }

  /** Ends the session of the cookie, and names the page of the provider that ends the one there. */
  async signOut(visit: Visit): Promise<Answer> {
    const { request, isSecure, base, settings, query } = visit;
    refuseForeignPage(request, new Set(this.#parts.authentication.cookieOrigins));
    const signedOutPage = new URL('/auth/login?signed_out', base);
    const target = query.has('redirect') ? returnUrl(query.get('redirect'), base, settings) : signedOutPage;
    const secret = sessionSecret(visit);
    const ended = secret === null ? null : await signOut(this.#parts.plane, secret);
    const url = (await this.#endAt(ended, target)) ?? target;
    const cookies = { 'set-cookie': [setCookie(sessionCookie, '', isSecure, 0)] };
    return visit.wantsJson ? json(200, { redirect: url.href }, cookies) : redirectTo(url, cookies);
  }

  /** A message of the provider that sessions have ended there (back-channel log-out). */
  async ended(provider: Provider, visit: Visit, form: URLSearchParams): Promise<Answer> {
    const { protocol, config } = provider;
    this.#count(visit);
    const message = await protocol.ended?.(form);
    if (message === undefined) return json(404, { error: 'invalid_request' });
    await endByProvider(this.#parts.plane, config.name, protocol.authority, message);
    return json(200, {});
  }

  /** A provider that is down must not keep a person signed in here. */
  async #endAt(ended: Awaited<ReturnType<typeof signOut>>, target: URL): Promise<URL | null> {
    const protocol = ended === null ? undefined : this.#providers.get(ended.provider)?.protocol;
    const session = { endHint: ended?.endHint ?? null, returnUrl: target.href };
    return (await protocol?.end?.(session).catch(() => null)) ?? null;
  }

  #count({ address }: Visit): void {
    if (!this.#throttle.allows(countedAddress(address)))
      throw new SignInRefused('too-often', `more than ${perMinute} answers in a minute from this address`);
  }
}

/** The state of an attempt, in the parameters of a URL or of a form. SAML calls it RelayState. */
export function stateOf(parameters: URLSearchParams): string {
  return parameters.get('state') ?? parameters.get('RelayState') ?? '';
}

function sessionSecret({ request, isSecure }: Visit): string | null {
  return cookieOf(request, cookieName(sessionCookie, isSecure)) ?? null;
}

function loginUrl(name: string, redirect: URL, base: URL): URL {
  const url = new URL(`/auth/${name}/login`, base);
  const back = redirect.origin === base.origin ? pathOf(redirect) : redirect.href;
  if (back !== '/') url.searchParams.set('redirect', back);
  return url;
}

function pathOf({ pathname, search, hash }: URL): string {
  return pathname + search + hash;
}
