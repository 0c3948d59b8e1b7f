import { FozError } from '../../core/index.ts';
import type { Actor } from '../store/actor.ts';
import type { FileSettings } from './merge.ts';
import { refuseDeclared, refuseNoAuth, refuseUnfit, refuseUnfitAuth } from './refuse.ts';
import type { RuntimeSettings } from './runtime.ts';
import { settingNames, writeSetting } from './stored.ts';

/** Settings of `foz.yaml` that may change while Foz runs and belong to nothing else, by where they stand; with what holds unless told. */
const defaults = {
  naming: 'hasura-default',
  numbers: 'string',
  key_cap: 10_000,
  plan_cache: 2_000,
  'server.cors': [],
  'server.graphiql': true,
  'server.metrics': true,
  'server.show_database_errors': false,
  'server.websocket.enabled': true,
  'server.websocket.max_connections': 10_000,
  'server.websocket.max_connections_per_caller': 100,
  'server.websocket.max_operations': 100,
  'server.websocket.init_ms': 10_000,
  'server.websocket.keepalive_ms': 25_000,
  'server.websocket.buffer_bytes': 4_194_304,
  'auth.trusted_proxies': [],
  'audit.when_down': 'closed',
  'audit.retention_days': null,
} as const satisfies Readonly<Record<string, unknown>>;

type GeneralName = keyof typeof defaults;
const names = Object.keys(defaults) as GeneralName[];

/** One of these settings, and who says it. */
export interface SettingDescription {
  /** As in `server.cors`. */
  readonly name: string;
  /** What holds. */
  readonly value: unknown;
  readonly owner: 'file' | 'store' | 'default';
  /** How often the store changed it; 0: never. */
  readonly revision: number;
}

/** All of them. */
export function describeSettings({ file, stored }: RuntimeSettings): readonly SettingDescription[] {
  return names.map((name) => {
    const revision = stored.revisions.get(settingNames.general(name)) ?? 0;
    const declared = saidIn(file, name);
    if (declared !== undefined) return { name, value: declared, owner: 'file', revision };
    const kept = stored.general.get(name);
    return kept === undefined
      ? { name, value: defaults[name], owner: 'default', revision }
      : { name, value: kept, owner: 'store', revision };
  });
}

/**
 * Sets one of them; `null`: as it is unless told. `revision`: the one that the caller has seen; absent: whatever it is. Rejects with
 * FozError(s): `validation-failed`, `conflict`, `not-supported` for one that the configuration file says, `not-found`.
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
  refuseDeclared(saidIn(file, name) !== undefined, `the setting ${name}`);
  if (value !== null) {
    refuseUnfit(withSaid({}, name, value), name, name);
    if (name === 'auth.trusted_proxies')
      refuseUnfitAuth({ trusted_proxies: value as string[] }, 'trusted_proxies', name);
  }
  const before = stored.general.get(name) ?? null;
  const change = { operation: 'setting.set', before: { [name]: before }, after: { [name]: value } };
  const key = settingNames.general(name);
  await settings.change(actor, change, (db) => writeSetting(db, stored, key, value, revision));
  return describeSettings(settings).find((one) => one.name === name)!;
}

/** The configuration with what the store says where the file says nothing. */
export function withStored(file: FileSettings, stored: ReadonlyMap<string, unknown>): FileSettings {
  return names.reduce((config, name) => {
    const isFree = saidIn(file, name) === undefined && !(name.startsWith('auth.') && file.auth === undefined);
    return isFree && stored.has(name) ? withSaid(config, name, stored.get(name)) : config;
  }, file);
}

function isGeneral(name: string): name is GeneralName {
  return Object.hasOwn(defaults, name);
}

/** What a configuration says at `server.cors`; `undefined`: nothing. Where it wants no audit log, nothing can be said of one. */
function saidIn(config: object, name: GeneralName): unknown {
  return name.split('.').reduce<unknown>((part, key) => {
    if (part === false) return null;
    return typeof part === 'object' && part !== null ? (part as Record<string, unknown>)[key] : undefined;
  }, config);
}

function withSaid<T extends object>(config: T, name: string, value: unknown): T {
  const [key, ...rest] = name.split('.') as [string, ...string[]];
  if (rest.length === 0) return { ...config, [key]: value };
  const part = (config as Record<string, unknown>)[key];
  return {
    ...config,
    [key]: withSaid(typeof part === 'object' && part !== null ? part : {}, rest.join('.'), value),
  };
}
