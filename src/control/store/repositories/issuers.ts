import type { Knex } from 'knex';
import { listNamed, type NamedConfig, putNamed, readNamed, removeNamed } from './named.ts';

const kind = { table: 'foz.issuers', topic: 'issuer', noun: 'issuer' } as const;

/** The issuers that were added at run time, by name. */
export function listIssuers(db: Knex): Promise<readonly NamedConfig[]> {
  return listNamed(db, kind);
}

/** One issuer. Rejects with FozError `not-found`. */
export function readIssuer(db: Knex, name: string): Promise<NamedConfig> {
  return readNamed(db, kind, name);
}

/** Adds (`expected` 0) or changes an issuer; returns its new revision. Rejects with FozError `conflict` when it is at another one. */
export function putIssuer(
  transaction: Knex,
  name: string,
  config: unknown,
  expected: number,
): Promise<number> {
  return putNamed(transaction, kind, name, config, expected);
}

/** Removes an issuer. Rejects with FozError `not-found`. */
export function removeIssuer(transaction: Knex, name: string): Promise<void> {
  return removeNamed(transaction, kind, name);
}
