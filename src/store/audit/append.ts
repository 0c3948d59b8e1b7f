import type { Knex } from 'knex';
import { maskSecrets } from '../secrets/mask.ts';
import { breakOf } from './continuity.ts';
import { plain, shortened } from './plain.ts';
import { type AuditEvent, type AuditRecord, type AuditRow, rowOf } from './record.ts';
import { type Mark, readMark, signMark, start, writeMark } from './state.ts';

/** Who holds this lock makes the first head of the chain. */
const lockNumber = 0x466f7a03;

/** An event and the time it happened, in milliseconds since 1970. */
export interface TimedEvent {
  readonly event: AuditEvent;
  readonly at: number;
}

/** With what the chain is signed, and where its end was seen last. */
export interface Chain {
  readonly key: Uint8Array;
  /** `null`: nowhere. */
  readonly seen: Mark | null;
  /** Is told where the end is not what it was: a record says so, too. */
  readonly onBroken?: (reason: string) => void;
}

/**
 * Adds records to the end of the chain, within a transaction: until it ends, nobody else can add any. Returns the new head. Rejects with
 * what the store says, then nothing is added.
 */
export async function appendRecords(
  transaction: Knex,
  events: readonly TimedEvent[],
  { key, seen, onBroken }: Chain,
): Promise<Mark> {
  const head = await lockHead(transaction);
  const broken = await breakOf(transaction, head, seen, key);
  if (broken !== null) onBroken?.(broken.reason!);
  const rows: AuditRow[] = [];
  let last: { readonly seq: number; readonly hash: string; readonly at: number } = head ?? start;
  const told = broken === null ? [] : [{ event: broken, at: Date.now() }];
  for (const { event, at } of [...told, ...events]) {
    const row = rowOf(recordOf(event, last.seq + 1, Math.max(at, last.at)), last.hash);
    rows.push(row);
    last = row;
  }
  const next = signMark('head', { seq: last.seq, hash: last.hash, at: last.at }, key);
  await transaction.raw(insertion, [JSON.stringify(rows)]);
  await writeMark(transaction, 'head', next);
  return next;
}

const columns =
  'seq, at, kind, outcome, actor_kind, actor_id, role, key_id, address, request_id, operation, source, table_name, record, previous, hash';
/** One statement whatever the number of rows. As json, not jsonb: jsonb keeps no NUL, which a record may have in escaped form. */
const insertion = `insert into foz.audit (${columns}) select ${columns} from json_to_recordset(?::json) as rows (
  seq bigint, at bigint, kind text, outcome text, actor_kind text, actor_id text, role text, key_id text, address text, request_id text,
  operation text, source text, table_name text, record text, previous text, hash text) order by seq`;

async function lockHead(transaction: Knex): Promise<Mark | undefined> {
  const head = await readMark(transaction, 'head', true);
  if (head !== undefined) return head;
  await transaction.raw('select pg_advisory_xact_lock(?)', [lockNumber]);
  return readMark(transaction, 'head', true);
}

/** Characters of an operation's name that are kept: clients choose it. */
const longestName = 1_000;

/** Fields that are not told are null, so that every record has the same form. */
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
