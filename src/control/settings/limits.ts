import type { LimitsConfig } from '../../access/index.ts';
import { FozError, roleNamed } from '../../core/index.ts';
import type { Actor } from '../../store/index.ts';
import { refuseDeclared, refuseUnfit } from './refuse.ts';
import type { RuntimeSettings } from './runtime.ts';
import { settingNames, writeSetting } from './stored.ts';

/** Limits as they hold, and who said which. */
export interface LimitsDescription {
  /** `null`: everybody. */
  readonly role: string | null;
  /** As `server.limits` of the configuration file has them; what is absent is as for everybody, then as by default. */
  readonly limits: LimitsConfig;
  /** Those that the configuration file says. */
  readonly declared: readonly string[];
}

/** The limits of everybody, then those of roles that have others, by name. */
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
 * Sets the limits of a role (`null`: of everybody), all of them anew; `null`: none besides those of the file. Rejects with FozError(s)
 * `validation-failed`, and `not-supported` for one that the configuration file says.
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
    refuseUnfit(
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
