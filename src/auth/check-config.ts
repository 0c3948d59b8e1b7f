import proxyAddr from 'proxy-addr';
import { checkKeys } from './check-keys.ts';
import { type AuthProblem, checkRole, type Report } from './check-parts.ts';
import type { AuthConfig, IssuerConfig } from './config.ts';
import { parseJsonPath } from './json-path.ts';
import { publicKeyOf } from './jwt/issuer.ts';
import { leastSecretBytes, publicAlgorithms, secretAlgorithms } from './jwt/keys.ts';
import { checkProviders, checkSignIn } from './sso/check-providers.ts';
import { variableOf } from './variables.ts';

/** Checks of `auth` that a JSON Schema cannot express. The value has passed its schema. */
export function checkAuth(config: AuthConfig): AuthProblem[] {
  const problems: AuthProblem[] = [];
  const report: Report = (path, message) => problems.push({ path, message });
  checkAdminSecrets(config, report);
  checkIssuers(config.jwt ?? [], report);
  checkWebhook(config, report);
  checkKeys(config.api_keys ?? [], report);
  checkProviders(config.providers ?? [], report);
  checkSignIn(config.sign_in ?? {}, report);
  if (config.anonymous_role !== undefined) checkRole(config.anonymous_role, ['anonymous_role'], report);
  config.trusted_proxies?.forEach((entry, at) => {
    if (!isProxy(entry))
      report(['trusted_proxies', at], 'is no address, no CIDR, and none of loopback, linklocal, uniquelocal');
  });
  config.cookie_origins?.forEach((entry, at) => {
    if (!URL.canParse(entry) || new URL(entry).origin !== entry)
      report(['cookie_origins', at], 'is no origin: it looks like https://app.example.com, without a path');
  });
  return problems;
}

function checkAdminSecrets({ admin_secrets: secrets = [] }: AuthConfig, report: Report): void {
  const names = new Set<string>();
  const texts = new Set<string>();
  secrets.forEach((entry, at) => {
    const { name, secret } = typeof entry === 'string' ? { name: `admin-${at + 1}`, secret: entry } : entry;
    if (names.has(name)) report(['admin_secrets', at], `two admin secrets are called ${name}`);
    if (texts.has(secret)) report(['admin_secrets', at], 'is the same as another admin secret');
    if (secret.trim() !== secret || /[^\x21-\x7e]/.test(secret))
      report(
        ['admin_secrets', at],
        'must be of visible ASCII characters without blanks, so that a header can carry it',
      );
    names.add(name);
    texts.add(secret);
  });
}

function checkIssuers(issuers: readonly IssuerConfig[], report: Report): void {
  const seen = new Set<string | null>();
  issuers.forEach((issuer, at) => {
    if (seen.has(issuer.issuer))
      report(['jwt', at, 'issuer'], 'two entries have the same issuer: put their keys into one entry');
    seen.add(issuer.issuer);
    const inside: Report = (path, message) => report(['jwt', at, ...path], message);
    checkIssuerKeys(issuer, inside);
    checkClaims(issuer, inside);
    issuer.roles?.forEach((role, index) => {
      checkRole(role, ['roles', index], inside);
    });
  });
}

function checkIssuerKeys(issuer: IssuerConfig, report: Report): void {
  const { key, jwks_url, secret, algorithms } = issuer;
  const given = Object.entries({ key, jwks_url, secret }).filter(([, value]) => value !== undefined);
  if (given.length !== 1)
    report(
      [],
      `needs exactly one of "key", "jwks_url" and "secret", but has ${given.length === 0 ? 'none' : given.map(([name]) => name).join(' and ')}`,
    );
  const allowed = secret === undefined ? publicAlgorithms : secretAlgorithms;
  algorithms?.forEach((name, at) => {
    if (!allowed.includes(name))
      report(
        ['algorithms', at],
        `cannot be used with ${secret === undefined ? 'public keys' : 'a secret'}: take ${allowed.join(', ')}`,
      );
  });
  if (secret !== undefined) {
    const least = Math.max(...(algorithms ?? ['HS256']).map(leastSecretBytes));
    if (Buffer.byteLength(secret) < least)
      report(['secret'], `must have at least ${least} bytes for its algorithms`);
  }
  if (jwks_url !== undefined) checkUrl(jwks_url, issuer.insecure_url === true, ['jwks_url'], report);
  [key ?? []].flat().forEach((one, at) => {
    try {
      publicKeyOf(one);
    } catch (error) {
      const why = error instanceof TypeError ? error.message : 'it is neither PEM nor JWK';
      report(Array.isArray(key) ? ['key', at] : ['key'], `cannot be used: ${why}`);
    }
  });
}

function checkClaims(issuer: IssuerConfig, report: Report): void {
  const { claims_namespace_path: path, claims_map: map } = issuer;
  const given = ['claims_namespace', 'claims_namespace_path', 'claims_map'].filter((name) => name in issuer);
  if (given.length > 1) report([given[1]!], `cannot stand beside ${given[0]}: keep one of them`);
  if (path !== undefined && parseJsonPath(path) === undefined)
    report(['claims_namespace_path'], "is no path: it looks like $.name.other or $['a name']");
  for (const [name, source] of Object.entries(map ?? {})) {
    if (variableOf(name) === undefined) report(['claims_map', name], 'must begin with x-foz- or x-hasura-');
    if (typeof source !== 'object' || source === null || Array.isArray(source)) continue;
    const { path: inside } = source as { readonly path?: unknown };
    if (typeof inside !== 'string' || parseJsonPath(inside) === undefined)
      report(['claims_map', name], "needs a path such as $.name, $.list[0] or $['a name']");
  }
  const names = Object.keys(map ?? {}).map(variableOf);
  if (map !== undefined && !names.includes('allowed-roles') && !names.includes('default-role'))
    report(['claims_map'], 'needs x-foz-allowed-roles or x-foz-default-role');
}

function checkWebhook({ webhook, anonymous_role }: AuthConfig, report: Report): void {
  if (webhook === undefined) return;
  if (!URL.canParse(webhook.url) || !/^https?:$/.test(new URL(webhook.url).protocol))
    report(['webhook', 'url'], 'is no URL: it looks like https://auth.example.com/check');
  else refuseUser(new URL(webhook.url), ['webhook', 'url'], report);
  if (anonymous_role !== undefined)
    report(
      ['anonymous_role'],
      'cannot stand beside a webhook, which is asked about requests without credentials too: let it answer with the role',
    );
}

function checkUrl(text: string, insecure: boolean, path: readonly string[], report: Report): void {
  const url = URL.canParse(text) ? new URL(text) : null;
  const local = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(url?.hostname ?? '');
  if (url === null || !/^https?:$/.test(url.protocol))
    report(path, 'is no URL: it looks like https://issuer.example.com/jwks');
  else if (refuseUser(url, path, report)) return;
  else if (url.protocol === 'http:' && !local && !insecure)
    report(
      path,
      'is not https, so whoever sits between could give other keys: take https, or set insecure_url: true',
    );
}

/** Reports a URL with a user or a password: `fetch` rejects it, and its error message would contain them. */
function refuseUser({ username, password }: URL, path: readonly string[], report: Report): boolean {
  if (username === '' && password === '') return false;
  report(path, 'holds a user or a password, which are not sent: give a token in its path or its query');
  return true;
}

function isProxy(entry: string): boolean {
  try {
    proxyAddr.compile(entry);
    return true;
  } catch {
    return false;
  }
}
