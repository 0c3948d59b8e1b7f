import type { FileSettings } from './settings.ts';

/** Settings of `foz.yaml` that may change while Foz runs and belong to nothing else, by where they stand; with what holds unless told. */
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
  'audit.when_down': 'closed',
  'audit.retention_days': null,
} as const satisfies Readonly<Record<string, unknown>>;

export type GeneralName = keyof typeof defaults;
export const names = Object.keys(defaults) as GeneralName[];

/** The configuration with what the store says where the file says nothing. */
export function withStored(file: FileSettings, stored: ReadonlyMap<string, unknown>): FileSettings {
  return names.reduce((config, name) => {
    const isFree = saidIn(file, name) === undefined && !(name.startsWith('auth.') && file.auth === undefined);
    return isFree && stored.has(name) ? withSaid(config, name, stored.get(name)) : config;
  }, file);
}

/** Whether it is one of these settings. */
export function isGeneral(name: string): name is GeneralName {
  return Object.hasOwn(defaults, name);
}

/** What a configuration says at `server.cors`; `undefined`: nothing. Where it wants no audit log, nothing can be said of one. */
export function saidIn(config: object, name: GeneralName): unknown {
  return name.split('.').reduce<unknown>((part, key) => {
    if (part === false) return null;
    return typeof part === 'object' && part !== null ? (part as Record<string, unknown>)[key] : undefined;
  }, config);
}

/** The configuration with a value at `server.cors`. */
export function withSaid<T extends object>(config: T, name: string, value: unknown): T {
  const [key, ...rest] = name.split('.') as [string, ...string[]];
  if (rest.length === 0) return { ...config, [key]: value };
  const part = (config as Record<string, unknown>)[key];
  return {
    ...config,
    [key]: withSaid(typeof part === 'object' && part !== null ? part : {}, rest.join('.'), value),
  };
}
