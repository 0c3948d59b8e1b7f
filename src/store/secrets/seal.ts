import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { FozError } from '../../core/index.ts';
import type { MasterKey } from './master-key.ts';

const algorithm = 'aes-256-gcm';
const nonceLength = 12;
const tagLength = 16;

/**
 * Encrypts a text with AES-256-GCM and a random nonce. It is bound to the record `id`, so it cannot be decrypted in
 * another record.
 */
export function seal(text: string, id: string, key: MasterKey): string {
  const nonce = randomBytes(nonceLength);
  const cipher = createCipheriv(algorithm, key.derive('secrets'), nonce, { authTagLength: tagLength });
  cipher.setAAD(identity(id, key));
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return `v1.${Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString('base64url')}`;
}

/** Decrypts a text. Throws FozError `data-exception`, naming record and key but no value, if anything was changed. */
export function unseal(sealed: string, id: string, key: MasterKey): string {
  try {
    const [version, body = ''] = sealed.split('.');
    const bytes = Buffer.from(body, 'base64url');
    if (version !== 'v1' || bytes.length < nonceLength + tagLength) throw new Error('form');
    const decipher = createDecipheriv(algorithm, key.derive('secrets'), bytes.subarray(0, nonceLength), {
      authTagLength: tagLength,
    });
    decipher.setAAD(identity(id, key));
    decipher.setAuthTag(bytes.subarray(-tagLength));
    const text = bytes.subarray(nonceLength, -tagLength);
    return Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8');
  } catch {
    throw new FozError(
      'data-exception',
      `The secret ${id} cannot be decrypted with the master key ${key.id}: its record was changed. Set it again.`,
    );
  }
}

function identity(id: string, key: MasterKey): Buffer {
  return Buffer.from(JSON.stringify(['foz secret', 1, key.id, id]));
}
