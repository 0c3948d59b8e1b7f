import type { Knex } from 'knex';
import { FozError } from '../../core/index.ts';
import type { Actor } from '../store/actor.ts';
import type { Store } from '../store/store.ts';
import { appendRecords } from './append.ts';
import type { AuditLog } from './audit-log.ts';
import { isSigned, type Mark, readMark, signMark, writeMark } from './state.ts';

export interface Retention {
  readonly removed: number;
  /** The number of the last record that is gone; `null`: nothing was ever removed. */
  readonly through: number | null;
}

/** Records that go in one transaction, so that those who write meanwhile do not wait for long. */
const part = 10_000;

/**
 * Removes the records older than `before` (milliseconds since 1970) from the start of the chain. Where the rest begins is kept, signed, so
 * that it can still be verified; that it happened is a record of its own. The newest record always stays.
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
    const { head, ...done } = await store.write((db) => removePart(db, key, before, actor));
    if (head !== null) log.checkpoint.note(head, key);
    removed += done.removed;
    if (done.removed < part) return { removed, through: done.through };
  }
}

async function removePart(
  db: Knex,
  key: Uint8Array,
  before: number,
  actor: Actor,
): Promise<Retention & { readonly head: Mark | null }> {
  const head = await readMark(db, 'head', true);
  const anchor = await readMark(db, 'anchor');
  if (anchor !== undefined && !isSigned('anchor', anchor, key))
    throw new FozError(
      'data-exception',
      'The audit log was tampered with, so nothing of it is removed: see "foz audit verify".',
    );
  // Times never go back along the chain.
  const oldest = db('foz.audit').select('seq', 'hash', 'at').orderBy('seq').limit(part).as('oldest');
  const last = await db(oldest)
    .where('at', '<', before)
    .where('seq', '<', head?.seq ?? 0)
    .orderBy('seq', 'desc')
    .first();
  if (last === undefined) return { removed: 0, through: anchor?.seq ?? null, head: null };
  const through = Number(last.seq);
  await db.raw(`set local foz.audit_retention = 'on'`);
  const removed: number = await db('foz.audit').where('seq', '<=', through).delete();
  await db.raw(`set local foz.audit_retention = 'off'`);
  const mark = signMark('anchor', { seq: through, hash: last.hash, at: Number(last.at) }, key);
  await writeMark(db, 'anchor', mark);
  const after = { removed, through, hash: last.hash };
  const event = { kind: 'control', actor, operation: 'audit.retention', outcome: 'success', after } as const;
  return { removed, through, head: await appendRecords(db, [{ event, at: Date.now() }], key) };
}
