import type { Session } from '../../access/index.ts';
import type { DeclaredKey } from '../../auth/index.ts';
import { FozError } from '../../core/index.ts';
import type { Actor } from '../../store/index.ts';
import { type KeyDescription, listKeys } from '../../store/index.ts';
import type { ControlPlane } from '../plane.ts';
import { describeDeclaredKeys, type ListedKey, refuseDeclaredKey } from './declared-keys.ts';
import { endKey, renewKey, type ShownKey } from './keys.ts';

/** Who asks about keys of their own. */
export interface Holder {
  readonly plane: ControlPlane;
  /** Keys of the configuration file. */
  readonly declaredKeys: () => readonly DeclaredKey[];
  readonly session: Session;
  /** As the audit log calls them. */
  readonly actor: Actor;
}

/** Words that stand for an issuer where there is none. */
const unnamed = { token: 'token', webhook: 'webhook' } as const;

/**
 * How somebody is called as the owner of keys: the issuer of their token and its subject, as `https://id.example.com ada`; `token ada`
 * for a token without `iss`, `webhook 7` for a user of the webhook. `null`: they can own none.
 */
export function ownerOf({ actor }: Session): string | null {
  if (actor === undefined || actor.id === '') return null;
  if (actor.kind === 'webhook') return `${unnamed.webhook} ${actor.id}`;
  if (actor.kind !== 'jwt') return null;
  const { issuer, id } = actor;
  if (issuer === undefined) return `${unnamed.token} ${id}`;
  return /\s/.test(issuer) || Object.hasOwn(unnamed, issuer) ? null : `${issuer} ${id}`;
}

/** The keys that the caller owns; for an API key that is asked with, itself. */
export function ownKeys(
  { plane, declaredKeys, session }: Holder,
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

/** As `renewKey`, for its owner. A key cannot do it: whoever has stolen one would keep it. Rejects with FozError. */
export function renewOwnKey(
  { plane, session, actor }: Holder,
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

/** As `endKey`, for its owner or the key itself. Rejects with FozError. */
export async function endOwnKey(
  { plane, declaredKeys, session, actor }: Holder,
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

/** A key of somebody else is told of as one that is not there. */
function foreign(id: string): FozError {
  return new FozError('not-found', `You have no API key ${id}.`);
}
