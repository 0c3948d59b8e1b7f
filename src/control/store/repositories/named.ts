import type { Knex } from 'knex';
import { FozError } from '../../../core/index.ts';
import { type ChangeTopic, publishChange } from '../changes.ts';

/** A configuration under a name. Secrets in it stand elsewhere, encrypted. */
export interface NamedConfig {
  readonly name: string;
  readonly config: unknown;
  /** Counts its changes, from 1. */
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

/** All of a kind, by name. */
export async function listNamed(db: Knex, { table }: Kind): Promise<readonly NamedConfig[]> {
  const rows: Row[] = await db(table).orderBy('name');
  return rows.map(configOf);
}

/** One of them. Rejects with FozError `not-found`. */
export async function readNamed(db: Knex, { table, noun }: Kind, name: string): Promise<NamedConfig> {
  const row: Row | undefined = await db(table).where({ name }).first();
  if (row === undefined) throw new FozError('not-found', `There is no ${noun} ${name} in the store.`);
  return configOf(row);
}

/** Adds (`expected` 0) or changes one; returns its new revision. Rejects with FozError `conflict`, naming both revisions. */
export async function putNamed(
  transaction: Knex,
  { table, topic, noun }: Kind,
  name: string,
  config: unknown,
  expected: number,
): Promise<number> {
  await publishChange(transaction, topic, name);
  const row: Row | undefined = await transaction(table).where({ name }).first();
  const current = Number(row?.revision ?? 0);
  if (current !== expected)
    throw new FozError(
      'conflict',
      `The ${noun} ${name} is at revision ${current}, not at ${expected} as expected: read it again and repeat the change.`,
      { details: { expected, current } },
    );
  const values = { name, config: JSON.stringify(config), revision: expected + 1 };
  await transaction(table)
    .insert(values)
    .onConflict('name')
    .merge({ ...values, updated_at: transaction.fn.now() });
  return expected + 1;
}

/** Removes one. Rejects with FozError `not-found`. */
export async function removeNamed(
  transaction: Knex,
  { table, topic, noun }: Kind,
  name: string,
): Promise<void> {
  const count: number = await transaction(table).where({ name }).delete();
  if (count === 0) throw new FozError('not-found', `There is no ${noun} ${name} in the store.`);
  await publishChange(transaction, topic, name);
}

function configOf({ name, config, revision, created_at, updated_at }: Row): NamedConfig {
  return {
    name,
    config: JSON.parse(config),
    revision: Number(revision),
    createdAt: created_at,
    updatedAt: updated_at,
  };
}
