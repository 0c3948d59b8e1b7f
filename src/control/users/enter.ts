import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import {
  emailDomain,
  type Identified,
  type Mapped,
  mapped,
  mintSession,
  type ProviderConfig,
  SignInRefused,
  sessionHash,
} from '../../auth/index.ts';
import {
  endSessions,
  findIdentity,
  insertSession,
  insertUser,
  putIdentity,
  readUser,
  type User,
  updateUser,
  useAnswer,
  userByEmail,
} from '../../store/index.ts';
import type { ControlPlane } from '../plane.ts';
import { type SessionTimes, sessionTimes } from './session-times.ts';

/** A person who has proved at a provider who they are, and the request that brought the proof. */
export interface Arrival {
  readonly provider: ProviderConfig;
  readonly authority: string;
  readonly person: Identified;
  /** The answer of the provider, which counts once. */
  readonly answer: { readonly id: string; readonly until: Date };
  /** The secret of the session that the browser had before; `null`: none. It ends, so that nobody else can know the new one. */
  readonly formerSecret: string | null;
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly requestId: string;
}

/** A session that has begun. Its secret is shown to the browser alone. */
export interface Entered {
  readonly secret: string;
  readonly user: User;
  readonly times: SessionTimes;
}

/** Longest stored name of a browser. */
const longestAgent = 300;

/**
 * Lets a person in: finds or makes the user, refreshes what the provider says, begins a session, and records it in the audit log, all in one
 * transaction. Rejects with SignInRefused for a person without a role, without an account where none is made, or with a disabled account.
 */
export async function enter(
  plane: ControlPlane,
  arrival: Arrival,
  session: Parameters<typeof sessionTimes>[0],
): Promise<Entered> {
  const { provider, authority, person, answer } = arrival;
  const rights = mapped(provider, person);
  const times = sessionTimes(session);
  const secret = mintSession();
  const sealed =
    person.endHint === undefined
      ? null
      : await plane.sealer.seal({ hint: person.endHint }, 'end-hint', times.lifetimeMs / 1000);
  const entered = await plane.store.write(async (db): Promise<User | SignInRefused> => {
    if (!(await useAnswer(db, `${provider.name} ${answer.id}`, answer.until)))
      throw new SignInRefused('attempt', 'the answer was used before');
    const key = { provider: provider.name, authority, subject: person.subject };
    const identity = await findIdentity(db, key);
    const user =
      identity === undefined
        ? await newcomer(db, arrival, rights)
        : await readUser(db, identity.userId, true);
    const { name, email, emailVerified } = person;
    await putIdentity(db, { ...key, ...rights, userId: user.id, name, email, emailVerified }, identity);
    // Returned, not thrown: the rights that the provider no longer gives are taken from the user's other sessions.
    if (user.disabledAt !== null) return new SignInRefused('disabled', `user ${user.id} is disabled`);
    if (rights.roles.length + user.roles.length === 0) return noRole(person);
    await updateUser(db, user.id, { ...contactOf(provider, person, user), lastSignedInAt: new Date() });
    if (arrival.formerSecret !== null) await endSessions(db, { hash: sessionHash(arrival.formerSecret) });
    const id = randomUUID();
    await insertSession(db, {
      ...key,
      ...times,
      id,
      hash: sessionHash(secret),
      userId: user.id,
      providerSession: person.providerSession ?? null,
      endHint: sealed,
      address: arrival.address,
      userAgent: arrival.userAgent?.slice(0, longestAgent) ?? null,
    });
    await plane.audit?.appendWithin(db, {
      kind: 'sign-in',
      actor: { kind: 'user', id: user.id, role: rights.defaultRole },
      operation: `session.begin ${provider.name}`,
      address: arrival.address,
      requestId: arrival.requestId,
      after: { session: id, provider: provider.name, subject: person.subject },
      outcome: 'success',
    });
    return user;
  });
  // Sessions that ended or lost roles do so before the answer.
  await plane.store.settled();
  if (entered instanceof SignInRefused) throw entered;
  return { secret, user: entered, times };
}

/** The user of a person who is new at a provider: one with the same trusted address, or a new one. */
async function newcomer(db: Knex, { provider, person }: Arrival, rights: Mapped): Promise<User> {
  const { name, email } = person;
  const isTrusted = trusts(provider, person);
  const known = isTrusted ? await userByEmail(db, email!) : undefined;
  if (known !== undefined) return readUser(db, known.id, true);
  if (provider.create_users === false)
    throw new SignInRefused('unknown', `no user for the subject ${JSON.stringify(person.subject)}`);
  if (rights.roles.length === 0) throw noRole(person);
  const id = randomUUID();
  await insertUser(db, { id, name, email, emailTrusted: isTrusted });
  return readUser(db, id);
}

/** Whether the provider has verified the address and is trusted for its domain. An address alone says nothing: anybody can enter one. */
function trusts(
  { link_domains: domains = [] }: ProviderConfig,
  { email, emailVerified }: Identified,
): boolean {
  const domain = emailDomain(email);
  return emailVerified && domain !== null && domains.some((one) => one.toLowerCase() === domain);
}

/** Name and address as the provider says; an address that a trusted provider has verified is not replaced by another one. */
function contactOf(provider: ProviderConfig, person: Identified, user: User) {
  const emailTrusted = trusts(provider, person);
  const { name, email } = person;
  return {
    ...(name === null ? {} : { name }),
    ...(email !== null && (emailTrusted || !user.emailTrusted) ? { email, emailTrusted } : {}),
  };
}

function noRole({ subject }: Identified): SignInRefused {
  return new SignInRefused('role', `no role for the subject ${JSON.stringify(subject)}`);
}
