import type { Knex } from 'knex';
import { maskSecrets } from '../secrets/mask.ts';
import { findBreak } from './continuity.ts';
import { plain, shortened } from './plain.ts';
import { type AuditEvent, type AuditRecord, type AuditRow, rowOf } from './record.ts';
import { readPosition, type SignedChainPosition, signPosition, start, writePosition } from './state.ts';

/** An advisory lock. Its holder may create the first head of the chain. */
const lockNumber = 0x466f7a03;

/** An event and its time, in milliseconds since 1970. */
export interface TimedEvent {
  readonly event: AuditEvent;
  readonly at: number;
}

/** The signing key of the chain, and its last known end. */
export interface Chain {
  readonly key: Uint8Array;
  /** `null`: unknown. */
  readonly lastHead: SignedChainPosition | null;
  /** Called when the end of the chain is not the last known one. A record about it is added as well. */
  readonly onBroken?: (reason: string) => void;
}

/**
 * Appends records to the chain within a transaction, which other writers wait for. Returns the new head. Rejects
 * with errors of the store; then nothing is appended.
 */
export async function appendRecords(
  transaction: Knex,
  events: readonly TimedEvent[],
  { key, lastHead: seen, onBroken }: Chain,
): Promise<SignedChainPosition> {
  const head = await lockHead(transaction);
  const broken = await findBreak(transaction, head, seen, key);
  if (broken !== null) onBroken?.(broken.reason!);
  const rows: AuditRow[] = [];
  let last: { readonly seq: number; readonly hash: string; readonly at: number } = head ?? start;
  const breakEvents = broken === null ? [] : [{ event: broken, at: Date.now() }];
  for (const { event, at } of [...breakEvents, ...events]) {
    const row = rowOf(recordOf(event, last.seq + 1, Math.max(at, last.at)), last.hash);
    rows.push(row);
    last = row;
  }
  const next = signPosition('head', { seq: last.seq, hash: last.hash, at: last.at }, key);
  await transaction.raw(insertion, [JSON.stringify(rows)]);
  await writePosition(transaction, 'head', next);
  return next;
}

const columns =
  'seq, at, kind, outcome, actor_kind, actor_id, role, key_id, address, request_id, operation, source, table_name, record, previous, hash';
/** One statement for any number of rows. The parameter is json, not jsonb, which refuses an escaped NUL. */
const insertion = `insert into foz.audit (${columns}) select ${columns} from json_to_recordset(?::json) as rows (
  seq bigint, at bigint, kind text, outcome text, actor_kind text, actor_id text, role text, key_id text, address text, request_id text,
  operation text, source text, table_name text, record text, previous text, hash text) order by seq`;

async function lockHead(transaction: Knex): Promise<SignedChainPosition | undefined> {
  const head = await readPosition(transaction, 'head', true);
  if (head !== undefined) return head;
  await transaction.raw('select pg_advisory_xact_lock(?)', [lockNumber]);
  return readPosition(transaction, 'head', true);
}

/** Characters of an operation's name that are kept, since clients choose it. */
const longestName = 1_000;

/** The record of an event. Absent fields become null, so that every record has the same form. */
function recordOf(event: AuditEvent, seq: number, at: number): AuditRecord {
  const { actor, affectedRows } = event;
  const text = (value: string | null | undefined) => plain(value) as string | null;
  return {
    seq,
    at,
    kind: event.kind,
    outcome: event.outcome,
    actor: { kind: actor.kind, id: text(actor.id), role: text(actor.role) },
    keyId: text(event.keyId),
    address: text(event.address),
    requestId: text(event.requestId),
    operation: text(event.operation?.slice(0, longestName)),
    source: text(event.source),
    table: text(event.table),
    affectedRows: affectedRows ?? null,
    before: shortened(maskSecrets(plain(event.before))),
    after: shortened(maskSecrets(plain(event.after))),
    reason: text(event.reason),
  };
}
