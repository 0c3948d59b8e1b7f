import { createHash } from 'node:crypto';

/** The idempotency key of a step of a run: a UUID (version 8) that is made of both, so every attempt has the same. */
export function derivedKey(run: string, path: string): string {
  const bytes = createHash('sha256').update(`${run}\n${path}`).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
