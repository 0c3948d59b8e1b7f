import { ExactNumber, parseRoleName, type RoleName } from '../../core/index.ts';
import { follow, parseJsonPath } from '../json-path.ts';
import { isVariable, variableOf, variableText } from '../variables.ts';
import type { CommonProviderConfig, RoleRule } from './common-config.ts';
import type { Identified } from './contract.ts';
import { SignInRefused } from './refused.ts';

/** The rights that the rules of a provider give a person. */
export interface Mapped {
  readonly roles: readonly RoleName[];
  /** `null`: the rules name none that the person has. */
  readonly defaultRole: RoleName | null;
  /** Names without prefix. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Most variables, the longest text of one, and most characters of an e-mail address. */
const limits = { variables: 100, text: 16 * 1024, email: 320 };

/** Applies the rules of a provider. Throws SignInRefused for a variable that cannot be one. It gives no roles where no rule applies. */
export function mapped(
  { roles: { everyone = [], rules = [], default: usual } = {}, variables = {} }: CommonProviderConfig,
  person: Identified,
): Mapped {
  const names = [...everyone, ...rules.filter((rule) => applies(rule, person)).flatMap(({ roles }) => roles)];
  const roles = [...new Set(names)].map(parseRoleName).filter((role) => role !== undefined);
  return {
    roles,
    defaultRole: roles.find((role) => role === usual) ?? null,
    variables: Object.fromEntries([...variablesOf(person), ...entriesOf(variables, person)]),
  };
}

/** The domain of an e-mail address in lower case; `null`: the text is no address. */
export function emailDomain(email: string | null): string | null {
  if (email === null || email.length > limits.email) return null;
  return /^[^@\s\0]+@([^@\s\0]+)$/.exec(email)?.[1]?.toLowerCase() ?? null;
}

function applies({ claim, is, one_of, email_domain: domain }: RoleRule, person: Identified): boolean {
  if (domain !== undefined && !(person.emailVerified && emailDomain(person.email) === domain.toLowerCase()))
    return false;
  if (claim === undefined) return domain !== undefined;
  const value = follow(person.claims, parseJsonPath(claim) ?? []);
  const values = Array.isArray(value) ? value : [value];
  const wanted = [...(is === undefined ? [] : [is]), ...(one_of ?? [])];
  if (wanted.length === 0)
    return values.some((one) => one !== null && one !== undefined && one !== false && one !== '');
  return values.some((one) => wanted.some((each) => isSame(one, each)));
}

/** Numbers are compared by their digits, since a claim may be a number that a double cannot hold. */
function isSame(value: unknown, wanted: string | number | boolean): boolean {
  if (typeof wanted === 'number')
    return (typeof value === 'number' || value instanceof ExactNumber) && String(value) === String(wanted);
  return value === wanted;
}

function* variablesOf({ email, emailVerified }: Identified): Generator<[string, string]> {
  // An address that nobody has verified could be anyone's, so rules of rows must not rely on it.
  if (email !== null && emailVerified) yield ['email', email];
}

function entriesOf(sources: Readonly<Record<string, unknown>>, { claims }: Identified): [string, string][] {
  const entries = Object.entries(sources).flatMap(([key, source]): [string, string][] => {
    const name = variableOf(key);
    if (name === undefined || !isVariable(name)) return [];
    const text = variableText(sourceValue(source, claims));
    return text === undefined ? [] : [[name, text]];
  });
  if (entries.length > limits.variables || entries.some(([, text]) => text.length > limits.text))
    throw new SignInRefused('answer', 'a session variable is too long');
  return entries;
}

function sourceValue(source: unknown, claims: Identified['claims']): unknown {
  if (typeof source !== 'object' || source === null || Array.isArray(source)) return source;
  const { path, default: fallback } = source as { readonly path: string; readonly default?: unknown };
  return follow(claims, parseJsonPath(path) ?? []) ?? fallback;
}
