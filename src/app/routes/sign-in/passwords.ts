import { setTimeout as sleep } from 'node:timers/promises';
import { BackOff, countedAddress, type Provider, SignInRefused } from '../../../auth/index.ts';
import { type Answer, html } from './answers.ts';
import { passwordPage } from './pages.ts';
import type { Visit } from './visit.ts';

/** Refusals take a multiple of this time, in milliseconds, so that it does not tell whether there is such an account. */
const refusedAfter = 500;

/** The form of Foz for protocols that ask for a password, and the protection of passwords from guessing. */
export class Passwords {
  readonly #backOff = new BackOff();

  /** The page with the form. `refusal`: of the attempt before. */
  page(
    { config }: Provider,
    { settings }: Visit,
    state: string,
    { username = '', refusal = null, cookies = [] }: FormState = {},
  ): Answer {
    const { name, title = name } = config;
    const form = { title, action: `/auth/${name}/callback`, state, username, refusal };
    const status = refusal === null ? 200 : 403;
    const more: Record<string, string[]> = cookies.length === 0 ? {} : { 'set-cookie': [...cookies] };
    return html(status, passwordPage(form), settings.redirect_origins ?? [], more);
  }

  /** Verifies a name and a password, unless there were too many attempts. Rejects with SignInRefused, or as `verify` does. */
  async verified<T>(
    { config }: Provider,
    { address }: Visit,
    username: string,
    verify: () => Promise<T>,
  ): Promise<T> {
    const account = `${config.name} ${username.trim().normalize('NFKC').toLowerCase().slice(0, 256)}`;
    const from = countedAddress(address);
    const wait = this.#backOff.wait(account, from, Date.now());
    if (wait > 0) throw new SignInRefused('too-often', `${config.name}: the next attempt is in ${wait} ms`);
    const start = performance.now();
    try {
      const person = await verify();
      this.#backOff.succeeded(account, from);
      return person;
    } catch (error) {
      // A provider that is down says nothing about the password.
      if (!(error instanceof SignInRefused)) this.#backOff.takeBack(account, from);
      else await sleep(refusedAfter - ((performance.now() - start) % refusedAfter));
      throw error;
    }
  }
}

interface FormState {
  readonly username?: string;
  readonly refusal?: string | null;
  readonly cookies?: readonly string[];
}
