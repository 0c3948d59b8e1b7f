import { type EndedSessions, SignInRefused, sessionHash } from '../../auth/index.ts';
import { FozError } from '../../core/index.ts';
import {
  type Actor,
  type EndedSession,
  endSessions,
  listSessions,
  type SessionDescription,
  type SessionFilter,
  useAnswer,
} from '../../store/index.ts';
import type { ControlPlane } from '../plane.ts';

/** Running sessions, the last used first; of one user or of all. */
export function sessionsOf(
  { store }: ControlPlane,
  userId: string | null = null,
): Promise<readonly SessionDescription[]> {
  return store.read((db) => listSessions(db, userId === null ? {} : { userId }));
}

/** Ends a session in all processes. Rejects with FozError `not-found`; with `userId`, also for a session of another user. */
export async function endSession(
  plane: ControlPlane,
  actor: Actor,
  id: string,
  userId: string | null = null,
): Promise<void> {
  const ended = await end(plane, actor, { id, ...(userId === null ? {} : { userId }) });
  if (ended.length === 0) throw new FozError('not-found', `There is no session ${id}.`);
}

/** Ends all sessions of a user. Resolves with their number. */
export async function endSessionsOfUser(plane: ControlPlane, actor: Actor, userId: string): Promise<number> {
  return (await end(plane, actor, { userId })).length;
}

/** A session that its person has ended. */
export interface SignedOut {
  readonly provider: string;
  /** A text that the provider needs to end its session, too; `null`: there is none. */
  readonly endHint: string | null;
}

/** Ends the session with this secret; `null`: there was none. */
export async function signOut(plane: ControlPlane, secret: string): Promise<SignedOut | null> {
  const [ended] = await end(plane, null, { hash: sessionHash(secret) });
  if (ended === undefined) return null;
  const hint = ended.endHint === null ? null : await plane.sealer.open(ended.endHint, 'end-hint');
  return { provider: ended.provider, endHint: typeof hint?.hint === 'string' ? hint.hint : null };
}

/** Ends the sessions that a provider says have ended. Rejects with SignInRefused for a message that was used before. */
export async function endByProvider(
  plane: ControlPlane,
  provider: string,
  authority: string,
  { subject, providerSession, messageId, until }: EndedSessions,
): Promise<number> {
  const filter = {
    provider,
    authority,
    ...(subject === null ? {} : { subject }),
    ...(providerSession === null ? {} : { providerSession }),
  };
  const actor: Actor = { kind: 'system', id: `provider ${provider}`, role: null };
  const ended = await end(plane, actor, filter, {
    id: `${provider} message ${messageId}`,
    until: new Date(until),
  });
  return ended.length;
}

/** `actor`: `null` for the person of the session. `message`: counts once. */
async function end(
  { store, audit }: ControlPlane,
  actor: Actor | null,
  filter: SessionFilter,
  message?: { readonly id: string; readonly until: Date },
): Promise<readonly EndedSession[]> {
  const ended = await store.write(async (db) => {
    if (message !== undefined && !(await useAnswer(db, message.id, message.until)))
      throw new SignInRefused('answer', 'a log-out message was used before');
    const found = await endSessions(db, filter);
    for (const { id, userId, provider } of found)
      await audit?.changedWithin(db, {
        actor: actor ?? { kind: 'user', id: userId, role: null },
        operation: 'session.end',
        before: { session: id, user: userId, provider },
        after: null,
      });
    return found;
  });
  await store.settled();
  return ended;
}
