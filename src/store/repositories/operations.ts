import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import { publishChange } from '../changes.ts';

/** An operation on the allow-list of a role. */
export interface AllowedOperation {
  readonly role: string;
  /** SHA-256 of the document, in hex. */
  readonly hash: string;
  readonly name: string | null;
  readonly document: string;
}

/** The allow-list of a role (absent: of all roles), by role and name. */
export async function listOperations(db: Knex, role?: string): Promise<readonly AllowedOperation[]> {
  return db('foz.operations')
    .select('role', 'hash', 'name', 'document')
    .modify((query) => {
      if (role !== undefined) query.where({ role });
    })
    .orderBy(['role', 'name', 'hash']);
}

/** SHA-256 of a document in hex, which identifies it within a role. */
export function operationHash(document: string): string {
  return createHash('sha256').update(document).digest('hex');
}

/** Adds a document to the list of a role and returns its hash. An existing one only gets the new name. */
export async function allowOperation(
  transaction: Knex,
  { role, name, document }: Omit<AllowedOperation, 'hash'>,
): Promise<string> {
  const hash = operationHash(document);
  await transaction('foz.operations')
    .insert({ role, name, document, hash })
    .onConflict(['role', 'hash'])
    .merge({ name });
  await publishChange(transaction, 'operation', role);
  return hash;
}

/** Removes a document from the list. Returns whether it was on it. */
export async function removeOperation(transaction: Knex, role: string, hash: string): Promise<boolean> {
  const count: number = await transaction('foz.operations').where({ role, hash }).delete();
  if (count > 0) await publishChange(transaction, 'operation', role);
  return count > 0;
}
