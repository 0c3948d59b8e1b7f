import type { LimitsConfig } from '../../access/index.ts';
import { FozError, roleNamed } from '../../core/index.ts';
import type { Actor } from '../../store/index.ts';
import { refuseDeclared, refuseInvalid } from './refuse.ts';
import type { RuntimeSettings } from './runtime.ts';
import { settingNames, writeSetting } from './stored.ts';

/** The effective limits of a role, and which of them the file defines. */
export interface LimitsDescription {
  /** `null`: the limits of all roles. */
  readonly role: string | null;
  /** As in `server.limits` of the configuration file. Absent limits are those of all roles, then the defaults. */
  readonly limits: LimitsConfig;
  /** The limits defined in the configuration file. */
  readonly declared: readonly string[];
}

/** The limits of all roles, then those of roles with their own, by name. */
export function describeLimits({ file, current }: RuntimeSettings): readonly LimitsDescription[] {
  const { roles = {}, ...all } = current.limits;
  const { roles: declaredRoles = {}, ...declared } = file.server?.limits ?? {};
  const own = Object.keys(roles).sort();
  return [
    { role: null, limits: all, declared: Object.keys(declared) },
    ...own.map((role) => ({
      role,
      limits: roles[role]!,
      declared: Object.keys(declaredRoles[role] ?? {}),
    })),
  ];
}

/**
 * Replaces the limits of a role (`null`: of all roles); `null`: removes those of the store. Rejects with FozError(s) `validation-failed`,
 * and `not-supported` for a limit in the configuration file.
 */
export async function setLimits(
  settings: RuntimeSettings,
  actor: Actor,
  role: string | null,
  limits: LimitsConfig | null,
): Promise<void> {
  if (role !== null) roleNamed(role);
  const { stored, file } = settings;
  if (limits !== null) {
    if ('roles' in limits)
      throw new FozError('validation-failed', 'limits.roles: set those of each role apart.');
    refuseInvalid(
      { server: { limits: role === null ? limits : { roles: { [role]: limits } } } },
      role === null ? 'server.limits' : `server.limits.roles.${role}`,
      'limits',
    );
    const declared = role === null ? file.server?.limits : file.server?.limits?.roles?.[role];
    const of = role === null ? 'everybody' : `the role ${role}`;
    for (const name of Object.keys(limits))
      refuseDeclared(name in (declared ?? {}), `the limit ${name} of ${of}`);
  }
  const before = stored.limits.get(role ?? '') ?? null;
  const change = { operation: 'limits.set', before: { role, limits: before }, after: { role, limits } };
  const isNone = limits === null || Object.keys(limits).length === 0;
  await settings.change(actor, change, (db) =>
    writeSetting(db, stored, settingNames.limits(role), isNone ? null : limits),
  );
}
