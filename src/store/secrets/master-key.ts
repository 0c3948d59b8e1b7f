import { createHmac, hkdfSync } from 'node:crypto';
import { inspect } from 'node:util';
import { FozError } from '../../core/index.ts';

/** The key that encrypts all secrets of a store, 32 bytes. It never appears in output; its `id` may. */
export class MasterKey {
  /** 16 hex digits derived from the key, which do not reveal it. */
  readonly id: string;
  readonly #bytes: Buffer;

  /** Throws FozError `validation-failed` unless there are 32 bytes. */
  constructor(bytes: Uint8Array) {
    if (bytes.length !== 32)
      throw new FozError('validation-failed', `A master key has 32 bytes, not ${bytes.length}.`);
    this.#bytes = Buffer.from(bytes);
    this.id = createHmac('sha256', this.#bytes).update('foz master key id').digest('hex').slice(0, 16);
  }

  /** Derives 32 bytes for one purpose (HKDF-SHA-256). They reveal neither the key nor those of other purposes. */
  derive(purpose: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#bytes, Buffer.alloc(0), `foz ${purpose}`, 32));
  }

  /** The text in the key file. */
  encode(): string {
    return this.#bytes.toString('base64');
  }

  toJSON(): string {
    return `MasterKey(${this.id})`;
  }
  [inspect.custom](): string {
    return this.toJSON();
  }
}

/**
 * Parses 32 bytes in base64, base64url or hex. `from`: the origin of the text. Throws FozError `validation-failed`,
 * which does not contain the text.
 */
export function parseMasterKey(text: string, from: string): MasterKey {
  const trimmed = text.trim();
  if (/^[0-9a-fA-F]{64}$/.test(trimmed)) return new MasterKey(Buffer.from(trimmed, 'hex'));
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(trimmed)) return new MasterKey(Buffer.from(trimmed, 'base64'));
  throw new FozError(
    'validation-failed',
    `${from} is no master key: it must be 32 random bytes in base64 or hex, as "openssl rand -base64 32" makes them.`,
  );
}
