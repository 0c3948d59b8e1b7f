import type { IssuerConfig } from '../../auth/index.ts';
import { FozError } from '../../core/index.ts';
import type { Actor } from '../../store/index.ts';
import { maskSecrets, storedIssuers } from '../../store/index.ts';
import { refuseInvalid, refuseInvalidAuth, refuseNoAuth } from './refuse.ts';
import type { RuntimeSettings } from './runtime.ts';
import type { StoredIssuer } from './settings.ts';
import { settingSecrets } from './stored.ts';

/** Shown in place of a secret. An update with this value keeps the stored secret. */
const masked = '***';

/** An issuer of tokens, for display. */
export interface IssuerDescription {
  /** `null`: it is declared in the configuration file. */
  readonly name: string | null;
  readonly owner: 'file' | 'store';
  /** How often an issuer of the store was changed, from 1. */
  readonly revision: number | null;
  /** As in `auth.jwt`; secrets are `***`. */
  readonly settings: IssuerConfig;
}

/** All issuers: those of the file, then those of the store by name. */
export function describeIssuers({ file, stored }: RuntimeSettings): readonly IssuerDescription[] {
  const declared = (file.auth?.jwt ?? []).map(
    (config): IssuerDescription => ({ name: null, owner: 'file', revision: null, settings: shown(config) }),
  );
  return [...declared, ...stored.issuers.map(described)];
}

/**
 * Adds an issuer, or changes the one with its name. `revision`: the one that the caller has read; absent: any. Rejects with FozError(s):
 * `validation-failed`, `conflict`, `not-supported` where there is no authentication.
 */
export async function putIssuer(
  settings: RuntimeSettings,
  actor: Actor,
  name: string,
  given: IssuerConfig,
  revision: number | null = null,
): Promise<IssuerDescription> {
  refuseNoAuth(settings);
  if (!/^[A-Za-z_][\w.-]{0,63}$/.test(name))
    throw new FozError(
      'validation-failed',
      `"${name}" cannot be the name of an issuer: use up to 64 letters, digits, _, - and ., beginning with a letter.`,
    );
  const before = settings.stored.issuers.find((issuer) => issuer.name === name);
  const config = withFormerSecret(given, before);
  refuseInvalid({ auth: { jwt: [config] } }, 'auth.jwt[0]', 'issuer');
  const others = (settings.current.signIns?.jwt ?? []).filter((other) => other !== before?.config);
  refuseInvalidAuth({ jwt: [...others, config] }, `jwt[${others.length}]`, 'issuer');
  const { secret, ...open } = config;
  const change = {
    operation: 'issuer.put',
    before: before === undefined ? null : { name, ...shown(before.config) },
    after: { name, ...shown(config) },
  };
  await settings.change(actor, change, async (db, { secrets }) => {
    await storedIssuers.put(db, name, open, revision ?? before?.revision ?? 0);
    if (secret === undefined) await secrets.remove(settingSecrets.issuer(name), db);
    else await secrets.put(settingSecrets.issuer(name), secret, db);
  });
  return described(found(settings, name));
}

/** Removes an issuer; sessions of its tokens end. Rejects with FozError `not-found`. */
export async function dropIssuer(settings: RuntimeSettings, actor: Actor, name: string): Promise<void> {
  const { config } = found(settings, name);
  const change = { operation: 'issuer.drop', before: { name, ...shown(config) }, after: null };
  await settings.change(actor, change, async (db, { secrets }) => {
    await storedIssuers.remove(db, name);
    await secrets.remove(settingSecrets.issuer(name), db);
  });
}

function withFormerSecret(given: IssuerConfig, before: StoredIssuer | undefined): IssuerConfig {
  const former = before?.config.secret;
  return given?.secret === masked && former !== undefined ? { ...given, secret: former } : given;
}

function found({ stored }: RuntimeSettings, name: string): StoredIssuer {
  const issuer = stored.issuers.find((one) => one.name === name);
  if (issuer !== undefined) return issuer;
  throw new FozError('not-found', `There is no issuer ${name} in the store.`);
}

function described({ name, config, revision }: StoredIssuer): IssuerDescription {
  return { name, owner: 'store', revision, settings: shown(config) };
}

/** The issuer's configuration with the shared secret masked; public keys are not secret. */
function shown(config: IssuerConfig): IssuerConfig {
  const { key, ...rest } = config;
  return { ...(maskSecrets(rest) as IssuerConfig), ...(key === undefined ? {} : { key }) };
}
