import type { Knex } from 'knex';
import { FozError } from '../../core/index.ts';
import { type ChangeTopic, publishChange } from '../changes.ts';

/** A configuration with a name. Its secrets are stored separately, encrypted. */
export interface NamedConfig {
  readonly name: string;
  readonly config: unknown;
  /** The number of its changes, from 1. */
  readonly revision: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

interface Kind {
  readonly table: string;
  readonly topic: ChangeTopic;
  readonly noun: string;
}

interface Row {
  readonly name: string;
  readonly config: string;
  readonly revision: string;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** Configurations of one kind that were created at run time. */
export class NamedConfigs {
  readonly #kind: Kind;

  constructor(kind: Kind) {
    this.#kind = kind;
  }

  /** All configurations, by name. */
  async list(db: Knex): Promise<readonly NamedConfig[]> {
    const rows: Row[] = await db(this.#kind.table).orderBy('name');
    return rows.map(configOf);
  }

  /** One configuration. Rejects with FozError `not-found`. */
  async read(db: Knex, name: string): Promise<NamedConfig> {
    const row: Row | undefined = await db(this.#kind.table).where({ name }).first();
    if (row === undefined) throw this.#missing(name);
    return configOf(row);
  }

  /** Adds a configuration, unless the name exists. Of concurrent callers, one adds it. */
  async add(transaction: Knex, name: string, config: unknown): Promise<void> {
    const { table, topic } = this.#kind;
    await publishChange(transaction, topic, name);
    await transaction(table)
      .insert({ name, config: JSON.stringify(config) })
      .onConflict('name')
      .ignore();
  }

  /**
   * Adds (`expected` 0) or changes a configuration. Returns its new revision. Rejects with FozError `conflict`,
   * naming both revisions.
   */
  async put(transaction: Knex, name: string, config: unknown, expected: number): Promise<number> {
    const { table, topic } = this.#kind;
    await publishChange(transaction, topic, name);
    await this.#refuseOther(transaction, name, expected);
    const values = { name, config: JSON.stringify(config), revision: expected + 1 };
    await transaction(table)
      .insert(values)
      .onConflict('name')
      .merge({ ...values, updated_at: transaction.fn.now() });
    return expected + 1;
  }

  /**
   * Removes a configuration. Rejects with FozError `not-found`. `expected`: the revision that the caller has read, 0
   * for none. Rejects with FozError `conflict` if it is another one.
   */
  async remove(transaction: Knex, name: string, expected?: number): Promise<void> {
    const { table, topic } = this.#kind;
    await publishChange(transaction, topic, name);
    if (expected !== undefined) await this.#refuseOther(transaction, name, expected);
    const count: number = await transaction(table).where({ name }).delete();
    if (count === 0 && expected !== 0) throw this.#missing(name);
  }

  async #refuseOther(transaction: Knex, name: string, expected: number): Promise<void> {
    const { table, noun } = this.#kind;
    const row: Row | undefined = await transaction(table).where({ name }).first();
    const current = Number(row?.revision ?? 0);
    if (current === expected) return;
    throw new FozError(
      'conflict',
      `The ${noun} ${name} is at revision ${current}, not at ${expected} as expected: read it again and repeat the change.`,
      { details: { expected, current } },
    );
  }

  #missing(name: string): FozError {
    return new FozError('not-found', `There is no ${this.#kind.noun} ${name} in the store.`);
  }
}

export const storedSources = new NamedConfigs({ table: 'foz.sources', topic: 'source', noun: 'source' });
export const storedIssuers = new NamedConfigs({ table: 'foz.issuers', topic: 'issuer', noun: 'issuer' });
export const storedProviders = new NamedConfigs({
  table: 'foz.providers',
  topic: 'provider',
  noun: 'provider',
});
export const storedSettings = new NamedConfigs({ table: 'foz.settings', topic: 'setting', noun: 'setting' });

function configOf({ name, config, revision, created_at, updated_at }: Row): NamedConfig {
  return {
    name,
    config: JSON.parse(config),
    revision: Number(revision),
    createdAt: created_at,
    updatedAt: updated_at,
  };
}
