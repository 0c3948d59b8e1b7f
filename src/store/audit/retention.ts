import type { Knex } from 'knex';
import { FozError } from '../../core/index.ts';
import type { Actor } from '../actor.ts';
import type { Store } from '../store.ts';
import { appendRecords, type Chain } from './append.ts';
import type { AuditLog } from './audit-log.ts';
import type { AuditRow } from './record.ts';
import {
  isSigned,
  readPosition,
  type SignedChainPosition,
  signPosition,
  start,
  writePosition,
} from './state.ts';
import { ChainWalk } from './verify.ts';

export interface Retention {
  readonly removed: number;
  /** The number of the last removed record; `null`: none was ever removed. */
  readonly through: number | null;
}

/** Records removed per transaction, so that writers do not wait long. */
const part = 10_000;

/**
 * Removes records older than `before` (milliseconds since 1970) from the start of the chain. The new start is stored
 * as a signed anchor, so that the rest can still be verified, and the removal gets a record. The newest record
 * always stays.
 */
export async function removeOldRecords(
  store: Store,
  log: AuditLog,
  before: number,
  actor: Actor,
): Promise<Retention> {
  const key = await log.key();
  let removed = 0;
  for (;;) {
    const { head, ...done } = await store.write((db) => removePart(db, log.chain(key), before, actor));
    if (head !== null) log.checkpoint.note(head, key);
    removed += done.removed;
    if (done.removed < part) return { removed, through: done.through };
  }
}

async function removePart(
  db: Knex,
  chain: Chain,
  before: number,
  actor: Actor,
): Promise<Retention & { readonly head: SignedChainPosition | null }> {
  const { key } = chain;
  const head = await readPosition(db, 'head', true);
  const anchor = await readPosition(db, 'anchor');
  if (anchor !== undefined && !isSigned('anchor', anchor, key)) throw tampered();
  // Times never decrease along the chain.
  const oldest = db('foz.audit').select('seq', 'hash', 'at').orderBy('seq').limit(part).as('oldest');
  const last = await db(oldest)
    .where('at', '<', before)
    .where('seq', '<', head?.seq ?? 0)
    .orderBy('seq', 'desc')
    .first();
  if (last === undefined) return { removed: 0, through: anchor?.seq ?? null, head: null };
  const through = Number(last.seq);
  await refuseTampered(db, anchor ?? start, through);
  await db.raw(`set local foz.audit_retention = 'on'`);
  const removed: number = await db('foz.audit').where('seq', '<=', through).delete();
  await db.raw(`set local foz.audit_retention = 'off'`);
  const mark = signPosition('anchor', { seq: through, hash: last.hash, at: Number(last.at) }, key);
  await writePosition(db, 'anchor', mark);
  const after = { removed, through, hash: last.hash };
  const event = { kind: 'control', actor, operation: 'audit.retention', outcome: 'success', after } as const;
  return { removed, through, head: await appendRecords(db, [{ event, at: Date.now() }], chain) };
}

/** Records that are checked together. */
const page = 1_000;

/**
 * Refuses to remove records that were tampered with, since a signed anchor replaces them. A break that the log
 * itself recorded does not count.
 */
async function refuseTampered(
  db: Knex,
  from: Omit<SignedChainPosition, 'mac'>,
  through: number,
): Promise<void> {
  const walk = new ChainWalk(from, undefined, ({ kind }) => {
    if (kind !== 'cut') throw tampered();
  });
  for (let after = Number.MIN_SAFE_INTEGER; after < through; ) {
    const rows: AuditRow[] = await db('foz.audit')
      .where('seq', '>', after)
      .where('seq', '<=', through)
      .orderBy('seq')
      .limit(page);
    for (const row of rows) walk.step(row);
    after = rows.length < page ? through : Number(rows.at(-1)!.seq);
  }
}

function tampered(): FozError {
  const message = 'The audit log was tampered with, so nothing of it is removed: see "foz audit verify".';
  return new FozError('data-exception', message);
}
