import { createHmac, timingSafeEqual } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Knex } from 'knex';
import { genesis } from './record.ts';

/** A position in the chain, signed with a key that is not readable in the store. */
export interface Mark {
  readonly seq: number;
  readonly hash: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly mac: string;
}

/**
 * `head`: the last record. `anchor`: the last record that retention removed. `checkpoint`: the last record that a
 * process saw stored.
 */
export type MarkName = 'head' | 'anchor' | 'checkpoint';

/** Signs a position (HMAC-SHA-256). `name` keeps a mark from being used as one of another kind. */
export function signMark(name: MarkName, { seq, hash, at }: Omit<Mark, 'mac'>, key: Uint8Array): Mark {
  return { seq, hash, at, mac: macOf(name, { seq, hash, at }, key) };
}

/** Whether a mark was signed with this key. */
export function isSigned(name: MarkName, mark: Mark, key: Uint8Array): boolean {
  const [a, b] = [Buffer.from(mark.mac), Buffer.from(macOf(name, mark, key))];
  return a.length === b.length && timingSafeEqual(a, b);
}

function macOf(name: MarkName, { seq, hash, at }: Omit<Mark, 'mac'>, key: Uint8Array): string {
  return createHmac('sha256', key).update(canonicalize({ name, seq, hash, at })!).digest('hex');
}

/** The start of every chain. */
export const start: Omit<Mark, 'mac'> = { seq: 0, hash: genesis, at: 0 };

/** Reads a mark; `undefined`: it does not exist. `lock`: other writers wait until the transaction ends. */
export async function readMark(db: Knex, name: MarkName, lock = false): Promise<Mark | undefined> {
  const query = db('foz.audit_state').where({ name }).first('seq', 'hash', 'at', 'mac');
  const row = await (lock ? query.forUpdate() : query);
  return row === undefined
    ? undefined
    : { seq: Number(row.seq), hash: row.hash, at: Number(row.at), mac: row.mac };
}

/** Replaces a mark. */
export async function writeMark(db: Knex, name: MarkName, mark: Mark): Promise<void> {
  await db('foz.audit_state')
    .insert({ name, ...mark })
    .onConflict('name')
    .merge();
}
