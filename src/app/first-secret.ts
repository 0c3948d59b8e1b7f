import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AdminSecret, mintAdminSecret, sha256Of } from '../auth/index.ts';
import { firstSecretName, type RuntimeSettings, type Settings } from '../control/index.ts';
import type { StoreLog } from '../store/index.ts';

/** How long the end of a start waits for a store that was there a moment ago. */
const patienceMs = 10_000;
/** What stands in the file of a secret that counts no longer. */
const forgotten = 'dropped';

/**
 * There is always an admin secret: where none is configured, the first start makes one. Its hash stands in the store, so that all who share
 * it have the same; the state folder keeps a copy, so that an admin is let in while the store is down.
 */
export class FirstSecret {
  readonly #folder: string;
  readonly #log: StoreLog;
  /** What the file says. */
  #file: string | null;
  /** The hash that counts here; `null`: none does. */
  #sha256: string | null;
  /** The text, where it was made at this start. */
  #secret: string | null = null;
  /** What the store says, as far as it is known. */
  #stored: Settings['firstSecret'] = null;
  #isStarted = false;

  /** Reads the copy in the state folder; makes a secret where there is none. */
  constructor(folder: string, log: StoreLog) {
    this.#folder = folder;
    this.#log = log;
    this.#file = read(fileIn(folder));
    this.#sha256 = this.#file === forgotten ? null : this.#file;
    if (this.#file !== null) return;
    this.#secret = mintAdminSecret();
    this.#sha256 = sha256Of(this.#secret);
  }

  /** The secret that was made at this start; `null`: there was one already. */
  get secret(): string | null {
    return this.#secret;
  }

  /** Whether the secret that was made at this start ends when the store turns out to have another one. */
  get isProvisional(): boolean {
    return this.#secret !== null && this.#stored === null;
  }

  /** What counts besides the secrets of the store. */
  get own(): readonly AdminSecret[] {
    const sha256 = this.#sha256;
    return sha256 === null || sha256 === this.#stored?.sha256 ? [] : [{ name: firstSecretName, sha256 }];
  }

  /** Takes over what the store says. One that the state folder had before stays beside another one of the store, until both are dropped. */
  follow(stored: Settings['firstSecret']): void {
    this.#stored = stored;
    if (stored === null) return;
    if (stored.sha256 === null) this.#use(null);
    else if (this.#secret !== null ? this.#sha256 !== stored.sha256 : this.#sha256 === null)
      this.#use(stored.sha256);
    else if (this.#file === null) this.#keep(stored.sha256);
  }

  /**
   * Offers the secret to the store, unless it has one. Resolves when the store has decided, or does not answer: then it decides later, and
   * until then the secret counts here.
   */
  async offer(settings: Pick<RuntimeSettings, 'offerFirst' | 'isRead'>): Promise<void> {
    if (this.#stored === null && this.#sha256 !== null) {
      const decided = settings.offerFirst(this.#sha256);
      if (settings.isRead) await Promise.race([decided, sleep(patienceMs, undefined, { ref: false })]);
    }
    this.#isStarted = true;
  }

  #use(sha256: string | null): void {
    if (this.#secret !== null && sha256 !== null && this.#isStarted)
      this.#log.warn(
        {},
        'the admin secret that was made at this start counts no longer: the store has that of another process',
      );
    this.#secret = null;
    this.#sha256 = sha256;
    this.#keep(sha256 ?? forgotten);
  }

  /** A folder that cannot be written only means that no admin is let in by the secret while the store is down. */
  #keep(text: string): void {
    if (this.#file === text) return;
    try {
      mkdirSync(this.#folder, { recursive: true });
      writeFileSync(fileIn(this.#folder), `${text}\n`, { mode: 0o600 });
      this.#file = text;
    } catch (error) {
      this.#log.warn(
        { err: error },
        'the state of the first admin secret cannot be kept in the state folder',
      );
    }
  }
}

function fileIn(folder: string): string {
  return join(folder, 'admin-secret.sha256');
}

/** What a file says; `null`: there is none, or one that was not written to its end. Throws where it cannot be read. */
function read(file: string): string | null {
  try {
    const text = readFileSync(file, 'utf8').trim();
    return text === forgotten || /^[0-9a-f]{64}$/.test(text) ? text : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
