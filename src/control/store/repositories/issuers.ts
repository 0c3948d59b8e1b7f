import type { Knex } from 'knex';
import { listNamed, type NamedConfig, putNamed } from './named.ts';

const kind = { table: 'foz.issuers', topic: 'issuer', noun: 'issuer' } as const;

/** The issuers that were added at run time, by name. */
export function listIssuers(db: Knex): Promise<readonly NamedConfig[]> {
  return listNamed(db, kind);
}

/** Adds (`expected` 0) or changes a issuer; returns its new revision. Rejects with FozError `conflict` when it is at another one. */
export function putIssuer(
  transaction: Knex,
  name: string,
  config: unknown,
  expected: number,
): Promise<number> {
  return putNamed(transaction, kind, name, config, expected);
}
