import type { KeyRecord, KeyRepository, KeyUse } from './record.ts';

/** A key of the configuration, and when it was used last as far as this process has seen. */
export interface DeclaredKey extends KeyRecord {
  readonly lastUse: KeyUse | undefined;
}

/** Keys that stand in the configuration: they come and go with it. */
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

  /** Kept in memory, as long as the process runs. */
  touch(uses: readonly KeyUse[]): Promise<void> {
    for (const use of uses) this.#uses.set(use.keyId, use);
    return Promise.resolve();
  }

  onChanged(listener: (keyId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** All keys, each with when and from where it was used last. */
  list(): readonly DeclaredKey[] {
    return [...new Set(this.#byPrefix.values())].map((key) => ({ ...key, lastUse: this.#uses.get(key.id) }));
  }

  /** Takes another list of keys, as after the file was read again, and tells which ones are gone or different. */
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

/** Several repositories as one: a key belongs to the first that knows its prefix, and a later one that is down stops only its own keys. */
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
