import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AdminSecret, mintAdminSecret, sha256Of } from '../auth/index.ts';
import { firstSecretName, type RuntimeSettings, type Settings } from '../control/index.ts';
import { StateFiles, type StoreLog } from '../store/index.ts';

/** How long a start waits for the store to accept or refuse the generated secret, in milliseconds. */
const patienceMs = 10_000;
/** Content of the file after the secret was dropped. */
const forgotten = 'dropped';
const fileName = 'admin-secret.sha256';

/**
 * The admin secret of the first start: where none is configured, one is generated, so that there always is one. Its hash is in the store,
 * so that all processes that share it agree; the state folder has a copy, so that an admin can sign in while the store is down.
 */
export class FirstSecret {
  readonly #files: StateFiles;
  readonly #log: StoreLog;
  /** The content of the file. */
  #file: string | null;
  /** The valid hash; `null`: none is valid. */
  #sha256: string | null;
  /** The secret itself, if it was generated at this start. */
  #secret: string | null = null;
  /** The secret in the store; `null`: not known yet, or none. */
  #stored: Settings['firstSecret'] = null;
  #isStarted = false;

  /** Reads the copy in the state folder; generates a secret if there is none. */
  constructor(folder: string, log: StoreLog) {
    this.#files = new StateFiles(folder);
    this.#log = log;
    this.#file = read(join(folder, fileName));
    this.#sha256 = this.#file === forgotten ? null : this.#file;
    if (this.#file !== null) return;
    this.#secret = mintAdminSecret();
    this.#sha256 = sha256Of(this.#secret);
  }

  /** The secret that was generated at this start; `null`: one existed already. */
  get secret(): string | null {
    return this.#secret;
  }

  /** Whether the secret that was generated at this start becomes invalid if the store turns out to have another one. */
  get isProvisional(): boolean {
    return this.#secret !== null && this.#stored === null;
  }

  /** The valid secrets besides those in the store. */
  get own(): readonly AdminSecret[] {
    const sha256 = this.#sha256;
    return sha256 === null || sha256 === this.#stored?.sha256 ? [] : [{ name: firstSecretName, sha256 }];
  }

  /** Applies the state of the store. A secret that the state folder had before stays valid beside the store's, until both are dropped. */
  follow(stored: Settings['firstSecret']): void {
    this.#stored = stored;
    if (stored === null) return;
    if (stored.sha256 === null) this.#use(null);
    else if (this.#secret !== null ? this.#sha256 !== stored.sha256 : this.#sha256 === null)
      this.#use(stored.sha256);
    else if (this.#file === null) this.#writeFile(stored.sha256);
  }

  /**
   * Offers the secret to the store, which takes it unless it has one. Resolves when the store has decided or does not answer; in that case
   * the store decides later, and until then the secret is valid in this process.
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
    this.#writeFile(sha256 ?? forgotten);
  }

  /** Writes the copy. If the folder is not writable, the only loss is that no admin can sign in by the secret while the store is down. */
  #writeFile(text: string): void {
    if (this.#file === text) return;
    try {
      this.#files.replace(fileName, `${text}\n`, { mode: 0o600 });
      this.#file = text;
    } catch (error) {
      this.#log.warn(
        { err: error },
        'the state of the first admin secret cannot be kept in the state folder',
      );
    }
  }
}

/** The content of a file; `null`: it does not exist, or was not written completely. Throws where it cannot be read. */
function read(file: string): string | null {
  try {
    const text = readFileSync(file, 'utf8').trim();
    return text === forgotten || /^[0-9a-f]{64}$/.test(text) ? text : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
