import { FozError } from '../../core/index.ts';
import type { Actor } from '../../store/index.ts';
import { defaults, isGeneral, names, settingAt, withSetting } from './general-names.ts';
import { refuseDeclared, refuseInvalid, refuseInvalidAuth, refuseNoAuth } from './refuse.ts';
import type { RuntimeSettings } from './runtime.ts';
import { settingNames, writeSetting } from './stored.ts';

/** A setting, and where it is defined. */
export interface SettingDescription {
  /** A path such as `server.cors`. */
  readonly name: string;
  /** The effective value. */
  readonly value: unknown;
  readonly owner: 'file' | 'store' | 'default';
  /** How often it was changed in the store; 0: never. */
  readonly revision: number;
}

/** All settings of this kind. */
export function describeSettings({ file, stored }: RuntimeSettings): readonly SettingDescription[] {
  return names.map((name) => {
    const revision = stored.revisions.get(settingNames.general(name)) ?? 0;
    const declared = settingAt(file, name);
    if (declared !== undefined) return { name, value: declared, owner: 'file', revision };
    const value = stored.general.get(name);
    return value === undefined
      ? { name, value: defaults[name], owner: 'default', revision }
      : { name, value, owner: 'store', revision };
  });
}

/**
 * Sets a setting; `null`: resets it to its default. `revision`: the one that the caller has read; absent: any. Rejects with FozError(s):
 * `validation-failed`, `conflict`, `not-supported` for a setting in the configuration file, `not-found`.
 */
export async function setSetting(
  settings: RuntimeSettings,
  actor: Actor,
  name: string,
  value: unknown,
  revision: number | null = null,
): Promise<SettingDescription> {
  const { file, stored } = settings;
  if (!isGeneral(name))
    throw new FozError(
      'not-found',
      `There is no setting ${JSON.stringify(name)} here: it is one of ${names.join(', ')}. Others have a mutation of their own, or are read at the start only.`,
    );
  if (name.startsWith('auth.')) refuseNoAuth(settings);
  refuseDeclared(settingAt(file, name) !== undefined, `the setting ${name}`);
  if (value !== null) {
    refuseInvalid(withSetting({}, name, value), name, name);
    if (name === 'auth.trusted_proxies')
      refuseInvalidAuth({ trusted_proxies: value as string[] }, 'trusted_proxies', name);
  }
  const before = stored.general.get(name) ?? null;
  const change = { operation: 'setting.set', before: { [name]: before }, after: { [name]: value } };
  const key = settingNames.general(name);
  await settings.change(actor, change, (db) => writeSetting(db, stored, key, value, revision));
  return describeSettings(settings).find((one) => one.name === name)!;
}
