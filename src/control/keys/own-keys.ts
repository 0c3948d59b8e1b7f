import type { Session } from '../../access/index.ts';
import type { DeclaredKey } from '../../auth/index.ts';
import { FozError } from '../../core/index.ts';
import type { Actor } from '../../store/index.ts';
import { type KeyDescription, listKeys } from '../../store/index.ts';
import type { ControlPlane } from '../plane.ts';
import { describeDeclaredKeys, type ListedKey, refuseDeclaredKey } from './declared-keys.ts';
import { endKey, renewKey, type ShownKey } from './keys.ts';

/** A caller that manages its own keys. */
export interface KeyOwner {
  readonly plane: ControlPlane;
  /** Keys of the configuration file. */
  readonly declaredKeys: () => readonly DeclaredKey[];
  readonly session: Session;
  /** The caller in the form of the audit log. */
  readonly actor: Actor;
}

/** Stand-ins for the issuer where there is none. */
const unnamed = { token: 'token', webhook: 'webhook', session: 'user' } as const;

/**
 * The owner name of a caller: the issuer of its token and the subject, such as `https://id.example.com ada`; `token ada` for a token
 * without `iss`, `webhook 7` for a user of the webhook, `user 3f0c...` for a person who signed in. `null`: the caller cannot own keys.
 */
export function ownerOf({ actor }: Session): string | null {
  if (actor === undefined || actor.id === '') return null;
  if (actor.kind === 'webhook') return `${unnamed.webhook} ${actor.id}`;
  if (actor.kind === 'session') return `${unnamed.session} ${actor.id}`;
  if (actor.kind !== 'jwt') return null;
  const { issuer, id } = actor;
  if (issuer === undefined) return `${unnamed.token} ${id}`;
  return /\s/.test(issuer) || Object.hasOwn(unnamed, issuer) ? null : `${issuer} ${id}`;
}

/** The keys that the caller owns; for a caller with an API key, that key. */
export function ownKeys(
  { plane, declaredKeys, session }: KeyOwner,
  revoked: boolean,
): Promise<readonly ListedKey[]> {
  const id = session.actor?.keyId;
  const declared = declaredKeys().filter((key) => key.id === id);
  if (declared.length > 0) return Promise.resolve(describeDeclaredKeys(declared));
  const owner = ownerOf(session);
  if (id === undefined && owner === null) return Promise.resolve([]);
  return plane.store.read((db) =>
    listKeys(db, { revoked, ...(id === undefined ? { owner: owner! } : { id }) }),
  );
}

/** The same as `renewKey`, for the owner. A key cannot renew itself, since a thief would then keep it. Rejects with FozError. */
export function renewOwnKey(
  { plane, session, actor }: KeyOwner,
  id: string,
  overlapSeconds: number,
): Promise<ShownKey> {
  return renewKey(plane, actor, id, overlapSeconds, (key) => {
    if (key === undefined || !isOwn(key, session)) throw foreign(id);
    const has = new Set<string>(session.allowedRoles);
    if (key.roles.every((role) => has.has(role))) return;
    throw new FozError(
      'access-denied',
      `The key ${key.name} has roles that you do not have yourself: ask an admin for another text.`,
    );
  });
}

/** The same as `endKey`, for the owner or the key itself. Rejects with FozError. */
export async function endOwnKey(
  { plane, declaredKeys, session, actor }: KeyOwner,
  id: string,
): Promise<KeyDescription> {
  if (id === session.actor?.keyId) refuseDeclaredKey(declaredKeys(), id);
  return endKey(plane, actor, id, (key) => {
    if (key === undefined || !(isOwn(key, session) || key.id === session.actor?.keyId)) throw foreign(id);
  });
}

function isOwn({ owner }: KeyDescription, session: Session): boolean {
  return owner !== null && owner !== undefined && owner === ownerOf(session);
}

/** The error for a key of another owner is that of a missing key, so that it does not reveal which keys exist. */
function foreign(id: string): FozError {
  return new FozError('not-found', `You have no API key ${id}.`);
}
