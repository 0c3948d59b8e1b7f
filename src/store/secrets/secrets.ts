import type { Knex } from 'knex';
import { FozError } from '../../core/index.ts';
import { publishChange } from '../changes.ts';
import type { Store } from '../store.ts';
import { keepPepper } from './derived.ts';
import type { KeyRing } from './key-ring.ts';
import type { MasterKey } from './master-key.ts';
import { seal, unseal } from './seal.ts';
import { SecretValue } from './secret-value.ts';

interface Row {
  readonly id: string;
  readonly key_id: string;
  readonly sealed: string;
}

/** The secrets of a store. Ids are paths: `source/shop/url`, `issuer/okta/client_secret`, `system/...`. */
export class Secrets {
  readonly #store: Store;
  readonly #findRing: () => KeyRing;
  #found: KeyRing | null = null;

  /** `ring`: the keys, or a function that finds them on first use. */
  constructor(store: Store, ring: KeyRing | (() => KeyRing)) {
    this.#store = store;
    this.#findRing = typeof ring === 'function' ? ring : () => ring;
  }

  /** Reads a secret; `undefined`: it does not exist. Rejects with FozError if it was encrypted with another key. */
  async get(id: string, db?: Knex): Promise<SecretValue | undefined> {
    const read = (from: Knex) => from('foz.secrets').where({ id }).first();
    const row: Row | undefined = await (db === undefined ? this.#store.read(read) : read(db));
    return row === undefined ? undefined : new SecretValue(openRow(row, this.#ring));
  }

  /** Stores a secret, within the caller's transaction if given. */
  put(id: string, value: string, transaction?: Knex): Promise<void> {
    return this.#within(transaction, async (db) => {
      await this.#claim(db);
      const sealed = seal(value, id, this.#ring.current);
      const row = { id, key_id: this.#ring.current.id, sealed };
      await db('foz.secrets')
        .insert(row)
        .onConflict('id')
        .merge({ ...row, updated_at: db.fn.now() });
      await publishChange(db, 'secret', id);
    });
  }

  /** Removes a secret, if it exists. */
  remove(id: string, transaction?: Knex): Promise<void> {
    return this.#within(transaction, async (db) => {
      const count = await db('foz.secrets').where({ id }).delete();
      if (count > 0) await publishChange(db, 'secret', id);
    });
  }

  /** Reads a secret, or creates it by `make`. Of concurrent processes, one creates it and all get it. */
  async getOrMake(id: string, make: () => string, transaction?: Knex): Promise<SecretValue> {
    const known = await this.get(id, transaction);
    if (known !== undefined) return known;
    await this.#within(transaction, async (db) => {
      await this.#claim(db);
      const sealed = seal(make(), id, this.#ring.current);
      await db('foz.secrets').insert({ id, key_id: this.#ring.current.id, sealed }).onConflict('id').ignore();
    });
    return (await this.get(id, transaction))!;
  }

  /** The ids of all secrets. */
  list(): Promise<readonly string[]> {
    return this.#store.read((db) => db('foz.secrets').orderBy('id').pluck('id'));
  }

  /**
   * Checks that this process has the master key of the stored secrets. Rejects with FozError `access-denied`, which names
   * the needed master key and the present one.
   */
  async checkKey(): Promise<void> {
    const [row] = await this.#store.read((db) => db('foz.master_key').select('key_id'));
    if (row !== undefined && keyOf(row.key_id, this.#ring) === undefined)
      throw wrongKey('The secrets of the store', row.key_id, this.#ring);
  }

  get #ring(): KeyRing {
    this.#found ??= this.#findRing();
    return this.#found;
  }

  #within(transaction: Knex | undefined, body: (db: Knex) => Promise<void>): Promise<void> {
    return transaction === undefined ? this.#store.write(body) : body(transaction);
  }

  /** All secrets of a store have the same key. A process with another key must not add any. */
  async #claim(db: Knex): Promise<void> {
    const { current } = this.#ring;
    await db('foz.master_key').insert({ one: 1, key_id: current.id }).onConflict('one').ignore();
    const row = await db('foz.master_key').forShare().first();
    if (row.key_id !== current.id) throw wrongKey('The secrets of the store', row.key_id, this.#ring);
  }
}

/** The number of secrets, and how many of them a rotation encrypted anew. */
export interface Rotation {
  readonly rotated: number;
  readonly total: number;
  readonly keyId: string;
}

/**
 * Encrypts every secret with the ring's current key, all or none. Rejects without changes if one of them cannot be
 * decrypted.
 */
export function rotateSecrets(store: Store, ring: KeyRing): Promise<Rotation> {
  return store.write(async (db) => {
    const keyId = ring.current.id;
    await db.raw('lock table foz.master_key, foz.secrets in exclusive mode');
    const rows: Row[] = await db('foz.secrets').orderBy('id');
    const old = rows.filter((row) => row.key_id !== keyId);
    for (const row of rows) openRow(row, ring);
    for (const row of old) {
      const sealed = seal(openRow(row, ring), row.id, ring.current);
      await db('foz.secrets')
        .where({ id: row.id })
        .update({ key_id: keyId, sealed, updated_at: db.fn.now() });
    }
    const mark = { one: 1, key_id: keyId };
    await db('foz.master_key')
      .insert(mark)
      .onConflict('one')
      .merge({ ...mark, since: db.fn.now() });
    for (const key of ring.older) if (key.id !== keyId) await keepPepper(db, key, ring.current);
    if (old.length > 0) await publishChange(db, 'secret', '*');
    return { rotated: old.length, total: rows.length, keyId };
  });
}

function openRow({ id, key_id, sealed }: Row, ring: KeyRing): string {
  const key = keyOf(key_id, ring);
  if (key === undefined) throw wrongKey(`The secret ${id}`, key_id, ring);
  return unseal(sealed, id, key);
}

function keyOf(id: string, { current, older }: KeyRing): MasterKey | undefined {
  return [current, ...older].find((key) => key.id === id);
}

function wrongKey(what: string, needed: string, { current }: KeyRing): FozError {
  return new FozError(
    'access-denied',
    `${what} needs the master key ${needed}, this process has ${current.id}: give the right one in FOZ_MASTER_KEY, or bring the secrets under this one with "foz secrets rotate" and the right one in FOZ_MASTER_KEY_OLD.`,
    { details: { needed, given: current.id } },
  );
}
