import type { Entry } from 'ldapts';
import { unavailable } from '../unavailable.ts';
import type { LdapConfig } from './config.ts';
import type { Connection } from './connection.ts';
import { valuesOf } from './entry.ts';
import { filterValue, firstValue, isBelow, normalDn } from './escape.ts';

/** The groups of a person, by name and by DN. */
export interface Groups {
  readonly names: readonly string[];
  readonly dns: readonly string[];
}

/** Most groups of a person, levels of groups in groups, and groups that one search asks for. */
const limits = { groups: 2_000, levels: 20, atOnce: 50 } as const;
/** The rule by which Active Directory follows groups in groups itself. */
const inChain = '1.2.840.113556.1.4.1941';

/** Reads the groups of a person. Rejects with FozError `unavailable` for more groups than can be followed: roles would be missing. */
export function groupsOf(connection: Connection, config: LdapConfig, person: Entry): Promise<Groups> {
  const { groups } = config;
  if (groups === undefined) return Promise.resolve({ names: [], dns: [] });
  const { by = config.active_directory === true ? 'member' : 'member_of' } = groups;
  const search = new GroupSearch(connection, config);
  if (by === 'posix') return search.posix(person);
  return by === 'member' ? search.byMember(person.dn) : search.byMemberOf(valuesOf(person, 'memberOf'));
}

class GroupSearch {
  readonly #connection: Connection;
  readonly #config: LdapConfig;
  /** By normal DN: the name of the group, `null` without one. */
  readonly #found = new Map<string, { readonly dn: string; readonly name: string | null }>();

  constructor(connection: Connection, config: LdapConfig) {
    this.#connection = connection;
    this.#config = config;
  }

  async posix(person: Entry): Promise<Groups> {
    const members = valuesOf(person, 'uid').map((uid) => `(memberUid=${filterValue(uid)})`);
    const primary = valuesOf(person, 'gidNumber').map((id) => `(gidNumber=${filterValue(id)})`);
    const any = [...members, ...primary].join('');
    if (any !== '') this.#add(await this.#search(`(&(objectClass=posixGroup)(|${any}))`));
    return this.#result();
  }

  async byMember(dn: string): Promise<Groups> {
    const { active_directory: isActive = false } = this.#config;
    if (isActive) {
      const rule = this.#isNested ? `:${inChain}:` : '';
      this.#add(await this.#search(`(&(objectClass=group)(member${rule}=${filterValue(dn)}))`));
      return this.#result();
    }
    let newest: readonly string[] = [dn];
    for (let level = 0; newest.length > 0; level++) {
      if (level > limits.levels) throw this.#tooMany();
      const next: string[] = [];
      for (const some of chunks(newest)) {
        const any = some.map(filterValue).map((value) => `(member=${value})(uniqueMember=${value})`);
        next.push(...this.#add(await this.#search(`(|${any.join('')})`)));
      }
      newest = this.#isNested ? next : [];
    }
    return this.#result();
  }

  async byMemberOf(dns: readonly string[]): Promise<Groups> {
    let newest = dns;
    for (let level = 0; newest.length > 0; level++) {
      if (level > limits.levels) throw this.#tooMany();
      const next: string[] = [];
      for (const some of chunks(newest.filter((dn) => !this.#found.has(normalDn(dn)))))
        for (const entry of await Promise.all(some.map((dn) => this.#read(dn)))) {
          this.#add([entry]);
          next.push(...valuesOf(entry, 'memberOf'));
        }
      newest = this.#isNested ? next : [];
    }
    return this.#result();
  }

  get #isNested(): boolean {
    return this.#config.groups?.nested ?? true;
  }

  get #name(): string {
    return this.#config.groups?.name ?? 'cn';
  }

  get #base(): string {
    return this.#config.groups?.base_dn ?? this.#config.base_dn;
  }

  #search(filter: string): Promise<readonly Entry[]> {
    return this.#connection.search(this.#base, filter, [this.#name], { most: limits.groups + 1 });
  }

  /** A group, which the searching account need not be allowed to read. */
  async #read(dn: string): Promise<Entry> {
    const attributes = [this.#name, 'memberOf'];
    const found = await this.#connection
      .search(dn, '(objectClass=*)', attributes, { scope: 'base' })
      .catch((error: { readonly code?: unknown }) => {
        if (error.code === 32 || error.code === 50) return [];
        throw error;
      });
    return found[0] ?? { dn };
  }

  /** Keeps groups. Returns the DNs of those that are new. */
  #add(entries: readonly Entry[]): string[] {
    const fresh = entries.filter(({ dn }) => !this.#found.has(normalDn(dn)));
    for (const entry of fresh) {
      const name = valuesOf(entry, this.#name)[0] ?? firstValue(entry.dn, this.#name);
      this.#found.set(normalDn(entry.dn), { dn: entry.dn, name });
    }
    if (this.#found.size > limits.groups) throw this.#tooMany();
    return fresh.map(({ dn }) => dn);
  }

  #result(): Groups {
    // Groups elsewhere are followed, since groups below the base may contain them, but do not count.
    const all = [...this.#found.values()].filter(({ dn }) => isBelow(dn, this.#base));
    return { names: [...new Set(all.flatMap(({ name }) => name ?? []))], dns: all.map(({ dn }) => dn) };
  }

  #tooMany(): Error {
    const why = `more than ${limits.groups} groups, or ${limits.levels} levels of groups in groups`;
    return unavailable(this.#config.name, why);
  }
}

function* chunks(all: readonly string[]): Generator<readonly string[]> {
  for (let from = 0; from < all.length; from += limits.atOnce) yield all.slice(from, from + limits.atOnce);
}
