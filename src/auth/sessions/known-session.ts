import { parseRoleName } from '../../core/index.ts';
import { AccessDenied } from '../denied.ts';
import { type Grant, GrantedSessions } from '../grant.ts';
import type { SessionEnd } from '../session-end.ts';
import { variableText } from '../variables.ts';
import type { SessionRecord } from './record.ts';

/** Heap bytes of a record and the objects around it, without its texts. */
const recordBytes = 1_500;

/** The refusal of a session cookie. It does not reveal whether the session was unknown, ended, or expired. */
export function sessionDenied(why: string): AccessDenied {
  const message = 'The session has ended: sign in again.';
  return new AccessDenied({ message, why: `session: ${why}` });
}

/** A session as it was read at `readAt` (milliseconds since 1970). */
export class KnownSession {
  readonly record: SessionRecord;
  readonly sessions: GrantedSessions;
  readAt: number;
  /** Its last use: by this process, or as stored. */
  lastUsedAt: number;
  /** Why it ended; `null`: it has not. */
  ended: SessionEnd | null = null;
  /** Whether it is being read again. */
  isRefreshing = false;

  constructor(record: SessionRecord, readAt: number) {
    this.record = record;
    this.readAt = readAt;
    this.lastUsedAt = record.lastUsedAt;
    this.sessions = new GrantedSessions(grantOf(record));
  }

  /** Estimated heap bytes. */
  get bytes(): number {
    return recordBytes + 2 * JSON.stringify(this.record).length + this.sessions.bytes;
  }

  /** Takes over a record that was read again. Returns whether the session still has the same rights. */
  renew(record: SessionRecord, now: number): boolean {
    if (rightsOf(record) !== rightsOf(this.record)) return false;
    this.readAt = now;
    this.lastUsedAt = Math.max(this.lastUsedAt, record.lastUsedAt);
    return true;
  }

  /** Whether it ended by itself: its time is over, or it was not used for too long. */
  isOver(now: number): boolean {
    return now >= this.record.expiresAt || now >= this.lastUsedAt + this.record.idleMs;
  }
}

function rightsOf({ lastUsedAt: _, ...rights }: SessionRecord): string {
  return JSON.stringify(rights);
}

function grantOf({ id, userId, provider, expiresAt, ...record }: SessionRecord): Grant {
  const roles = record.roles.map(parseRoleName).filter((role) => role !== undefined);
  const variables = new Map([['user-id', userId]]);
  for (const [name, value] of Object.entries(record.variables)) {
    const text = variableText(value);
    if (text !== undefined) variables.set(name.toLowerCase(), text);
  }
  return {
    actor: Object.freeze({ kind: 'session', id: userId, issuer: provider, sessionId: id }),
    roles: Object.freeze(roles),
    defaultRole: roles.find((role) => role === record.defaultRole) ?? roles[0] ?? null,
    variables,
    expiresAt,
  };
}
