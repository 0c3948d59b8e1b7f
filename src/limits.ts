import type { LimitsConfig, ServerConfig } from './control/index.ts';
import { parseRoleName, type RoleName } from './core/index.ts';
import { defaultLimits, type Limits } from './serve/index.ts';

/** The limits of everybody, and of roles that have others, with every default filled in; and how long a request may take to arrive. */
export function limitsOf({ limits = {}, receive_ms: receiveMs }: ServerConfig): {
  readonly limits: Limits;
  readonly roleLimits: ReadonlyMap<RoleName, Limits>;
  readonly receiveMs?: number;
} {
  const { roles = {}, ...all } = limits;
  const roleLimits = new Map<RoleName, Limits>();
  for (const [name, own] of Object.entries(roles)) {
    const role = parseRoleName(name);
    if (role !== undefined) roleLimits.set(role, filled({ ...all, ...own }));
  }
  return { limits: filled(all), roleLimits, ...(receiveMs === undefined ? {} : { receiveMs }) };
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
