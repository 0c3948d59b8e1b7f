import type { Report } from '../../check-parts.ts';
import { isLoopback } from '../loopback.ts';
import type { LdapConfig } from './config.ts';

/** The settings of LDAP. */
export const ldapSettings: ReadonlySet<string> = new Set([
  'servers',
  'start_tls',
  'insecure_url',
  'ca',
  'active_directory',
  'bind_dn',
  'bind_password',
  'base_dn',
  'user_filter',
  'user_dn',
  'attributes',
  'claims',
  'email_verified',
  'groups',
  'timeout_seconds',
] satisfies (keyof LdapConfig)[]);

const place = '{username}';

/** Reports problems of a directory that a JSON Schema cannot express. */
export function checkLdap(config: LdapConfig, report: Report): void {
  config.servers.forEach((server, at) => {
    checkServer(server, config, (message) => report(['servers', at], message));
  });
  const { bind_dn, bind_password, user_dn, user_filter, claims = [], ca } = config;
  if (bind_dn !== undefined && bind_password === undefined)
    report(['bind_password'], 'is missing: a bind without a password is an anonymous one');
  if (bind_password !== undefined && bind_dn === undefined)
    report(['bind_dn'], 'is missing: bind_password is the password of an account');
  if (user_dn !== undefined && !user_dn.includes(place))
    report(['user_dn'], `needs ${place}, such as uid=${place},ou=people,dc=example,dc=com`);
  if (user_dn !== undefined && (bind_dn !== undefined || user_filter !== undefined))
    report(['user_dn'], 'cannot stand beside bind_dn and user_filter: with it, nobody is searched');
  if (user_filter !== undefined) checkFilter(user_filter, report);
  if (ca !== undefined && !ca.includes('-----BEGIN CERTIFICATE-----'))
    report(['ca'], 'is no certificate in PEM: it begins with -----BEGIN CERTIFICATE-----');
  claims.forEach((claim, at) => {
    if (/^(?:userPassword|unicodePwd)$/i.test(claim))
      report(['claims', at], 'is a password, which Foz does not read');
  });
}

function checkServer(
  server: string,
  { start_tls, insecure_url }: LdapConfig,
  report: (message: string) => void,
): void {
  const url = URL.canParse(server) ? new URL(server) : null;
  const isPlain = url?.protocol === 'ldap:';
  if (
    url === null ||
    !/^ldaps?:$/.test(url.protocol) ||
    url.hostname === '' ||
    !/^\/?$/.test(url.pathname) ||
    url.username + url.password + url.search + url.hash !== ''
  )
    report(
      'is no server: it looks like ldaps://ldap.example.com, with a port where it is another than the usual one',
    );
  else if (!isPlain && start_tls === true)
    report('is encrypted from its start: start_tls is for ldap: servers');
  else if (isPlain && start_tls !== true && insecure_url !== true && !isLoopback(url.hostname))
    report('is not encrypted, so passwords could be read on their way: take ldaps:, or set start_tls: true');
}

/** Refuses filters whose parentheses do not match, since the name of a person could then change their meaning. */
function checkFilter(filter: string, report: Report): void {
  let depth = 0;
  const isWhole = [...filter].every((character, at) => {
    if (character === '(') depth++;
    if (character === ')') depth--;
    return depth > 0 || at === filter.length - 1;
  });
  if (!filter.startsWith('(') || depth !== 0 || !isWhole)
    report(['user_filter'], 'is no filter: it looks like (&(objectClass=person)(uid={username}))');
  else if (!filter.includes(`=${place}`))
    report(['user_filter'], `needs ${place} as the value of an attribute`);
}
