import type { KeyRepository, KeyUse } from './record.ts';

/** Collects last uses of keys and writes them periodically, so that no request waits for the write. */
export class KeyUses {
  readonly #repository: Pick<KeyRepository, 'touch'>;
  readonly #everyMs: number;
  #uses = new Map<string, KeyUse>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(repository: Pick<KeyRepository, 'touch'>, everyMs = 10_000) {
    this.#repository = repository;
    this.#everyMs = everyMs;
  }

  /** Adds one use. */
  add(keyId: string, at: number, address: string | null): void {
    const last = this.#uses.get(keyId);
    if (last !== undefined && last.address === address && at - last.at < 1000) return;
    this.#uses.set(keyId, { keyId, at, address });
    this.#timer ??= setTimeout(() => void this.flush(), this.#everyMs).unref();
  }

  /** Writes the collected uses. Those that cannot be written are retried next time, unless the key was used since. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    const uses = this.#uses;
    if (uses.size === 0) return;
    this.#uses = new Map();
    try {
      await this.#repository.touch([...uses.values()]);
    } catch {
      for (const [id, use] of uses) if (!this.#uses.has(id)) this.#uses.set(id, use);
      this.#timer ??= setTimeout(() => void this.flush(), this.#everyMs).unref();
    }
  }
}
