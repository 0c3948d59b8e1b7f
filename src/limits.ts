import type { LimitsConfig, ServerConfig, WebsocketConfig } from './control/index.ts';
import { parseRoleName, type RoleName } from './core/index.ts';
import { defaultLimits, defaultWebsocket, type Limits, type WebsocketLimits } from './serve/index.ts';

/** The limits of everybody, and of roles that have others, with every default filled in; and those of WebSockets and of the time to send a request. */
export function limitsOf({ limits = {}, websocket = {}, receive_ms: receiveMs }: ServerConfig): {
  readonly limits: Limits;
  readonly roleLimits: ReadonlyMap<RoleName, Limits>;
  readonly receiveMs?: number;
  readonly websocket: WebsocketLimits | null;
} {
  const { roles = {}, ...all } = limits;
  const roleLimits = new Map<RoleName, Limits>();
  for (const [name, own] of Object.entries(roles)) {
    const role = parseRoleName(name);
    if (role !== undefined) roleLimits.set(role, filled({ ...all, ...own }));
  }
  return {
    limits: filled(all),
    roleLimits,
    websocket: websocketOf(websocket),
    ...(receiveMs === undefined ? {} : { receiveMs }),
  };
}

function filled(given: LimitsConfig): Limits {
  return {
    bodyBytes: given.body_bytes ?? defaultLimits.bodyBytes,
    depth: given.depth ?? defaultLimits.depth,
    nodes: given.nodes ?? defaultLimits.nodes,
    tokens: given.tokens ?? defaultLimits.tokens,
    timeMs: given.time_ms === undefined ? defaultLimits.timeMs : given.time_ms,
    batch: given.batch ?? defaultLimits.batch,
    rate: given.rate ?? defaultLimits.rate,
    concurrency: given.concurrency ?? defaultLimits.concurrency,
  };
}

/** `null`: WebSockets are off. */
function websocketOf(given: WebsocketConfig): WebsocketLimits | null {
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
