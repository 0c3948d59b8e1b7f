import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const form = /^foz_([0-9A-Za-z]{12})_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/;

/** Length of every API key in characters. */
export const keyLength = 4 + 12 + 1 + 43 + 6;

/** A new key. Its text is shown once; only prefix and hash are stored. */
export interface MintedKey {
  /** `foz_` prefix `_` secret of 256 bits and a checksum. */
  readonly key: string;
  readonly prefix: string;
  readonly hash: string;
}

/**
 * Generates an API key. Prefix and secret are random. Six characters of CRC-32 at the end let a secret scanner recognize a key, and
 * distinguish a typing error from an unknown key. `pepper`: see `hashKey`.
 */
export function mintKey(pepper: Uint8Array): MintedKey {
  const prefix = randomText(12);
  const start = `foz_${prefix}_${randomText(43)}`;
  const key = start + checksum(start);
  return { key, prefix, hash: hashKey(key, pepper) };
}

/** The prefix of a text with the form and the checksum of a key; `undefined` for any other text. */
export function keyPrefix(text: string): string | undefined {
  if (text.length !== keyLength) return undefined;
  const parts = form.exec(text);
  if (parts === null || checksum(text.slice(0, -6)) !== parts[3]) return undefined;
  return parts[1];
}

/**
 * The stored hash of a key: HMAC-SHA-256 under the server's pepper (at least 32 bytes, from the master key and not from the store). A copy
 * of the store alone thus neither reveals a key nor can be used to forge one. A slow password hash would add nothing to 256 random bits.
 */
export function hashKey(key: string, pepper: Uint8Array): string {
  return `hmac-sha256:${createHmac('sha256', pepper).update(key).digest('base64url')}`;
}

/** Plain SHA-256 in hex, for keys in files, which are used without the server's pepper. */
export function plainHash(key: string): string {
  return `sha256:${createHash('sha256').update(key).digest('hex')}`;
}

/** Whether a key has this hash under any of the peppers (current and former). Takes the same time for every key. */
export function hasHash(key: string, hash: string, peppers: readonly Uint8Array[]): boolean {
  if (hash.startsWith('sha256:')) return same(plainHash(key), hash.toLowerCase());
  let found = false;
  for (const pepper of peppers) found = same(hashKey(key, pepper), hash) || found;
  return found;
}

function same(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Random characters with equal probabilities: bytes that would favour some are discarded. */
function randomText(length: number): string {
  let text = '';
  while (text.length < length)
    for (const byte of randomBytes(length))
      if (byte < 248 && text.length < length) text += alphabet[byte % 62];
  return text;
}

function checksum(text: string): string {
  let rest = crc32(text);
  let sum = '';
  for (let at = 0; at < 6; at++) {
    sum = alphabet[rest % 62] + sum;
    rest = Math.floor(rest / 62);
  }
  return sum;
}
