export {
  type EndedSession,
  endSessions,
  insertSession,
  listSessions,
  type NewSession,
  type SessionDescription,
  type SessionFilter,
  useAnswer,
} from './sessions.ts';
export { StoredSessions } from './stored-sessions.ts';
export {
  findIdentity,
  type Identity,
  type IdentityKey,
  identitiesOf,
  insertUser,
  listUsers,
  putIdentity,
  readUser,
  removeUser,
  type User,
  type UserFilter,
  type UserPatch,
  updateUser,
  userByEmail,
} from './users.ts';
