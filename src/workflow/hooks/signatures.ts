import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { FozError } from '../../core/index.ts';
import { SigningSecret } from '../deliveries/index.ts';

/** Schemes of signatures, named after who signs like this. */
export const signatureStyles = ['github', 'stripe', 'slack', 'shopify', 'twilio', 'standard'] as const;
export type SignatureStyle = (typeof signatureStyles)[number];

/** A signed request. Names of headers are in lower case. */
export interface SignedRequest {
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The body as it was received. */
  readonly body: Buffer;
  /** The URL that the sender has called, with its query; only Twilio signs it. */
  readonly url: string;
  readonly now: number;
  /** How far the time of a signature may be from now, in milliseconds. */
  readonly toleranceMs: number;
}

/** Why a signature is refused; for the log, not for the sender. `null`: it is right. */
export type Refused = string | null;

/** Checks a signature against each of several secrets. Throws FozError `unavailable` for a secret that its style cannot use. */
export function checkSignature(
  style: SignatureStyle,
  request: SignedRequest,
  secrets: readonly string[],
): Refused {
  return checks[style](request, secrets);
}

/** The headers of each style that hold a signature. */
export const signatureHeaders: Readonly<Record<SignatureStyle, string>> = {
  github: 'x-hub-signature-256',
  stripe: 'stripe-signature',
  slack: 'x-slack-signature',
  shopify: 'x-shopify-hmac-sha256',
  twilio: 'x-twilio-signature',
  standard: 'webhook-signature',
};

const checks: Readonly<
  Record<SignatureStyle, (request: SignedRequest, secrets: readonly string[]) => Refused>
> = {
  github({ headers, body }, secrets) {
    const given = hex(/^sha256=([0-9a-f]{64})$/.exec(headers['x-hub-signature-256'] ?? '')?.[1]);
    return compared([given], secrets, (secret) => hmac(secret, body));
  },
  stripe({ headers, body, now, toleranceMs }, secrets) {
    const parts = (headers['stripe-signature'] ?? '').split(',').map((part) => part.trim());
    const times = parts.flatMap((part) => /^t=(\d{1,12})$/.exec(part)?.[1] ?? []);
    if (times.length !== 1) return 'the signature has no time, or several';
    const given = parts.map((part) => hex(/^v1=([0-9a-f]{64})$/.exec(part)?.[1]));
    return (
      outOfTime(times[0]!, now, toleranceMs) ??
      compared(given, secrets, (secret) => hmac(secret, `${times[0]}.`, body))
    );
  },
  slack({ headers, body, now, toleranceMs }, secrets) {
    const time = headers['x-slack-request-timestamp'] ?? '';
    const given = hex(/^v0=([0-9a-f]{64})$/.exec(headers['x-slack-signature'] ?? '')?.[1]);
    return (
      outOfTime(time, now, toleranceMs) ??
      compared([given], secrets, (secret) => hmac(secret, `v0:${time}:`, body))
    );
  },
  shopify({ headers, body }, secrets) {
    return compared([base64(headers['x-shopify-hmac-sha256'], 32)], secrets, (secret) => hmac(secret, body));
  },
  twilio(request, secrets) {
    const text = twilioText(request);
    if (text === null) return 'the body is not the one whose hash the URL has';
    const given = base64(request.headers['x-twilio-signature'], 20);
    return compared([given], secrets, (secret) => createHmac('sha1', secret).update(text).digest());
  },
  standard({ headers, body, now, toleranceMs }, secrets) {
    const [id, time] = [headers['webhook-id'] ?? '', headers['webhook-timestamp'] ?? ''];
    // A dot would end the id in what is signed.
    if (!/^[^.\s]{1,255}$/.test(id)) return 'webhook-id is missing, or has a dot';
    const given = (headers['webhook-signature'] ?? '')
      .split(' ')
      .map((part) => base64(/^v1,(.*)$/.exec(part)?.[1], 32));
    return (
      outOfTime(time, now, toleranceMs) ??
      compared(given, secrets, (secret) => hmac(standardKey(secret), `${id}.${time}.`, body))
    );
  },
};

/** The key of a secret of Standard Webhooks: base64, mostly after `whsec_`. Throws FozError for another one, since decoding would make a short key of it. */
function standardKey(secret: string): Buffer {
  const encoded = secret.replace(/^whsec_/, '');
  try {
    SigningSecret.read(`whsec_${encoded}`);
  } catch (error) {
    throw new FozError('unavailable', 'A secret of the webhook cannot be used.', {
      internal: error instanceof FozError ? error.message : String(error),
    });
  }
  return Buffer.from(encoded, 'base64');
}

function hmac(secret: string | Buffer, ...parts: readonly (string | Buffer)[]): Buffer {
  const made = createHmac('sha256', secret);
  for (const part of parts) made.update(part);
  return made.digest();
}

function outOfTime(seconds: string, now: number, toleranceMs: number): Refused {
  if (!/^\d{1,12}$/.test(seconds)) return 'the signature has no time';
  return Math.abs(now - Number(seconds) * 1000) > toleranceMs
    ? 'the time of the signature is too far from now'
    : null;
}

/** Compares what was given with what each secret makes. Each comparison takes the same time, wherever the bytes differ. */
function compared(
  given: readonly (Buffer | null)[],
  secrets: readonly string[],
  made: (secret: string) => Buffer,
): Refused {
  const readable = given.filter((one) => one !== null).slice(0, 20);
  if (readable.length === 0) return 'there is no signature of the expected form';
  let isRight = false;
  for (const secret of secrets) {
    if (secret === '') continue;
    const expected = made(secret);
    for (const one of readable)
      if (one.length === expected.length && timingSafeEqual(one, expected)) isRight = true;
  }
  return isRight ? null : 'the signature is wrong';
}

function hex(text: string | undefined): Buffer | null {
  return text === undefined ? null : Buffer.from(text, 'hex');
}

/** `null`: the text is not the canonical base64 of so many bytes. */
function base64(text: string | undefined, bytes: number): Buffer | null {
  if (text === undefined) return null;
  const read = Buffer.from(text, 'base64');
  return read.length === bytes && read.toString('base64') === text ? read : null;
}

/** The text that Twilio signs: the URL and the sorted fields of a form. Other bodies have their hash in the URL. `null`: the body has another hash. */
function twilioText({ url, body, headers }: SignedRequest): string | null {
  const hash = new URL(url).searchParams.get('bodySHA256');
  if (hash !== null) {
    const own = createHash('sha256').update(body).digest('hex');
    return own === hash.toLowerCase() ? url : null;
  }
  const type = (headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') return body.length === 0 ? url : null;
  const fields = new Map<string, Set<string>>();
  for (const [name, value] of new URLSearchParams(body.toString('utf8')))
    fields.set(name, (fields.get(name) ?? new Set()).add(value));
  const sorted = [...fields].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.reduce(
    (text, [name, values]) =>
      text +
      [...values]
        .sort()
        .map((value) => name + value)
        .join(''),
    url,
  );
}
