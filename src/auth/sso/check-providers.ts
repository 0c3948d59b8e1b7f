import { checkRole, type Report } from '../check-parts.ts';
import { parseJsonPath } from '../json-path.ts';
import { isVariable, variableOf } from '../variables.ts';
import type { OidcConfig, ProviderConfig, RoleMapping, SignInConfig } from './config.ts';

/** Whether a host name means this machine. */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|(?:[a-z0-9-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i.test(host);
}

/** Reports problems of `auth.sign_in` that a JSON Schema cannot express. */
export function checkSignIn(
  { public_url: url, redirect_origins: origins = [] }: SignInConfig,
  report: Report,
): void {
  if (url !== undefined && !isServerUrl(url))
    report(
      ['sign_in', 'public_url'],
      'is no address of a server: it looks like https://foz.example.com; http is for localhost alone, since a session would be readable on its way',
    );
  origins.forEach((origin, at) => {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin)
      report(
        ['sign_in', 'redirect_origins', at],
        'is no origin: it looks like https://app.example.com, without a path',
      );
  });
}

function isServerUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, pathname, search, hash, username } = new URL(text);
  const isPlain = pathname === '/' && search === '' && hash === '' && username === '';
  return isPlain && (protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname)));
}

/** Reports problems of `auth.providers` that a JSON Schema cannot express. */
export function checkProviders(providers: readonly ProviderConfig[], report: Report): void {
  const names = new Set<string>();
  providers.forEach((provider, at) => {
    const inside: Report = (path, message) => report(['providers', at, ...path], message);
    if (names.has(provider.name)) inside(['name'], `two providers are called ${provider.name}`);
    names.add(provider.name);
    checkMapping(provider.roles ?? {}, inside);
    checkVariables(provider.variables ?? {}, inside);
    checkIcon(provider.icon, inside);
    checkOidc(provider, inside);
  });
}

function checkMapping({ everyone = [], rules = [], default: usual }: RoleMapping, report: Report): void {
  everyone.forEach((role, at) => {
    checkRole(role, ['roles', 'everyone', at], report);
  });
  if (usual !== undefined) checkRole(usual, ['roles', 'default'], report);
  rules.forEach(({ claim, is, one_of, email_domain, roles }, at) => {
    if (claim === undefined && email_domain === undefined)
      report(['roles', 'rules', at], 'needs "claim" or "email_domain": for everybody, use "everyone"');
    if (claim === undefined && (is !== undefined || one_of !== undefined))
      report(['roles', 'rules', at], 'has a value, but no "claim" to compare it with');
    if (claim !== undefined && parseJsonPath(claim) === undefined)
      report(['roles', 'rules', at, 'claim'], "is no path: it looks like $.groups or $['a name']");
    roles.forEach((role, index) => {
      checkRole(role, ['roles', 'rules', at, 'roles', index], report);
    });
  });
  const given = new Set([...everyone, ...rules.flatMap(({ roles }) => roles)]);
  if (usual !== undefined && given.size > 0 && !given.has(usual))
    report(['roles', 'default'], 'is given by no rule, so nobody could have it as a default');
}

function checkVariables(variables: Readonly<Record<string, unknown>>, report: Report): void {
  for (const [key, source] of Object.entries(variables)) {
    const name = variableOf(key);
    if (name === undefined) report(['variables', key], 'must begin with x-foz- or x-hasura-');
    else if (!isVariable(name)) report(['variables', key], 'cannot be set here: roles come from "roles"');
    if (typeof source !== 'object' || source === null || Array.isArray(source)) continue;
    const { path } = source as { readonly path?: unknown };
    if (typeof path !== 'string' || parseJsonPath(path) === undefined)
      report(['variables', key], "needs a path such as $.tenant, $.list[0] or $['a name']");
  }
}

function checkIcon(icon: string | undefined, report: Report): void {
  if (
    icon === undefined ||
    /^\/(?![/\\])/.test(icon) ||
    /^data:image\/(?:svg\+xml|png|webp|jpeg)[;,]/.test(icon)
  )
    return;
  if (!URL.canParse(icon) || new URL(icon).protocol !== 'https:')
    report(
      ['icon'],
      'is no image: give a path of this server (/icons/company.svg), an https URL, or data:image/...',
    );
}

function checkOidc(
  { issuer, insecure_url, client_secret, private_key, client_auth }: OidcConfig,
  report: Report,
): void {
  const url = URL.canParse(issuer) ? new URL(issuer) : null;
  if (
    url === null ||
    !/^https?:$/.test(url.protocol) ||
    url.username !== '' ||
    url.search !== '' ||
    url.hash !== ''
  )
    report(['issuer'], 'is no issuer: it looks like https://id.example.com, as the provider calls itself');
  else if (url.protocol === 'http:' && !isLoopback(url.hostname) && insecure_url !== true)
    report(
      ['issuer'],
      'is not https, so whoever sits between could sign anyone in: take https, or set insecure_url: true',
    );
  const how =
    client_auth ??
    (private_key !== undefined ? 'private_key_jwt' : client_secret !== undefined ? 'basic' : 'none');
  if (how === 'private_key_jwt' && private_key === undefined)
    report(['private_key'], 'is missing: private_key_jwt signs with it');
  if ((how === 'basic' || how === 'post') && client_secret === undefined)
    report(['client_secret'], `is missing: the client authenticates with it (client_auth: ${how})`);
  if (how !== 'private_key_jwt' && private_key !== undefined)
    report(['private_key'], `is not used with client_auth: ${how}`);
}
