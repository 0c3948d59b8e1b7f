import { type ProviderConfig, type ProviderSecrets, providerSecrets } from '../../auth/index.ts';
import { FozError } from '../../core/index.ts';
import { type Actor, maskSecrets, storedProviders } from '../../store/index.ts';
import { refuseInvalid, refuseInvalidAuth, refuseNoAuth } from './refuse.ts';
import type { RuntimeSettings } from './runtime.ts';
import type { StoredProvider } from './settings.ts';
import { settingSecrets } from './stored.ts';

/** Shown in place of a secret. An update with this value keeps the stored secret. */
const masked = '***';

/** A provider that people sign in with, for display. */
export interface ProviderDescription {
  readonly name: string;
  readonly owner: 'file' | 'store';
  /** How often a provider of the store was changed, from 1. */
  readonly revision: number | null;
  /** As in `auth.providers`; secrets are `***`. */
  readonly settings: ProviderConfig;
}

/** All providers: those of the file, then those of the store by name. */
export function describeProviders({ file, stored }: RuntimeSettings): readonly ProviderDescription[] {
  const declared = (file.auth?.providers ?? []).map(
    (config): ProviderDescription => ({
      name: config.name,
      owner: 'file',
      revision: null,
      settings: maskSecrets(config) as ProviderConfig,
    }),
  );
  return [...declared, ...stored.providers.map(described)];
}

/**
 * Adds a provider, or changes the one with its name. `revision`: the one that the caller has read; absent: any. Rejects with FozError(s):
 * `validation-failed`, `conflict`, `not-supported` for a provider of the file.
 */
export async function putProvider(
  settings: RuntimeSettings,
  actor: Actor,
  given: ProviderConfig,
  revision: number | null = null,
): Promise<ProviderDescription> {
  refuseNoAuth(settings);
  refuseInvalid({ auth: { providers: [given] } }, 'auth.providers[0]', 'provider');
  const { name } = given;
  refuseDeclared(settings, name);
  const before = settings.stored.providers.find((provider) => provider.name === name);
  const config = withFormerSecrets(given, before?.config);
  refuseInvalidAuth({ providers: [config] }, 'providers[0]', 'provider');
  const change = {
    operation: 'provider.put',
    before: before === undefined ? null : before.config,
    after: config,
  };
  await settings.change(actor, change, async (db, { secrets }) => {
    const open: Record<string, unknown> = { ...config };
    for (const member of providerSecrets) {
      delete open[member];
      const secret = secretsOf(config)[member];
      const id = settingSecrets.provider(name, member);
      if (secret === undefined) await secrets.remove(id, db);
      else await secrets.put(id, secret, db);
    }
    await storedProviders.put(db, name, open, revision ?? before?.revision ?? 0);
  });
  return described(found(settings, name));
}

/** Removes a provider; sessions of people who signed in with it end. Rejects with FozError `not-found`, or `not-supported` for one of the file. */
export async function dropProvider(settings: RuntimeSettings, actor: Actor, name: string): Promise<void> {
  refuseDeclared(settings, name);
  const { config } = found(settings, name);
  const change = { operation: 'provider.drop', before: config, after: null };
  await settings.change(actor, change, async (db, { secrets }) => {
    await storedProviders.remove(db, name);
    for (const member of providerSecrets) await secrets.remove(settingSecrets.provider(name, member), db);
  });
}

function refuseDeclared({ file }: RuntimeSettings, name: string): void {
  if (file.auth?.providers?.some((provider) => provider.name === name))
    throw new FozError(
      'not-supported',
      `The configuration file declares the provider ${name}: change it there.`,
    );
}

function withFormerSecrets(given: ProviderConfig, former: ProviderConfig | undefined): ProviderConfig {
  const known = former === undefined ? {} : secretsOf(former);
  const kept = providerSecrets.flatMap((member) =>
    secretsOf(given)[member] === masked && known[member] !== undefined ? [[member, known[member]]] : [],
  );
  return { ...given, ...Object.fromEntries(kept) };
}

/** A protocol has only some of the secrets. */
function secretsOf(config: ProviderConfig): ProviderSecrets {
  return config as ProviderSecrets;
}

function found({ stored }: RuntimeSettings, name: string): StoredProvider {
  const provider = stored.providers.find((one) => one.name === name);
  if (provider !== undefined) return provider;
  throw new FozError('not-found', `There is no provider ${name} in the store.`);
}

function described({ name, config, revision }: StoredProvider): ProviderDescription {
  return { name, owner: 'store', revision, settings: maskSecrets(config) as ProviderConfig };
}
