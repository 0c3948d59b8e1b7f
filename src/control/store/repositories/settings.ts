import type { Knex } from 'knex';
import { listNamed, type NamedConfig, putNamed, removeNamed } from './named.ts';

const kind = { table: 'foz.settings', topic: 'setting', noun: 'setting' } as const;

/** The settings that were changed at run time, by name. */
export function listSettings(db: Knex): Promise<readonly NamedConfig[]> {
  return listNamed(db, kind);
}

/** Adds (`expected` 0) or changes a setting; returns its new revision. Rejects with FozError `conflict` when it is at another one. */
export function putSetting(
  transaction: Knex,
  name: string,
  config: unknown,
  expected: number,
): Promise<number> {
  return putNamed(transaction, kind, name, config, expected);
}

/** Removes a setting. Rejects with FozError `not-found`. */
export function removeSetting(transaction: Knex, name: string): Promise<void> {
  return removeNamed(transaction, kind, name);
}
