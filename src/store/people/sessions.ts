import type { Knex } from 'knex';
import type { SessionRecord, SessionUse } from '../../auth/index.ts';
import { publishChange } from '../changes.ts';

/** A session for its person and for administrators. */
export interface SessionDescription {
  readonly id: string;
  readonly userId: string;
  readonly provider: string;
  readonly address: string | null;
  /** The browser, as it calls itself. */
  readonly userAgent: string | null;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
  readonly expiresAt: Date;
}

/** A new session. */
export interface NewSession {
  readonly id: string;
  readonly hash: string;
  readonly userId: string;
  readonly provider: string;
  readonly authority: string;
  readonly subject: string;
  readonly providerSession: string | null;
  /** Encrypted. */
  readonly endHint: string | null;
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly lifetimeMs: number;
  readonly idleMs: number;
}

/** A session that has ended. */
export interface EndedSession {
  readonly id: string;
  readonly userId: string;
  readonly provider: string;
  readonly endHint: string | null;
}

interface Row {
  readonly id: string;
  readonly hash: string;
  readonly user_id: string;
  readonly provider: string;
  readonly mapped_roles: string;
  readonly roles: string;
  readonly default_role: string | null;
  readonly variables: string;
  readonly last_used_at: Date;
  readonly expires_at: Date;
  readonly idle_ms: string;
}

/** Conditions on sessions; all that are given hold together. */
export interface SessionFilter {
  readonly id?: string;
  readonly hash?: string;
  readonly userId?: string;
  readonly provider?: string;
  readonly authority?: string;
  readonly subject?: string;
  readonly providerSession?: string;
}

const columns = {
  id: 'id',
  hash: 'hash',
  userId: 'user_id',
  provider: 'provider',
  authority: 'authority',
  subject: 'subject',
  providerSession: 'provider_session',
} as const satisfies Record<keyof SessionFilter, string>;

/** Ended sessions and used answers that are removed with a new session, at most. */
const mostRemoved = 1_000;
const isOver = `expires_at <= now() or last_used_at + idle_ms * interval '1 millisecond' <= now()`;

/** Adds a session, and removes some of those whose time is over. */
export async function insertSession(db: Knex, session: NewSession): Promise<void> {
  const { id, hash, userId, provider, authority, subject, lifetimeMs, idleMs } = session;
  await db('foz.sessions').insert({
    id,
    hash,
    user_id: userId,
    provider,
    authority,
    subject,
    provider_session: session.providerSession,
    end_hint: session.endHint,
    address: session.address,
    user_agent: session.userAgent,
    idle_ms: idleMs,
    expires_at: db.raw(`now() + ? * interval '1 millisecond'`, [lifetimeMs]),
  });
  await db.raw(
    `delete from foz.sessions where id in
     (select id from foz.sessions where ${isOver} limit ${mostRemoved} for update skip locked)`,
  );
}

/** Records that an answer of a provider was used. Resolves with false if it was used before. */
export async function useAnswer(db: Knex, id: string, until: Date): Promise<boolean> {
  await db.raw(
    `delete from foz.used_answers where id in
     (select id from foz.used_answers where expires_at <= now() limit ${mostRemoved} for update skip locked)`,
  );
  const added = await db('foz.used_answers')
    .insert({ id, expires_at: until })
    .onConflict('id')
    .ignore()
    .returning('id');
  return added.length > 0;
}

/** The sessions with these hashes that have not ended and whose users are not disabled. */
export async function findSessions(db: Knex, hashes: readonly string[]): Promise<SessionRecord[]> {
  const rows: Row[] = await db('foz.sessions as s')
    .join('foz.users as u', 'u.id', 's.user_id')
    .join('foz.identities as i', (on) =>
      on
        .on('i.provider', 's.provider')
        .andOn('i.authority', 's.authority')
        .andOn('i.subject', 's.subject')
        .andOn('i.user_id', 's.user_id'),
    )
    .whereIn('s.hash', hashes)
    .whereNull('u.disabled_at')
    .select('s.id', 's.hash', 's.user_id', 's.provider', 's.last_used_at', 's.expires_at', 's.idle_ms')
    .select({ mapped_roles: 'i.roles', default_role: 'i.default_role', variables: 'i.variables' })
    .select('u.roles');
  return rows.map((row) => ({
    id: row.id,
    hash: row.hash,
    userId: row.user_id,
    provider: row.provider,
    roles: [...new Set<string>([...JSON.parse(row.mapped_roles), ...JSON.parse(row.roles)])],
    defaultRole: row.default_role,
    variables: JSON.parse(row.variables),
    lastUsedAt: row.last_used_at.getTime(),
    expiresAt: row.expires_at.getTime(),
    idleMs: Number(row.idle_ms),
  }));
}

/** Stores last uses, unless later ones are stored already. */
export async function touchSessions(db: Knex, uses: readonly SessionUse[]): Promise<void> {
  if (uses.length === 0) return;
  const rows = uses.map(({ id, at, address }) => ({ id, at: new Date(at).toISOString(), address }));
  await db.raw(
    `update foz.sessions as s set last_used_at = u.at, address = coalesce(u.address, s.address)
     from (select distinct on (id) * from jsonb_to_recordset(?::jsonb) as r(id text, at timestamptz, address text)
           order by id, at desc) as u
     where s.id = u.id and s.last_used_at < u.at`,
    [JSON.stringify(rows)],
  );
}

/** Sessions whose time is not over, the last used first. */
export async function listSessions(
  db: Knex,
  filter: SessionFilter = {},
  limit = 1_000,
): Promise<SessionDescription[]> {
  const rows = await db('foz.sessions')
    .where(conditions(filter))
    .whereRaw(`not (${isOver})`)
    .orderBy([{ column: 'last_used_at', order: 'desc' }, { column: 'id' }])
    .limit(limit);
  return rows.map((row) => ({
    id: row.id,
    userId: row.user_id,
    provider: row.provider,
    address: row.address,
    userAgent: row.user_agent,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    expiresAt: row.expires_at,
  }));
}

/** Ends sessions in all processes. Resolves with those that there were. */
export async function endSessions(db: Knex, filter: SessionFilter): Promise<EndedSession[]> {
  const rows = await db('foz.sessions')
    .where(conditions(filter))
    .delete()
    .returning(['id', 'user_id', 'provider', 'end_hint']);
  for (const { id } of rows) await publishChange(db, 'session', id);
  return rows.map((row) => ({
    id: row.id,
    userId: row.user_id,
    provider: row.provider,
    endHint: row.end_hint,
  }));
}

function conditions(filter: SessionFilter): Record<string, string> {
  const given = Object.entries(filter).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [columns[name as keyof SessionFilter], value]));
}
