import type { Knex } from 'knex';
import type { AuditEvent, AuditRecord } from './record.ts';
import { isSigned, type Mark, readMark } from './state.ts';

/** The operation in records about a broken end of the chain. */
const operation = 'audit.broken';

/**
 * Checks the end of the chain before records are appended. Returns the event to be recorded first if it is broken;
 * `null`: it is intact. Appending signs the end anew, so a break that is not recorded now could never be detected.
 * `seen`: an end that is known to have been stored.
 */
export async function findBreak(
  db: Knex,
  head: Mark | undefined,
  seen: Mark | null,
  key: Uint8Array,
): Promise<AuditEvent | null> {
  const reason = await reasonOf(db, head, seen, key);
  if (reason === null) return null;
  return {
    kind: 'control',
    operation,
    actor: { kind: 'system', id: 'audit', role: null },
    outcome: 'failure',
    reason,
    before: seen === null ? null : { last: seen.seq, sha256: seen.hash },
    after: head === undefined ? null : { last: head.seq, sha256: head.hash },
  };
}

/** Whether a record reports such a break. */
export function isBreakRecord(record: AuditRecord): boolean {
  return record.kind === 'control' && record.operation === operation && record.actor.kind === 'system';
}

async function reasonOf(
  db: Knex,
  head: Mark | undefined,
  seen: Mark | null,
  key: Uint8Array,
): Promise<string | null> {
  if (head !== undefined && !isSigned('head', head, key))
    return 'the mark of the last record was not made by Foz';
  if (seen === null) return null;
  const last = head?.seq ?? 0;
  if (last < seen.seq) return `the records ${last + 1} to ${seen.seq} were there and are missing at the end`;
  const hash = last === seen.seq ? head?.hash : await hashAt(db, seen);
  return hash === seen.hash ? null : `record ${seen.seq} is not the one that was there`;
}

/** The hash of the record at a mark; that of the anchor if retention has removed the record. */
async function hashAt(db: Knex, { seq, hash }: Mark): Promise<string | undefined> {
  const row = await db('foz.audit').where({ seq }).first('hash');
  if (row !== undefined) return row.hash;
  const anchor = await readMark(db, 'anchor');
  return anchor !== undefined && anchor.seq >= seq ? hash : undefined;
}
