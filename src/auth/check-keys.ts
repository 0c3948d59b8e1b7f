import { isNetwork } from '../core/index.ts';
import { keyPrefix } from './api-keys/format.ts';
import { checkRole, type Report } from './check-parts.ts';
import type { DeclaredKeyConfig } from './config.ts';
import { variableOf } from './variables.ts';

/** Reports problems of the API keys in the configuration. */
export function checkKeys(keys: readonly DeclaredKeyConfig[], report: Report): void {
  const names = new Set<string>();
  const prefixes = new Set<string>();
  keys.forEach((key, at) => {
    const inside: Report = (path, message) => report(['api_keys', at, ...path], message);
    if (names.has(key.name)) inside(['name'], `two API keys are called ${key.name}`);
    names.add(key.name);
    for (const [path, secret] of [[[], key] as const, [['previous'], key.previous] as const]) {
      const prefix = secret === undefined ? undefined : checkSecret(secret, path, inside);
      if (prefix !== undefined && prefixes.has(prefix)) inside(path, 'has the prefix of another API key');
      if (prefix !== undefined) prefixes.add(prefix);
    }
    checkKeyRules(key, inside);
  });
}

function checkSecret(
  { key, prefix, hash }: Pick<DeclaredKeyConfig, 'key' | 'prefix' | 'hash'>,
  path: readonly string[],
  report: Report,
): string | undefined {
  if (
    (key === undefined) === (prefix === undefined || hash === undefined) ||
    (key !== undefined && (prefix ?? hash) !== undefined)
  ) {
    report(path, 'needs either "key", or "prefix" and "hash"');
    return undefined;
  }
  if (key === undefined) return prefix;
  const found = keyPrefix(key);
  if (found === undefined)
    report([...path, 'key'], 'has not the form of an API key: take one that Foz has made, complete');
  return found;
}

function checkKeyRules(key: DeclaredKeyConfig, report: Report): void {
  if (/\p{Cc}/u.test(key.name)) report(['name'], 'must not hold control characters');
  key.scopes?.sources?.forEach((pattern, at) => {
    if (pattern.includes('.'))
      report(['scopes', 'sources', at], 'names no source: a source has no "." in it');
  });
  key.scopes?.tables?.forEach((pattern, at) => {
    if (!/^[^.]+\.[^.]+(?:\.[^.]+)?$/.test(pattern))
      report(['scopes', 'tables', at], 'must be source.table or source.namespace.table');
  });
  key.roles.forEach((role, at) => {
    checkRole(role, ['roles', at], report);
  });
  if (key.default_role !== undefined && !key.roles.includes(key.default_role))
    report(['default_role'], 'is not among its roles');
  key.networks?.forEach((entry, at) => {
    if (!isNetwork(entry))
      report(['networks', at], 'is no address and no CIDR such as 10.0.0.0/8 or 2001:db8::/32');
  });
  for (const name of Object.keys(key.variables ?? {}))
    if (variableOf(`x-foz-${name}`) !== name || /^x-(?:foz|hasura)-/.test(name))
      report(['variables', name], 'must be lower case and without x-foz-, as user-id');
  if (key.expires_at !== undefined) checkTime(key.expires_at, ['expires_at'], report);
  if (key.previous !== undefined) checkTime(key.previous.until, ['previous', 'until'], report);
}

function checkTime(text: string, path: readonly string[], report: Report): void {
  const form = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/;
  if (!form.test(text) || Number.isNaN(Date.parse(text)))
    report(path, 'is no time: it looks like 2030-01-31T00:00:00Z');
}
