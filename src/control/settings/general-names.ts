import type { FileSettings } from './settings.ts';

/** Settings of `foz.yaml` that can be changed at run time and have no API of their own, by their paths there, with their defaults. */
export const defaults = {
  naming: 'hasura-default',
  numbers: 'string',
  key_cap: 10_000,
  plan_cache: 2_000,
  'server.cors': [],
  'server.hosts': [],
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
  'auth.sign_in.redirect_origins': [],
  'auth.sign_in.session.idle_seconds': 28_800,
  'auth.sign_in.session.lifetime_seconds': 604_800,
  'audit.when_down': 'closed',
  'audit.retention_days': null,
} as const satisfies Readonly<Record<string, unknown>>;

export type GeneralName = keyof typeof defaults;
export const names = Object.keys(defaults) as GeneralName[];

/** The configuration, with settings of the store where the file has none. */
export function withStored(file: FileSettings, stored: ReadonlyMap<string, unknown>): FileSettings {
  return names.reduce((config, name) => {
    const isFree =
      settingAt(file, name) === undefined && !(name.startsWith('auth.') && file.auth === undefined);
    return isFree && stored.has(name) ? withSetting(config, name, stored.get(name)) : config;
  }, file);
}

/** Whether this is the name of such a setting. */
export function isGeneral(name: string): name is GeneralName {
  return Object.hasOwn(defaults, name);
}

/** The value of a configuration at a path such as `server.cors`; `undefined`: none. Without an audit log, its settings have none. */
export function settingAt(config: object, name: GeneralName): unknown {
  return name.split('.').reduce<unknown>((part, key) => {
    if (part === false) return null;
    return typeof part === 'object' && part !== null ? (part as Record<string, unknown>)[key] : undefined;
  }, config);
}

/** The configuration with a value at a path such as `server.cors`. */
export function withSetting<T extends object>(config: T, name: string, value: unknown): T {
  const [key, ...rest] = name.split('.') as [string, ...string[]];
  if (rest.length === 0) return { ...config, [key]: value };
  const part = (config as Record<string, unknown>)[key];
  return {
    ...config,
    [key]: withSetting(typeof part === 'object' && part !== null ? part : {}, rest.join('.'), value),
  };
}
