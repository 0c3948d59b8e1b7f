import type { Knex } from 'knex';
import { FozError } from '../../core/index.ts';
import { publishChange } from '../changes.ts';

/** A person. */
export interface User {
  readonly id: string;
  readonly name: string | null;
  readonly email: string | null;
  /** Whether a provider that is trusted for its domain has verified the address. */
  readonly emailTrusted: boolean;
  /** Roles given by hand. */
  readonly roles: readonly string[];
  readonly createdAt: Date;
  readonly lastSignedInAt: Date | null;
  readonly disabledAt: Date | null;
}

/** A person at a provider. */
export interface Identity {
  readonly provider: string;
  readonly authority: string;
  readonly subject: string;
  readonly userId: string;
  readonly name: string | null;
  readonly email: string | null;
  readonly emailVerified: boolean;
  /** Roles by the rules of the provider, as of the last sign-in. */
  readonly roles: readonly string[];
  readonly defaultRole: string | null;
  readonly variables: Readonly<Record<string, string>>;
  readonly lastSignedInAt: Date;
}

/** The identity of a person at a provider. */
export type IdentityKey = Pick<Identity, 'provider' | 'authority' | 'subject'>;

interface UserRow {
  readonly id: string;
  readonly name: string | null;
  readonly email: string | null;
  readonly email_trusted: boolean;
  readonly roles: string;
  readonly created_at: Date;
  readonly last_signed_in_at: Date | null;
  readonly disabled_at: Date | null;
}

interface IdentityRow {
  readonly provider: string;
  readonly authority: string;
  readonly subject: string;
  readonly user_id: string;
  readonly name: string | null;
  readonly email: string | null;
  readonly email_verified: boolean;
  readonly roles: string;
  readonly default_role: string | null;
  readonly variables: string;
  readonly last_signed_in_at: Date;
}

/** Conditions on users. */
export interface UserFilter {
  /** A part of the name or the e-mail address, in any case. */
  readonly search?: string | null;
  /** Users after this id, in the order of ids. */
  readonly after?: string | null;
  readonly limit?: number;
}

/** Users, by id. */
export async function listUsers(db: Knex, { search, after, limit = 100 }: UserFilter = {}): Promise<User[]> {
  const rows: UserRow[] = await db('foz.users')
    .modify((query) => {
      if (after) query.where('id', '>', after);
      if (search)
        query.whereRaw(`position(lower(?) in lower(coalesce(name, '') || ' ' || coalesce(email, ''))) > 0`, [
          search,
        ]);
    })
    .orderBy('id')
    .limit(limit);
  return rows.map(userOf);
}

/** A user. Rejects with FozError `not-found`. `hold`: locks it until the transaction ends. */
export async function readUser(db: Knex, id: string, hold = false): Promise<User> {
  const query = db('foz.users').where({ id });
  const row: UserRow | undefined = await (hold ? query.forUpdate() : query).first();
  if (row === undefined) throw new FozError('not-found', `There is no user ${id}.`);
  return userOf(row);
}

/** Adds a user. */
export async function insertUser(
  db: Knex,
  { id, name, email, emailTrusted }: Pick<User, 'id' | 'name' | 'email' | 'emailTrusted'>,
): Promise<void> {
  await db('foz.users').insert({ id, name, email, email_trusted: emailTrusted });
}

/** The settings of a user that change. Absent ones stay. */
export type UserPatch = Partial<
  Pick<User, 'name' | 'email' | 'emailTrusted' | 'roles' | 'lastSignedInAt' | 'disabledAt'>
>;

/** Changes a user. All processes read the user's sessions again. Rejects with FozError `not-found`. */
export async function updateUser(db: Knex, id: string, patch: UserPatch): Promise<void> {
  const { name, email, emailTrusted, roles, lastSignedInAt, disabledAt } = patch;
  const values = {
    name,
    email,
    email_trusted: emailTrusted,
    roles: roles === undefined ? undefined : JSON.stringify(roles),
    last_signed_in_at: lastSignedInAt,
    disabled_at: disabledAt,
  };
  const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
  const count: number = await db('foz.users').where({ id }).update(given);
  if (count === 0) throw new FozError('not-found', `There is no user ${id}.`);
  if (roles !== undefined || disabledAt !== undefined) await publishChange(db, 'session', id);
}

/** Removes a user with all identities and sessions. Rejects with FozError `not-found`. */
export async function removeUser(db: Knex, id: string): Promise<void> {
  const count: number = await db('foz.users').where({ id }).delete();
  if (count === 0) throw new FozError('not-found', `There is no user ${id}.`);
  await publishChange(db, 'session', id);
}

/** The only user with this e-mail address, verified by a trusted provider; `undefined`: there is none, or several. */
export async function userByEmail(db: Knex, email: string): Promise<User | undefined> {
  const rows: UserRow[] = await db('foz.users')
    .whereRaw('lower(email) = lower(?)', [email])
    .where({ email_trusted: true })
    .limit(2);
  return rows.length === 1 ? userOf(rows[0]!) : undefined;
}

/** The identities of users. */
export async function identitiesOf(db: Knex, userIds: readonly string[]): Promise<Identity[]> {
  const rows: IdentityRow[] = await db('foz.identities')
    .whereIn('user_id', userIds)
    .orderBy(['provider', 'subject']);
  return rows.map(identityOf);
}

/** An identity; `undefined`: it is new. Holds it, so that of two sign-ins at once one makes the user and the other finds it. */
export async function findIdentity(db: Knex, key: IdentityKey): Promise<Identity | undefined> {
  const { provider, authority, subject } = key;
  await db.raw('select pg_advisory_xact_lock(?, hashtext(?))', [
    0x466f7a08,
    JSON.stringify([provider, authority, subject]),
  ]);
  const row: IdentityRow | undefined = await db('foz.identities')
    .where({ provider, authority, subject })
    .first();
  return row === undefined ? undefined : identityOf(row);
}

/** Adds an identity, or refreshes it. Where its rights have changed, all processes read the user's sessions again. */
export async function putIdentity(
  db: Knex,
  identity: Omit<Identity, 'lastSignedInAt'>,
  former: Identity | undefined,
): Promise<void> {
  const { provider, authority, subject, userId, name, email, emailVerified, defaultRole } = identity;
  const values = {
    user_id: userId,
    name,
    email,
    email_verified: emailVerified,
    roles: JSON.stringify(identity.roles),
    default_role: defaultRole,
    variables: JSON.stringify(identity.variables),
    last_signed_in_at: db.fn.now(),
  };
  await db('foz.identities')
    .insert({ provider, authority, subject, ...values })
    .onConflict(['provider', 'authority', 'subject'])
    .merge(values);
  const rights = (one: Pick<Identity, 'roles' | 'defaultRole' | 'variables'>) =>
    JSON.stringify([one.roles, one.defaultRole, one.variables]);
  if (former !== undefined && rights(former) !== rights(identity)) await publishChange(db, 'session', userId);
}

function userOf(row: UserRow): User {
  return {
    id: row.id,
    name: row.name,
    email: row.email,
    emailTrusted: row.email_trusted,
    roles: JSON.parse(row.roles),
    createdAt: row.created_at,
    lastSignedInAt: row.last_signed_in_at,
    disabledAt: row.disabled_at,
  };
}

function identityOf(row: IdentityRow): Identity {
  return {
    provider: row.provider,
    authority: row.authority,
    subject: row.subject,
    userId: row.user_id,
    name: row.name,
    email: row.email,
    emailVerified: row.email_verified,
    roles: JSON.parse(row.roles),
    defaultRole: row.default_role,
    variables: JSON.parse(row.variables),
    lastSignedInAt: row.last_signed_in_at,
  };
}
