import { checkRole, type Report } from '../check-parts.ts';
import { parseJsonPath } from '../json-path.ts';
import { isVariable, variableOf } from '../variables.ts';
import type { RoleMapping } from './common-config.ts';
import type { ProviderConfig, SignInConfig } from './config.ts';
import { checkLdap, ldapSettings } from './ldap/check.ts';
import { isLoopback } from './loopback.ts';
import { checkOidc, oidcSettings } from './oidc/check.ts';
import { checkSaml, samlSettings } from './saml/check.ts';

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
    checkProtocol(provider, inside);
  });
}

/** The settings of each protocol, besides those that all have. */
const settingsOf: { readonly [Name in ProviderConfig['protocol']]: ReadonlySet<string> } = {
  oidc: oidcSettings,
  ldap: ldapSettings,
  saml: samlSettings,
};

function checkProtocol(provider: ProviderConfig, report: Report): void {
  const { protocol } = provider;
  const others = Object.values(settingsOf).flatMap((settings) => [...settings]);
  for (const setting of new Set(others))
    if (!settingsOf[protocol].has(setting) && Object.hasOwn(provider, setting))
      report([setting], `is no setting of the protocol ${protocol}`);
  if (provider.protocol === 'ldap') checkLdap(provider, report);
  else if (provider.protocol === 'saml') checkSaml(provider, report);
  else checkOidc(provider, report);
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
