import type { Report } from '../../check-parts.ts';
import type { OidcConfig } from '../config.ts';
import { isLoopback } from '../loopback.ts';

/** The settings of OpenID Connect. */
export const oidcSettings: ReadonlySet<string> = new Set([
  'issuer',
  'insecure_url',
  'client_id',
  'client_secret',
  'private_key',
  'client_auth',
  'scopes',
  'userinfo',
  'id_token_algorithm',
  'prompt',
  'max_age',
  'acr_values',
  'clock_skew',
] satisfies (keyof OidcConfig)[]);

/** Reports problems of a provider of OpenID Connect that a JSON Schema cannot express. */
export function checkOidc(
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
