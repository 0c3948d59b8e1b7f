import type { Knex } from 'knex';
import { listNamed, type NamedConfig, putNamed, readNamed, removeNamed } from './named.ts';

const kind = { table: 'foz.sources', topic: 'source', noun: 'source' } as const;

/** The sources that were added at run time, by name. */
export function listSources(db: Knex): Promise<readonly NamedConfig[]> {
  return listNamed(db, kind);
}

/** One source. Rejects with FozError `not-found`. */
export function readSource(db: Knex, name: string): Promise<NamedConfig> {
  return readNamed(db, kind, name);
}

/** Adds (`expected` 0) or changes a source; returns its new revision. Rejects with FozError `conflict` when it is at another one. */
export function putSource(
  transaction: Knex,
  name: string,
  config: unknown,
  expected: number,
): Promise<number> {
  return putNamed(transaction, kind, name, config, expected);
}

/** Removes a source. Rejects with FozError `not-found`. */
export function removeSource(transaction: Knex, name: string): Promise<void> {
  return removeNamed(transaction, kind, name);
}
