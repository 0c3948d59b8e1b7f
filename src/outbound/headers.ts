import { OutboundError } from './fault.ts';

export type Headers = Readonly<Record<string, string>>;

/** Headers that frame a request or belong to its connection. A caller who sets them could smuggle in a second request. */
const framing = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const mostBytes = 64 * 1024;

/** Checks headers, and returns them by names in lower case. Throws OutboundError for one that is not a single valid header; its message contains no value. */
export function checkedHeaders(headers: Headers, origin: string): Record<string, string> {
  const checked: Record<string, string> = {};
  let bytes = 0;
  for (const [given, value] of Object.entries(headers)) {
    const name = given.toLowerCase();
    const fail = (why: string) =>
      new OutboundError('invalid', `${origin}: the header ${JSON.stringify(given.slice(0, 100))} ${why}`);
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name))
      throw fail('has no valid name: use letters, digits and hyphens');
    if (framing.has(name)) throw fail('is set by Foz itself: leave it out');
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value))
      throw fail('has a line break, a control character or a character beyond Latin-1: encode its value');
    if (name in checked) throw fail('is given twice: give it once');
    bytes += name.length + value.length;
    if (bytes > mostBytes) throw fail(`makes the headers longer than ${mostBytes} bytes: send fewer`);
    checked[name] = value;
  }
  return checked;
}
