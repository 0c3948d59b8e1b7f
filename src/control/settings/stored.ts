import type { Knex } from 'knex';
import type { LimitsConfig } from '../../access/index.ts';
import {
  type IssuerConfig,
  type ProviderConfig,
  providerSecrets,
  type WebhookConfig,
} from '../../auth/index.ts';
import { listOperations, storedIssuers, storedProviders, storedSettings } from '../../store/index.ts';
import type { ControlPlane } from '../plane.ts';
import type { AllowListMode, StoredIssuer, StoredProvider, StoredSettings } from './settings.ts';

/** Names of settings in the store. */
export const settingNames = {
  anonymousRole: 'anonymous-role',
  webhook: 'webhook',
  cookieOrigins: 'cookie-origins',
  adminSecret: (name: string) => `admin-secret/${name}`,
  limits: (role: string | null) => `limits/${role ?? ''}`,
  allowList: (role: string) => `allow-list/${role}`,
  general: (name: string) => `general/${name}`,
} as const;

/** Ids of encrypted settings. */
export const settingSecrets = {
  issuer: (name: string) => `issuer/${name}/secret`,
  provider: (name: string, member: string) => `provider/${name}/${member}`,
  webhookUrl: 'webhook/url',
} as const;

/** All settings of the store, read in one snapshot. */
export async function readStored({ store, secrets }: ControlPlane): Promise<StoredSettings> {
  const [issuers, providers, operations, settings] = await store.read((db) =>
    Promise.all([
      storedIssuers.list(db),
      storedProviders.list(db),
      listOperations(db),
      storedSettings.list(db),
    ]),
  );
  const secret = async (id: string) => (await secrets.get(id))?.reveal();
  const named = new Map(settings.map(({ name, config }) => [name, config]));
  const below = <T>(prefix: string) =>
    [...named].flatMap(([name, config]): [string, T][] =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), config as T]] : [],
    );
  const webhook = named.get(settingNames.webhook) as Omit<WebhookConfig, 'url'> | undefined;
  const url = webhook === undefined ? undefined : await secret(settingSecrets.webhookUrl);
  return {
    issuers: await Promise.all(
      issuers.map(async ({ name, config, revision }): Promise<StoredIssuer> => {
        const hidden = await secret(settingSecrets.issuer(name));
        const open = config as IssuerConfig;
        return { name, revision, config: hidden === undefined ? open : { ...open, secret: hidden } };
      }),
    ),
    providers: await Promise.all(
      providers.map(async ({ name, config, revision }): Promise<StoredProvider> => {
        const members = await Promise.all(
          providerSecrets.map(async (member) => [
            member,
            await secret(settingSecrets.provider(name, member)),
          ]),
        );
        const hidden = Object.fromEntries(members.filter(([, value]) => value !== undefined));
        return { name, revision, config: { ...(config as ProviderConfig), ...hidden } };
      }),
    ),
    anonymousRole: (named.get(settingNames.anonymousRole) as string | undefined) ?? null,
    webhook: url === undefined ? null : { ...webhook, url },
    cookieOrigins: (named.get(settingNames.cookieOrigins) as string[] | undefined) ?? null,
    adminSecrets: below<{ sha256: string | null }>(settingNames.adminSecret('')).map(
      ([name, { sha256 }]) => ({
        name,
        sha256,
      }),
    ),
    limits: new Map(below<LimitsConfig>(settingNames.limits(null))),
    modes: new Map(below<AllowListMode>(settingNames.allowList(''))),
    operations,
    general: new Map(below<unknown>(settingNames.general(''))),
    revisions: new Map(settings.map(({ name, revision }) => [name, revision])),
  };
}

/**
 * Writes a setting, or removes it (`null`). Rejects with FozError `conflict` when it was changed since it was read, or since the `expected`
 * revision.
 */
export async function writeSetting(
  transaction: Knex,
  { revisions }: StoredSettings,
  name: string,
  config: unknown,
  expected?: number | null,
): Promise<void> {
  const revision = expected ?? revisions.get(name) ?? 0;
  if (config !== null) await storedSettings.put(transaction, name, config, revision);
  else await storedSettings.remove(transaction, name, revision);
}
