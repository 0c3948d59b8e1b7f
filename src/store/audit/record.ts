import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Actor } from '../actor.ts';
import type { AuditKind } from './kinds.ts';

/** An event to be recorded, as the caller describes it. */
export interface AuditEvent {
  readonly kind: AuditKind;
  readonly actor: Actor;
  /** The id of the API key, if one was used. */
  readonly keyId?: string | null;
  readonly address?: string | null;
  readonly requestId?: string | null;
  /** The operation's name, or the action of a control change (`source.attach`). */
  readonly operation?: string | null;
  readonly source?: string | null;
  readonly table?: string | null;
  readonly affectedRows?: number | null;
  /** The states before and after. Secrets in them are masked before they are stored. */
  readonly before?: unknown;
  readonly after?: unknown;
  /**
   * `started`: recorded before an act, another record says what came of it. `unknown`: the connection was lost during a write, so that it may be
   * stored or not.
   */
  readonly outcome: 'started' | 'success' | 'failure' | 'refused' | 'unknown';
  /** The error code, or the reason of a refusal. */
  readonly reason?: string | null;
}

/** An event in the log. */
export interface AuditRecord extends AuditEvent {
  /** 1, 2, 3, ... without gaps. */
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** A row of the table: the record as canonical JSON, and the same data in columns for queries. */
export interface AuditRow {
  readonly seq: number;
  readonly at: number;
  readonly kind: string;
  readonly outcome: string;
  readonly actor_kind: string;
  readonly actor_id: string | null;
  readonly role: string | null;
  readonly key_id: string | null;
  readonly address: string | null;
  readonly request_id: string | null;
  readonly operation: string | null;
  readonly source: string | null;
  readonly table_name: string | null;
  readonly record: string;
  readonly previous: string;
  readonly hash: string;
}

/** The hash before the first record. */
export const genesis = '0'.repeat(64);

/** SHA-256 in hex over the previous hash and the record's canonical JSON (RFC 8785). */
export function chainHash(previous: string, record: string): string {
  return createHash('sha256').update(`${previous}\n${record}`, 'utf8').digest('hex');
}

/** The row of a record. Throws for values that JSON cannot represent (NaN). */
export function rowOf(record: AuditRecord, previous: string): AuditRow {
  const text = canonicalize(record)!;
  return { ...columnsOf(record), record: text, previous, hash: chainHash(previous, text) };
}

/** The columns for queries. PostgreSQL stores no NUL in text, so it is replaced here, but not in the record. */
export function columnsOf(record: AuditRecord): Omit<AuditRow, 'record' | 'previous' | 'hash'> {
  const text = (value: string | null | undefined) => value?.replaceAll('\0', '\ufffd') ?? null;
  return {
    seq: record.seq,
    at: record.at,
    kind: record.kind,
    outcome: record.outcome,
    actor_kind: record.actor.kind,
    actor_id: indexed(text(record.actor.id)),
    role: text(record.actor.role),
    key_id: indexed(text(record.keyId)),
    address: text(record.address),
    request_id: text(record.requestId),
    operation: text(record.operation),
    source: text(record.source),
    table_name: text(record.table),
  };
}

/** Bytes of a text that always fit into an index of PostgreSQL. */
const mostIndexed = 2_000;

/**
 * The indexed form of a text. A very long one, such as the subject of a token, is replaced by its beginning and its
 * SHA-256.
 */
export function indexed(text: string | null): string | null {
  if (text === null || Buffer.byteLength(text) <= mostIndexed) return text;
  // Half a character at the cut becomes U+FFFD, as in the store.
  const beginning = Buffer.from(text.slice(0, 100)).toString();
  return `${beginning}... sha256:${createHash('sha256').update(text).digest('hex')}`;
}
