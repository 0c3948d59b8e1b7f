import type { Knex } from 'knex';
import type { AuditEvent, AuditRecord } from './record.ts';
import { isSigned, readPosition, type SignedChainPosition } from './state.ts';

/** The operation in records about a broken end of the chain. */
const operation = 'audit.broken';

/**
 * Checks the end of the chain before records are appended. Returns the event to be recorded first if it is broken;
 * `null`: it is intact. Appending signs the end anew, so a break that is not recorded now could never be detected.
 * `lastHead`: an end that is known to have been stored.
 */
export async function findBreak(
  db: Knex,
  head: SignedChainPosition | undefined,
  lastHead: SignedChainPosition | null,
  key: Uint8Array,
): Promise<AuditEvent | null> {
  const reason = await reasonOf(db, head, lastHead, key);
  if (reason === null) return null;
  return {
    kind: 'control',
    operation,
    actor: { kind: 'system', id: 'audit', role: null },
    outcome: 'failure',
    reason,
    before: lastHead === null ? null : { last: lastHead.seq, sha256: lastHead.hash },
    after: head === undefined ? null : { last: head.seq, sha256: head.hash },
  };
}

/** Whether a record reports such a break. */
export function isBreakRecord(record: AuditRecord): boolean {
  return record.kind === 'control' && record.operation === operation && record.actor.kind === 'system';
}

async function reasonOf(
  db: Knex,
  head: SignedChainPosition | undefined,
  lastHead: SignedChainPosition | null,
  key: Uint8Array,
): Promise<string | null> {
  if (head !== undefined && !isSigned('head', head, key))
    return 'the mark of the last record was not made by Foz';
  if (lastHead === null) return null;
  const last = head?.seq ?? 0;
  if (last < lastHead.seq)
    return `the records ${last + 1} to ${lastHead.seq} were there and are missing at the end`;
  const hash = last === lastHead.seq ? head?.hash : await hashAt(db, lastHead);
  return hash === lastHead.hash ? null : `record ${lastHead.seq} is not the one that was there`;
}

/** The hash of the record at a signed position; that of the anchor if retention has removed the record. */
async function hashAt(db: Knex, { seq, hash }: SignedChainPosition): Promise<string | undefined> {
  const row = await db('foz.audit').where({ seq }).first('hash');
  if (row !== undefined) return row.hash;
  const anchor = await readPosition(db, 'anchor');
  return anchor !== undefined && anchor.seq >= seq ? hash : undefined;
}
