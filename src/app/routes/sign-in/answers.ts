import type { RouteAnswer } from '../../../serve/index.ts';

export type Answer = RouteAnswer & { readonly body: string };

/** Headers of all answers here: they are for one person, and no other page may frame them. */
const common = {
  'cache-control': 'no-store',
  // With no-referrer, browsers would send "Origin: null" with a form, which is no origin of this server.
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
} as const;

type Headers = Readonly<Record<string, string | string[]>>;

/** Sends the browser to another page by GET. */
export function redirectTo(url: URL, more: Headers = {}): Answer {
  return { status: 303, headers: { ...common, ...more, location: url.href }, body: '' };
}

export function json(status: number, value: unknown, more: Headers = {}): Answer {
  const type = 'application/json; charset=utf-8';
  return { status, headers: { ...common, ...more, 'content-type': type }, body: JSON.stringify(value) };
}

export function xml(text: string): Answer {
  return { status: 200, headers: { ...common, 'content-type': 'application/samlmetadata+xml' }, body: text };
}

/** A page. `formTargets`: origins that a form on it may lead to, besides the server's own. */
export function html(
  status: number,
  { text, styleHash }: { readonly text: string; readonly styleHash: string },
  formTargets: readonly string[],
  more: Headers = {},
): Answer {
  const policy = [
    "default-src 'none'",
    `style-src '${styleHash}'`,
    "img-src 'self' https: data:",
    `form-action ${["'self'", ...formTargets].join(' ')}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');
  return {
    status,
    headers: {
      ...common,
      ...more,
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy,
      'x-frame-options': 'DENY',
    },
    body: text,
  };
}
