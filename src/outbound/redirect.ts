import { OutboundError } from './fault.ts';
import type { Hop } from './hop.ts';

/** Headers that contain credentials, besides those that the caller has marked as secret. */
const credentials = new Set(['authorization', 'cookie', 'proxy-authorization']);
/** Headers about a body that is not sent again. */
const aboutBody = /^content-/;

/** The request that a redirect asks for; `undefined`: the answer is not a redirect. Throws OutboundError for one that cannot be followed safely. */
export function redirected(hop: Hop, status: number, location: string | undefined): Hop | undefined {
  if (location === undefined || ![301, 302, 303, 307, 308].includes(status)) return undefined;
  const url = nextUrl(hop.url, location);
  const rewritten = withoutBody(hop, status);
  const isForeign = url.origin !== hop.url.origin;
  const secret = (name: string) => credentials.has(name) || hop.secret.has(name);
  const headers = Object.entries(rewritten.headers).filter(([name]) => !(isForeign && secret(name)));
  return {
    ...rewritten,
    url,
    headers: Object.fromEntries(headers),
    ...(isForeign ? { host: undefined } : {}),
  };
}

function nextUrl(from: URL, location: string): URL {
  const fail = (why: string) => new OutboundError('redirect', `${from.origin}: it redirects ${why}`);
  if (!URL.canParse(location, from.href)) throw fail('to something that is no URL');
  const url = new URL(location, from);
  if (!/^https?:$/.test(url.protocol)) throw fail('to a URL that is neither http: nor https:');
  if (url.username !== '' || url.password !== '') throw fail('to a URL with a password in it');
  if (from.protocol === 'https:' && url.protocol === 'http:')
    throw fail('from https: to http:, where anybody could read the request');
  return url;
}

/** A redirect of 303, and of 301 and 302 after a POST, is followed by a GET. Others repeat the request. */
function withoutBody(hop: Hop, status: number): Hop {
  const becomesGet =
    status === 303 ? hop.method !== 'HEAD' : (status === 301 || status === 302) && hop.method === 'POST';
  if (!becomesGet) return hop;
  const headers = Object.entries(hop.headers).filter(([name]) => !aboutBody.test(name));
  return { ...hop, method: 'GET', headers: Object.fromEntries(headers), body: undefined };
}
