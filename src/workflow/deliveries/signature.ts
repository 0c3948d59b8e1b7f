import { createHmac, randomBytes } from 'node:crypto';
import { FozError } from '../../core/index.ts';

const prefix = 'whsec_';
const [fewestBytes, mostBytes] = [24, 64];

/** A secret that deliveries are signed with, as Standard Webhooks spells it: `whsec_` and 24 to 64 bytes in base64. */
export class SigningSecret {
  readonly #key: Buffer;

  private constructor(key: Buffer) {
    this.#key = key;
  }

  /** Reads a secret. Throws FozError `data-exception`, which does not contain it. */
  static read(text: string): SigningSecret {
    const encoded = text.startsWith(prefix) ? text.slice(prefix.length) : '';
    const key = Buffer.from(encoded, 'base64');
    const isWhole = /^[A-Za-z0-9+/]+={0,2}$/.test(encoded) && encoded.length % 4 === 0;
    if (!isWhole || key.length < fewestBytes || key.length > mostBytes)
      throw new FozError(
        'data-exception',
        `A signing secret must be ${prefix} and ${fewestBytes} to ${mostBytes} bytes in base64. ` +
          `Make one: echo "${prefix}$(openssl rand -base64 32)"`,
      );
    return new SigningSecret(key);
  }

  /** The text of a new secret. */
  static make(): string {
    return prefix + randomBytes(32).toString('base64');
  }

  /** `v1,` and the signature of a message in base64. */
  sign(id: string, seconds: number, body: string): string {
    return `v1,${createHmac('sha256', this.#key).update(`${id}.${seconds}.${body}`).digest('base64')}`;
  }
}

/** A message to be signed. */
export interface SignedMessage {
  /** Without dots, since a dot ends it in what is signed. */
  readonly id: string;
  /** When it is sent, in milliseconds since 1970: receivers refuse old ones, so each attempt is signed anew. */
  readonly at: number;
  readonly body: string;
}

/** The headers of Standard Webhooks. One signature per secret, so that receivers can change theirs one after the other. */
export function signedHeaders(
  { id, at, body }: SignedMessage,
  secrets: readonly SigningSecret[],
): Readonly<Record<string, string>> {
  if (!/^[A-Za-z0-9_:-]{1,255}$/.test(id))
    throw new TypeError('the id of a message has other characters than letters, digits, _, : and -');
  const seconds = Math.floor(at / 1000);
  const headers = { 'webhook-id': id, 'webhook-timestamp': String(seconds) };
  if (secrets.length === 0) return headers;
  return {
    ...headers,
    'webhook-signature': secrets.map((secret) => secret.sign(id, seconds, body)).join(' '),
  };
}
