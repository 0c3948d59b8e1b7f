import { createHmac, timingSafeEqual } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Knex } from 'knex';
import { genesis } from './record.ts';

/** A position in the chain, signed with a key that is not readable in the store. */
export interface SignedChainPosition {
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
export type ChainPositionName = 'head' | 'anchor' | 'checkpoint';

/** Signs a position (HMAC-SHA-256). `name` keeps a signed position from being used as one of another kind. */
export function signPosition(
  name: ChainPositionName,
  { seq, hash, at }: Omit<SignedChainPosition, 'mac'>,
  key: Uint8Array,
): SignedChainPosition {
  return { seq, hash, at, mac: macOf(name, { seq, hash, at }, key) };
}

/** Whether a position was signed with this key. */
export function isSigned(name: ChainPositionName, position: SignedChainPosition, key: Uint8Array): boolean {
  const [a, b] = [Buffer.from(position.mac), Buffer.from(macOf(name, position, key))];
  return a.length === b.length && timingSafeEqual(a, b);
}

function macOf(
  name: ChainPositionName,
  { seq, hash, at }: Omit<SignedChainPosition, 'mac'>,
  key: Uint8Array,
): string {
  return createHmac('sha256', key).update(canonicalize({ name, seq, hash, at })!).digest('hex');
}

/** The start of every chain. */
export const start: Omit<SignedChainPosition, 'mac'> = { seq: 0, hash: genesis, at: 0 };

/** Reads a signed position; `undefined`: it does not exist. `lock`: other writers wait until the transaction ends. */
export async function readPosition(
  db: Knex,
  name: ChainPositionName,
  lock = false,
): Promise<SignedChainPosition | undefined> {
  const query = db('foz.audit_state').where({ name }).first('seq', 'hash', 'at', 'mac');
  const row = await (lock ? query.forUpdate() : query);
  return row === undefined
    ? undefined
    : { seq: Number(row.seq), hash: row.hash, at: Number(row.at), mac: row.mac };
}

/** Replaces a signed position. */
export async function writePosition(
  db: Knex,
  name: ChainPositionName,
  position: SignedChainPosition,
): Promise<void> {
  await db('foz.audit_state')
    .insert({ name, ...position })
    .onConflict('name')
    .merge();
}
