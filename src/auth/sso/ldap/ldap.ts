import { randomBytes } from 'node:crypto';
import type { Entry } from 'ldapts';
import type { GuardedSockets } from '../../../outbound/index.ts';
import type { Begun, Identified, ProviderAnswer, SignInProtocol } from '../contract.ts';
import { unavailable } from '../unavailable.ts';
import { type LdapConfig, userFilters } from './config.ts';
import type { Connection } from './connection.ts';
import { Directory, type Open } from './directory.ts';
import { subjectOf, valuesOf } from './entry.ts';
import { dnValue, filterValue, normalDn, withUsername } from './escape.ts';
import { groupsOf } from './groups.ts';
import { refusalOfBind, wrong } from './refusal.ts';

/** Most characters of a name and of a password. */
const longest = { username: 256, password: 1_024, text: 320 } as const;

/**
 * A directory: an account that may search finds the entry of the person, and a bind as that entry proves the password. Someone unknown costs the
 * server the same messages as a wrong password.
 */
export class Ldap implements SignInProtocol {
  readonly authority: string;
  readonly asks = 'password';
  readonly #config: LdapConfig;
  readonly #directory: Directory;

  constructor(config: LdapConfig, sockets: GuardedSockets) {
    this.authority = `ldap:${normalDn(config.base_dn)}`;
    this.#config = config;
    this.#directory = new Directory(config, sockets);
  }

  begin(): Promise<Begun> {
    return Promise.resolve({ url: null, kept: {} });
  }

  async finish({ form }: ProviderAnswer): Promise<Identified> {
    const { name } = this.#config;
    const username = form?.get('username')?.trim() ?? '';
    const password = form?.get('password') ?? '';
    if (username === '' || username.length > longest.username || /\p{Cc}/u.test(username))
      throw wrong(name, 'no name that an account could have');
    if (password === '' || password.length > longest.password || password.includes('\0'))
      throw wrong(name, 'no password that an account could have');
    return this.#directory.use((open) =>
      this.#config.user_dn === undefined
        ? this.#searched(open, username, password)
        : this.#direct(open, this.#config.user_dn, username, password),
    );
  }

  async #searched(open: Open, username: string, password: string): Promise<Identified> {
    const { bind_dn, bind_password, base_dn, name } = this.#config;
    const searching = await open();
    if (bind_dn !== undefined) await searching.bind(bind_dn, bind_password ?? '');
    const template = this.#config.user_filter ?? userFilters[this.#isActive ? 'activeDirectory' : 'plain'];
    const filter = withUsername(template, username, filterValue);
    const found = await searching.search(base_dn, filter, this.#attributes, { most: 2 });
    const entry = found.length === 1 ? found[0] : undefined;
    // Without such a bind, the time of the answer would tell who has an account.
    const dn = entry?.dn ?? `cn=${randomBytes(16).toString('hex')},${base_dn}`;
    await this.#prove(await open(), dn, password, entry !== undefined);
    if (entry === undefined)
      throw wrong(name, found.length === 0 ? 'no such account' : 'several accounts match');
    return this.#identified(searching, entry, username);
  }

  async #direct(open: Open, template: string, username: string, password: string): Promise<Identified> {
    const own = await open();
    const dn = withUsername(template, username, dnValue);
    await this.#prove(own, dn, password, true);
    const [entry] = await own.search(dn, '(objectClass=*)', this.#attributes, { scope: 'base' });
    if (entry === undefined) throw unavailable(this.#config.name, 'people may not read their own entry');
    return this.#identified(own, entry, username);
  }

  async #prove(connection: Connection, dn: string, password: string, isKnown: boolean): Promise<void> {
    try {
      await connection.bind(dn, password);
    } catch (error) {
      const refusal = refusalOfBind(error, this.#config.name);
      if (refusal === null) throw error;
      if (isKnown) throw refusal;
    }
  }

  async #identified(connection: Connection, entry: Entry, username: string): Promise<Identified> {
    const { name, attributes = {}, claims = [], email_verified = false } = this.#config;
    const subject = subjectOf(entry, this.#subject);
    if (subject === null)
      throw unavailable(
        name,
        `the entry has no ${this.#subject}: set attributes.subject, and let the account read it`,
      );
    const one = (attribute: string) => valuesOf(entry, attribute)[0]?.slice(0, longest.text) ?? null;
    const email = one(attributes.email ?? 'mail');
    const groups = await groupsOf(connection, this.#config, entry);
    const more = claims.map((claim): [string, unknown] => {
      const values = valuesOf(entry, claim);
      return [claim, values.length > 1 ? values : (values[0] ?? null)];
    });
    return {
      subject,
      name: one(attributes.name ?? (this.#isActive ? 'displayName' : 'cn')),
      email,
      emailVerified: email !== null && email_verified,
      claims: {
        ...Object.fromEntries(more),
        ...{ username, dn: entry.dn, email, groups: groups.names, group_dns: groups.dns },
      },
    };
  }

  get #isActive(): boolean {
    return this.#config.active_directory ?? false;
  }

  get #subject(): string {
    return this.#config.attributes?.subject ?? (this.#isActive ? 'objectGUID' : 'entryUUID');
  }

  /** The attributes that are read: only those that the configuration uses. */
  get #attributes(): readonly string[] {
    const { attributes = {}, claims = [], groups } = this.#config;
    const { name = this.#isActive ? 'displayName' : 'cn', email = 'mail' } = attributes;
    const ofGroups = groups === undefined ? [] : ['memberOf', 'uid', 'gidNumber'];
    return [...new Set([this.#subject, name, email, ...ofGroups, ...claims])];
  }
}
