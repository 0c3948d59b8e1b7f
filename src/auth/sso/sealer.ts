import { EncryptJWT, errors, type JWTPayload, jwtDecrypt } from 'jose';

/** The purpose of a sealed text. A text that was sealed for one purpose cannot be opened for another. */
export type SealedFor = 'attempt' | 'end-hint';

const header = { alg: 'dir', enc: 'A256GCM' } as const;

/** Encrypts small objects that leave the process: to a browser, or to the store. */
export class Sealer {
  readonly #keys: readonly Uint8Array[];

  /** `keys`: of 32 bytes; the first encrypts, all decrypt. */
  constructor(keys: readonly Uint8Array[]) {
    this.#keys = keys;
  }

  /** Encrypts an object that is valid for a number of seconds. */
  seal(value: JWTPayload, purpose: SealedFor, seconds: number, now = Date.now()): Promise<string> {
    const at = Math.floor(now / 1000);
    return new EncryptJWT(value)
      .setProtectedHeader(header)
      .setIssuedAt(at)
      .setExpirationTime(at + seconds)
      .setAudience(purpose)
      .encrypt(this.#keys[0]!);
  }

  /** The object; `null`: the text was changed, has expired, or is not for this purpose. */
  async open(text: string, purpose: SealedFor, now = Date.now()): Promise<JWTPayload | null> {
    for (const key of this.#keys)
      try {
        const { payload } = await jwtDecrypt(text, key, {
          audience: purpose,
          currentDate: new Date(now),
          keyManagementAlgorithms: [header.alg],
          contentEncryptionAlgorithms: [header.enc],
        });
        return payload;
      } catch (error) {
        if (!(error instanceof errors.JOSEError)) throw error;
      }
    return null;
  }
}
