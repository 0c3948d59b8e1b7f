import { FozError } from '../../core/index.ts';
import {
  type Actor,
  type Identity,
  identitiesOf,
  listSessions,
  listUsers,
  readUser,
  removeUser,
  type User,
  type UserFilter,
  updateUser,
} from '../../store/index.ts';
import type { ControlPlane } from '../plane.ts';

/** A user with their identities at providers. */
export interface UserDescription extends User {
  readonly identities: readonly Identity[];
  /** All roles: those given by hand, and those by the rules of providers. */
  readonly effectiveRoles: readonly string[];
}

/** Most users of one page. */
const mostUsers = 1_000;

/** Users by id. Rejects with FozError `validation-failed` for a page that is too long. */
export function usersOf({ store }: ControlPlane, filter: UserFilter): Promise<readonly UserDescription[]> {
  const { limit = 100 } = filter;
  if (limit < 1 || limit > mostUsers)
    return Promise.reject(new FozError('validation-failed', `limit must be from 1 to ${mostUsers}.`));
  return store.read(async (db) => {
    const users = await listUsers(db, filter);
    const identities = await identitiesOf(
      db,
      users.map(({ id }) => id),
    );
    return users.map((user) => described(user, identities));
  });
}

/** Sets the roles that a user has by hand, beside those by the rules of providers. Rejects with FozError `not-found`. */
export function setUserRoles(
  plane: ControlPlane,
  actor: Actor,
  id: string,
  roles: readonly string[],
): Promise<UserDescription> {
  return changed(plane, actor, 'user.set-roles', id, { roles: [...new Set(roles)] });
}

/** Disables a user, whose sessions then end everywhere, or enables them again. Rejects with FozError `not-found`. */
export function setUserDisabled(
  plane: ControlPlane,
  actor: Actor,
  id: string,
  disabled: boolean,
): Promise<UserDescription> {
  const operation = disabled ? 'user.disable' : 'user.enable';
  return changed(plane, actor, operation, id, { disabledAt: disabled ? new Date() : null });
}

/** Removes a user with all identities and sessions. Who signs in again is a new user. Rejects with FozError `not-found`. */
export async function dropUser({ store, audit }: ControlPlane, actor: Actor, id: string): Promise<void> {
  await store.write(async (db) => {
    const user = await readUser(db, id, true);
    const sessions = await listSessions(db, { userId: id });
    await removeUser(db, id);
    const before = { ...user, sessions: sessions.length };
    await audit?.changedWithin(db, { actor, operation: 'user.drop', before, after: null });
  });
  await store.settled();
}

async function changed(
  { store, audit }: ControlPlane,
  actor: Actor,
  operation: string,
  id: string,
  patch: Parameters<typeof updateUser>[2],
): Promise<UserDescription> {
  const after = await store.write(async (db) => {
    const before = await readUser(db, id, true);
    await updateUser(db, id, patch);
    const user = await readUser(db, id);
    await audit?.changedWithin(db, { actor, operation, before, after: user });
    return described(user, await identitiesOf(db, [id]));
  });
  await store.settled();
  return after;
}

function described(user: User, all: readonly Identity[]): UserDescription {
  const identities = all.filter(({ userId }) => userId === user.id);
  const roles = [...identities.flatMap((identity) => identity.roles), ...user.roles];
  return { ...user, identities, effectiveRoles: [...new Set(roles)] };
}
