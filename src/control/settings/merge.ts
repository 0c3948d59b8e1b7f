import {
  type AuthConfig,
  adminSecretsIn,
  type IssuerConfig,
  type ProviderConfig,
  type SignIns,
} from '../../auth/index.ts';
import type { CatalogIssue } from '../../catalog/index.ts';
import type { AllowListConfig, LimitSettings } from '../../views/index.ts';
import { firstSecretIn, firstSecretName } from './first-secret.ts';
import { withStored } from './general-names.ts';
import type { FileSettings, Settings, StoredSettings } from './settings.ts';

/** The effective settings: those of the file have precedence, the store adds to them. */
export function mergeSettings(file: FileSettings, stored: StoredSettings): Settings {
  const issues: CatalogIssue[] = [];
  const config = withStored(file, stored.general);
  const { auth, server, allow_list: lists = [] } = config;
  return {
    config,
    signIns: auth === undefined ? null : mergedSignIns(auth, stored, issues),
    firstSecret: firstSecretIn(stored),
    limits: mergedLimits(server?.limits ?? {}, stored),
    allowLists: mergedLists(lists, stored),
    issues,
  };
}

function mergedSignIns(auth: AuthConfig, stored: StoredSettings, issues: CatalogIssue[]): SignIns {
  const webhook = auth.webhook ?? stored.webhook ?? undefined;
  const anonymous = auth.anonymous_role ?? stored.anonymousRole ?? undefined;
  const isBoth = webhook !== undefined && anonymous !== undefined;
  if (isBoth) issues.push(left('anonymous role', 'the webhook decides about requests without credentials'));
  return {
    jwt: mergedIssuers(auth.jwt ?? [], stored, issues),
    providers: mergedProviders(auth.providers ?? [], stored, issues),
    sign_in: auth.sign_in,
    webhook: isBoth && auth.webhook === undefined && auth.anonymous_role !== undefined ? undefined : webhook,
    anonymous_role: isBoth && auth.anonymous_role === undefined ? undefined : anonymous,
    cookie_origins: auth.cookie_origins ?? stored.cookieOrigins ?? undefined,
    trusted_proxies: auth.trusted_proxies,
    adminSecrets: adminSecretsIn(auth, storedSecrets(auth, stored)),
  };
}

/** The admin secrets of the store. The one of the first start is valid only where the file has none. */
function storedSecrets({ admin_secrets: declared }: AuthConfig, { adminSecrets }: StoredSettings) {
  return adminSecrets.flatMap(({ name, sha256 }) =>
    sha256 === null || (name === firstSecretName && declared !== undefined) ? [] : [{ name, sha256 }],
  );
}

function mergedIssuers(
  declared: readonly IssuerConfig[],
  { issuers }: StoredSettings,
  issues: CatalogIssue[],
): IssuerConfig[] {
  const all = [...declared];
  for (const { name, config } of issuers)
    if (all.some(({ issuer }) => issuer === config.issuer))
      issues.push(left(`issuer ${name}`, `another entry has the issuer ${config.issuer} already`));
    else all.push(config);
  return all;
}

function mergedProviders(
  declared: readonly ProviderConfig[],
  { providers }: StoredSettings,
  issues: CatalogIssue[],
): ProviderConfig[] {
  const all = [...declared];
  for (const { name, config } of providers)
    if (declared.some((one) => one.name === name))
      issues.push(left(`provider ${name}`, 'the configuration file has a provider of this name'));
    else all.push(config);
  return all;
}

function left(where: string, reason: string): CatalogIssue {
  return { severity: 'error', where, reason: `is left out: ${reason}` };
}

function mergedLimits({ roles = {}, ...all }: LimitSettings, { limits }: StoredSettings): LimitSettings {
  const names = new Set([...limits.keys(), ...Object.keys(roles)].filter((name) => name !== ''));
  const merged = [...names].map((role) => [role, { ...limits.get(role), ...roles[role] }] as const);
  return {
    ...limits.get(''),
    ...all,
    ...(merged.length === 0 ? {} : { roles: Object.fromEntries(merged) }),
  };
}

function mergedLists(
  declared: readonly AllowListConfig[],
  { modes, operations }: StoredSettings,
): AllowListConfig[] {
  const stored = [...modes].filter(([role]) => !declared.some((list) => list.role === role));
  return [
    ...declared,
    ...stored.map(([role, mode]) => ({
      role,
      mode,
      operations: operations.filter((one) => one.role === role).map(({ document }) => document),
    })),
  ];
}
