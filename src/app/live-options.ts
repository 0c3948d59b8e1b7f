import type { LimitsConfig } from '../access/index.ts';
import type { AnswersConfig, ServerConfig, WebsocketConfig } from '../control/index.ts';
import { parseRoleName, type RoleName } from '../core/index.ts';
import {
  type AnswerLimits,
  defaultLimits,
  defaultWebsocket,
  type Limits,
  type ServerOptions,
  type WebsocketLimits,
} from '../serve/index.ts';
import type { LimitSettings } from '../views/index.ts';

interface AllLimits {
  readonly limits: Limits;
  readonly roleLimits: ReadonlyMap<RoleName, Limits>;
}

const noHosts: readonly string[] = [];

type Changing = 'cors' | 'hosts' | 'metrics' | 'console' | 'websocket' | 'limits' | 'roleLimits';

/**
 * Options of the front that may change while it runs: getters, read for each request. `graphiql`: the folder of GraphiQL. `isOpen`: there
 * is no authentication.
 */
export function changingOptions(
  serverConfig: () => ServerConfig,
  settings: () => LimitSettings,
  graphiql: string | null,
  isOpen: boolean,
): Required<Pick<ServerOptions, Changing>> {
  const limits = limitsBy(settings);
  return {
    get cors() {
      return serverConfig().cors ?? [];
    },
    get hosts() {
      return isOpen ? (serverConfig().hosts ?? noHosts) : null;
    },
    get metrics() {
      return serverConfig().metrics ?? true;
    },
    get console() {
      return serverConfig().graphiql === false ? null : graphiql;
    },
    get websocket() {
      return websocketOf(serverConfig().websocket);
    },
    get limits() {
      return limits().limits;
    },
    get roleLimits() {
      return limits().roleLimits;
    },
  };
}

/** The general limits and those of roles, with all defaults; the same objects until the settings change. */
function limitsBy(settings: () => LimitSettings): () => AllLimits {
  let known = settings();
  let filled = filledAll(known);
  return () => {
    const current = settings();
    if (current === known) return filled;
    known = current;
    filled = filledAll(current);
    return filled;
  };
}

function filledAll({ roles = {}, ...all }: LimitSettings): AllLimits {
  const own = Object.entries(roles).flatMap(([name, limits]): [RoleName, Limits][] => {
    const role = parseRoleName(name);
    return role === undefined ? [] : [[role, filled({ ...all, ...limits })]];
  });
  return { limits: filled(all), roleLimits: new Map(own) };
}

function filled(given: LimitsConfig): Limits {
  const stated = Object.entries(given).filter(
    ([name, value]) => name in defaultLimits && value !== undefined,
  );
  return { ...defaultLimits, ...Object.fromEntries(stated) };
}

/** The configured limits on responses that clients have not read yet. */
export function answersOf(given: AnswersConfig = {}): Partial<AnswerLimits> {
  const { held_bytes, held_bytes_per_caller, write_ms } = given;
  return {
    ...(held_bytes === undefined ? {} : { heldBytes: held_bytes }),
    ...(held_bytes_per_caller === undefined ? {} : { heldBytesPerCaller: held_bytes_per_caller }),
    ...(write_ms === undefined ? {} : { writeMs: write_ms }),
  };
}

/** The limits of WebSockets with all defaults; `null`: WebSockets are off. */
export function websocketOf(given: WebsocketConfig = {}): WebsocketLimits | null {
  if (given.enabled === false) return null;
  return {
    connections: given.max_connections ?? defaultWebsocket.connections,
    connectionsPerCaller: given.max_connections_per_caller ?? defaultWebsocket.connectionsPerCaller,
    operations: given.max_operations ?? defaultWebsocket.operations,
    initMs: given.init_ms ?? defaultWebsocket.initMs,
    keepaliveMs: given.keepalive_ms ?? defaultWebsocket.keepaliveMs,
    bufferBytes: given.buffer_bytes ?? defaultWebsocket.bufferBytes,
  };
}
