import { type LimitsConfig, narrowedLimits, type Session } from '../access/index.ts';
import type { InheritedRoleMetadata } from '../catalog/index.ts';
import type { LimitSettings } from './config.ts';

/**
 * Fills in the limits of inherited roles. A limit that the role does not set itself is the widest of its parents',
 * if each of them sets it. Otherwise the limit of all callers applies.
 */
export function inheritLimits(
  { roles = {}, ...all }: LimitSettings,
  inherited: readonly InheritedRoleMetadata[] = [],
): LimitSettings {
  const parents = new Map(inherited.map(({ role_name, role_set }) => [role_name, role_set]));
  const known = new Map(Object.entries(roles));
  const visit = (role: string, above: readonly string[]): LimitsConfig => {
    const set = parents.get(role);
    const own = known.get(role) ?? {};
    if (set === undefined || above.includes(role)) return own;
    parents.delete(role);
    const limits = { ...widest(set.map((parent) => visit(parent, [...above, role]))), ...own };
    if (Object.keys(limits).length > 0) known.set(role, limits);
    return limits;
  };
  for (const { role_name } of inherited) visit(role_name, []);
  return known.size === 0 ? all : { ...all, roles: Object.fromEntries(known) };
}

/** The limits that all of several set, each at its widest. */
function widest(several: readonly LimitsConfig[]): LimitsConfig {
  const [first = {}, ...others] = several;
  const shared = Object.entries(first).filter(([name]) => others.every((limits) => name in limits));
  return Object.fromEntries(
    shared.map(([name]) => {
      const values = several.map((limits) => limits[name as keyof LimitsConfig]);
      return [name, values.reduce((one, other) => (width(other) > width(one) ? other : one))];
    }),
  );
}

function width(limit: LimitsConfig[keyof LimitsConfig]): number {
  if (limit === null || limit === undefined) return Number.POSITIVE_INFINITY;
  return typeof limit === 'number' ? limit : limit.requests / limit.seconds;
}

/** The limits of a session: those of its role, lowered to those of its credential. */
export function sessionLimits(
  { roles, ...all }: LimitSettings,
  { role, limits }: Pick<Session, 'role' | 'limits'>,
): LimitsConfig {
  return narrowedLimits({ ...all, ...roles?.[role] }, limits);
}
