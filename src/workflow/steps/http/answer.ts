import { FozError, parseJson, withDigits } from '../../../core/index.ts';
import type { OutboundResponse } from '../../../outbound/index.ts';

/** How the body of an answer is read. `auto`: JSON where its type says so, else text. */
export type ReadAs = 'auto' | 'json' | 'text' | 'base64';

/** An answer as expressions see it. */
export interface ReadAnswer {
  readonly status: number;
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** The URLs of the header Link, by their relation (`next`). */
  readonly links: Readonly<Record<string, string>>;
}

const mask = '***';
/** A shorter secret would be found everywhere. */
const shortestSecret = 4;

/** Replaces secrets that a text repeats. */
export function masked(text: string, secrets: readonly string[]): string {
  return secrets
    .filter(({ length }) => length >= shortestSecret)
    .sort((one, other) => other.length - one.length)
    .reduce((left, secret) => left.replaceAll(secret, mask), text);
}

/** Reads an answer without the secrets that it repeats. Throws FozError `data-exception` where it is not the JSON that it should be. */
export function readAnswer(answer: OutboundResponse, readAs: ReadAs, secrets: readonly string[]): ReadAnswer {
  const headers = Object.fromEntries(
    [...answer.headers].map(([name, value]) => [name, name === 'set-cookie' ? mask : masked(value, secrets)]),
  );
  return {
    status: answer.status,
    headers,
    links: linksOf(headers.link),
    body: bodyOf(answer, readAs, secrets),
  };
}

function bodyOf(
  { body, headers, url }: OutboundResponse,
  readAs: ReadAs,
  secrets: readonly string[],
): unknown {
  if (body.length === 0) return null;
  const type = headers.get('content-type') ?? '';
  if (readAs === 'base64') return body.toString('base64');
  const text = masked(decoded(body, type), secrets);
  const isJson = readAs === 'json' || (readAs === 'auto' && /^[^;]*[/+]json\s*(?:;|$)/i.test(type));
  if (!isJson) return text;
  try {
    // Records are plain JSON, so a number that a double would change becomes the text of its digits.
    return withDigits(parseJson(text));
  } catch (error) {
    if (error instanceof FozError) throw error;
    throw new FozError(
      'data-exception',
      `${url.origin}: the answer is no JSON: let the service send JSON, or read it as text.`,
    );
  }
}

function decoded(body: Buffer, type: string): string {
  const [, charset = 'utf-8'] = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(type) ?? [];
  try {
    return new TextDecoder(charset).decode(body);
  } catch {
    // An unknown charset.
    return new TextDecoder().decode(body);
  }
}

/** The links of a header Link (RFC 8288) by their first relation. */
function linksOf(header = ''): Readonly<Record<string, string>> {
  const links = header.slice(0, 8_192).matchAll(/<([^<>]*)>\s*;[^<]*?\brel\s*=\s*"?([^",;\s]+)/gi);
  return Object.fromEntries([...links].map(([, target, relation]) => [relation!.toLowerCase(), target!]));
}
