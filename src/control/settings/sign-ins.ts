import type { Knex } from 'knex';
import { type AuthConfig, mintAdminSecret, sha256Of, type WebhookConfig } from '../../auth/index.ts';
import { FozError } from '../../core/index.ts';
import type { Actor } from '../../store/index.ts';
import { maskSecrets, storedSettings } from '../../store/index.ts';
import { firstSecretName } from './first-secret.ts';
import { refuseDeclared, refuseInvalid, refuseInvalidAuth, refuseNoAuth } from './refuse.ts';
import type { RuntimeSettings } from './runtime.ts';
import { settingNames, settingSecrets, writeSetting } from './stored.ts';

/** The sign-in methods besides tokens and keys. */
export interface SignInDescription {
  /** `null`: requests without credentials are refused, or decided by the webhook. */
  readonly anonymousRole: string | null;
  /** A password in its URL is shown as `***`; `null`: there is no webhook. */
  readonly webhook: WebhookConfig | null;
  readonly cookieOrigins: readonly string[];
  /** Names. */
  readonly adminSecrets: readonly { readonly name: string; readonly owner: 'file' | 'store' }[];
  /** The members that the configuration file defines. */
  readonly declared: readonly string[];
}

/** The effective sign-in methods. */
export function describeSignIns({ file, stored, current }: RuntimeSettings): SignInDescription {
  const { webhook, anonymous_role, cookie_origins, adminSecrets = [] } = current.signIns ?? {};
  const inStore = new Set(stored.adminSecrets.map(({ name }) => name));
  return {
    anonymousRole: anonymous_role ?? null,
    webhook: webhook === undefined ? null : (maskSecrets(webhook) as WebhookConfig),
    cookieOrigins: cookie_origins ?? [],
    adminSecrets: adminSecrets.map(({ name }) => ({ name, owner: inStore.has(name) ? 'store' : 'file' })),
    declared: (['anonymous_role', 'webhook', 'cookie_origins'] as const).filter(
      (name) => file.auth?.[name] !== undefined,
    ),
  };
}

/** The role of requests without credentials; `null`: they are refused. Rejects with FozError(s). */
export function setAnonymousRole(
  settings: RuntimeSettings,
  actor: Actor,
  role: string | null,
): Promise<void> {
  const before = settings.stored.anonymousRole;
  return setPart(settings, actor, 'anonymous_role', before, role, settingNames.anonymousRole);
}

/** Origins of pages that may send a token in a cookie; `null`: the server's own. Rejects with FozError(s). */
export function setCookieOrigins(
  settings: RuntimeSettings,
  actor: Actor,
  origins: readonly string[] | null,
): Promise<void> {
  const before = settings.stored.cookieOrigins;
  return setPart(settings, actor, 'cookie_origins', before, origins, settingNames.cookieOrigins);
}

/** The authentication webhook; `null`: none. Rejects with FozError(s). */
export async function setWebhook(
  settings: RuntimeSettings,
  actor: Actor,
  webhook: WebhookConfig | null,
): Promise<void> {
  refusePart(settings, 'webhook', webhook);
  const { stored } = settings;
  const { url, ...open } = webhook ?? { url: undefined };
  const change = { operation: 'webhook.set', before: stored.webhook, after: webhook };
  await settings.change(actor, change, async (db, { secrets }) => {
    await writeSetting(db, stored, settingNames.webhook, webhook === null ? null : open);
    if (url === undefined) await secrets.remove(settingSecrets.webhookUrl, db);
    else await secrets.put(settingSecrets.webhookUrl, url, db);
  });
}

/** Generates an admin secret; only this call returns its text. Rejects with FozError `conflict` for a name that is in use. */
export async function createAdminSecret(
  settings: RuntimeSettings,
  actor: Actor,
  name: string,
): Promise<string> {
  refuseNoAuth(settings);
  if (!/^[\w.-]{1,64}$/.test(name))
    throw new FozError(
      'validation-failed',
      `"${name}" cannot be the name of an admin secret: use up to 64 letters, digits, _, - and ".".`,
    );
  const { stored, current } = settings;
  if (name === firstSecretName || current.signIns?.adminSecrets.some((secret) => secret.name === name))
    throw new FozError('conflict', `There is an admin secret ${name} already.`);
  const secret = mintAdminSecret();
  const change = { operation: 'admin-secret.create', before: null, after: { name } };
  await settings.change(actor, change, (db) =>
    writeSetting(db, stored, settingNames.adminSecret(name), { sha256: sha256Of(secret) }),
  );
  return secret;
}

/**
 * Removes an admin secret, also that of the first start, unless it is the last one. Rejects with FozError: `not-found`, `not-supported` for
 * one of the configuration file, `conflict` for the last one.
 */
export async function dropAdminSecret(settings: RuntimeSettings, actor: Actor, name: string): Promise<void> {
  refuseNoAuth(settings);
  const { stored, current } = settings;
  const storedSecret = stored.adminSecrets.find((secret) => secret.name === name && secret.sha256 !== null);
  const all = current.signIns?.adminSecrets ?? [];
  refuseDeclared(
    storedSecret === undefined && all.some((secret) => secret.name === name),
    `the admin secret ${name}`,
  );
  if (storedSecret === undefined && name !== firstSecretName)
    throw new FozError('not-found', `There is no admin secret ${name} in the store.`);
  if (!all.some((secret) => secret.name !== name)) throw lastOne(name);
  const change = { operation: 'admin-secret.drop', before: { name }, after: null };
  const declared = settings.file.auth?.admin_secrets?.length ?? 0;
  await settings.change(actor, change, async (db) => {
    const ended = name === firstSecretName ? { sha256: null } : null;
    await writeSetting(db, stored, settingNames.adminSecret(name), ended);
    // Checked again inside the transaction: another process may have removed another secret meanwhile.
    if (declared === 0 && (await storedSecrets(db)) === 0) throw lastOne(name);
  });
}

/** The number of valid admin secrets in the store. */
async function storedSecrets(db: Knex): Promise<number> {
  const settings = await storedSettings.list(db);
  return settings.filter(
    ({ name, config }) =>
      name.startsWith(settingNames.adminSecret('')) && (config as { sha256: string | null }).sha256 !== null,
  ).length;
}

function lastOne(name: string): FozError {
  return new FozError('conflict', `${name} is the last admin secret: make another one first.`);
}

async function setPart(
  settings: RuntimeSettings,
  actor: Actor,
  part: 'anonymous_role' | 'cookie_origins',
  before: unknown,
  after: unknown,
  name: string,
): Promise<void> {
  refusePart(settings, part, after);
  const change = {
    operation: `${part.replace('_', '-')}.set`,
    before: { [part]: before },
    after: { [part]: after },
  };
  await settings.change(actor, change, (db) => writeSetting(db, settings.stored, name, after));
}

function refusePart(
  settings: RuntimeSettings,
  part: 'anonymous_role' | 'cookie_origins' | 'webhook',
  value: unknown,
): void {
  refuseNoAuth(settings);
  refuseDeclared(settings.file.auth?.[part] !== undefined, `auth.${part}`);
  if (value === null) return;
  refuseInvalid({ auth: { [part]: value } }, `auth.${part}`, part);
  const { webhook, anonymous_role } = settings.current.signIns ?? {};
  // The webhook and the anonymous role exclude each other, so each is validated together with the other.
  const auth: AuthConfig = { webhook, anonymous_role, [part]: value };
  refuseInvalidAuth(auth, part === 'webhook' ? '' : part, part);
}
