import type { KeyRecord, KeyRepository, KeyUse } from './record.ts';

/** A key of the configuration with its last use, as far as this process has seen it. */
export interface DeclaredKey extends KeyRecord {
  readonly lastUse: KeyUse | undefined;
}

/** The keys of the configuration. */
export class DeclaredKeys implements KeyRepository {
  #byPrefix = new Map<string, KeyRecord>();
  readonly #uses = new Map<string, KeyUse>();
  readonly #listeners = new Set<(keyId: string) => void>();

  constructor(records: readonly KeyRecord[]) {
    this.replace(records);
  }

  find(prefixes: readonly string[]): Promise<readonly KeyRecord[]> {
    const found = prefixes.map((prefix) => this.#byPrefix.get(prefix));
    return Promise.resolve([...new Set(found.filter((record) => record !== undefined))]);
  }

  /** Stored in memory only. */
  touch(uses: readonly KeyUse[]): Promise<void> {
    for (const use of uses) this.#uses.set(use.keyId, use);
    return Promise.resolve();
  }

  onChanged(listener: (keyId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** All keys, each with the time and address of its last use. */
  list(): readonly DeclaredKey[] {
    return [...new Set(this.#byPrefix.values())].map((key) => ({ ...key, lastUse: this.#uses.get(key.id) }));
  }

  /** Replaces the list of keys, as after the file was read again, and notifies about removed and changed keys. */
  replace(records: readonly KeyRecord[]): void {
    const old = new Map([...this.#byPrefix.values()].map((record) => [record.id, record.revision]));
    this.#byPrefix = new Map(
      records.flatMap((record) => record.secrets.map(({ prefix }) => [prefix, record] as const)),
    );
    const now = new Map(records.map(({ id, revision }) => [id, revision]));
    for (const [id, revision] of old)
      if (now.get(id) !== revision) for (const listener of this.#listeners) listener(id);
  }
}

/**
 * Several repositories as one. A key belongs to the first that has its prefix; a later repository that is down affects only its own keys.
 */
export class KeyRepositories implements KeyRepository {
  readonly #members: readonly KeyRepository[];
  readonly #homes = new Map<string, KeyRepository>();

  constructor(members: readonly KeyRepository[]) {
    this.#members = members;
  }

  async find(prefixes: readonly string[]): Promise<readonly KeyRecord[]> {
    const found: KeyRecord[] = [];
    let missing = prefixes;
    for (const member of this.#members) {
      if (missing.length === 0) break;
      const records = await member.find(missing);
      for (const { id } of records) this.#homes.set(id, member);
      const known = new Set(records.flatMap((record) => record.secrets.map(({ prefix }) => prefix)));
      missing = missing.filter((prefix) => !known.has(prefix));
      found.push(...records);
    }
    return found;
  }

  async touch(uses: readonly KeyUse[]): Promise<void> {
    for (const member of this.#members) {
      const own = uses.filter(({ keyId }) => this.#homes.get(keyId) === member);
      if (own.length > 0) await member.touch(own);
    }
  }

  onChanged(listener: (keyId: string) => void): () => void {
    const stops = this.#members.map((member) => member.onChanged(listener));
    return () => {
      for (const stop of stops) stop();
    };
  }
}
