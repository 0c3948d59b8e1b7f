import type { SignInConfig } from './config.ts';
import { SignInRefused } from './refused.ts';

/** Most characters of an address to return to: it is kept in a cookie. */
const longest = 1_000;

/**
 * The absolute URL that a browser is sent to after the sign-in: a path of this server, or a URL of a listed origin. `base`: the URL of this
 * server. Throws SignInRefused for any other, since a sign-in must not lead to a page of somebody else.
 */
export function returnUrl(
  text: string | null,
  base: URL,
  { redirect_origins: origins = [] }: Pick<SignInConfig, 'redirect_origins'>,
): URL {
  if (text === null || text === '') return new URL('/', base);
  // Browsers read a backslash as a slash, and drop tabs and line ends, so that such texts may mean another host.
  if (text.length > longest || /[\0-\x20\\\x7f]/.test(text) || !URL.canParse(text, base.href))
    throw refused(text);
  const url = new URL(text, base);
  const isOwn = url.origin === base.origin && !text.startsWith('//');
  if (!isOwn && !origins.includes(url.origin)) throw refused(text);
  if (url.username !== '' || url.password !== '') throw refused(text);
  return url;
}

function refused(text: string): SignInRefused {
  return new SignInRefused('redirect', `return address ${JSON.stringify(text.slice(0, 200))}`);
}
