import { FozError, roleNamed } from '../../core/index.ts';
import type { Actor } from '../../store/index.ts';
import {
  type AllowedOperation,
  allowOperation as allowStored,
  operationHash,
  removeOperation,
} from '../../store/index.ts';
import { checkAllowLists } from '../../views/index.ts';
import { refuseDeclared } from './refuse.ts';
import type { RuntimeSettings } from './runtime.ts';
import type { AllowListMode } from './settings.ts';
import { settingNames, writeSetting } from './stored.ts';

/** The allow list of a role. */
export interface AllowListDescription {
  readonly role: string;
  /** `off`: the role may run any operation. */
  readonly mode: AllowListMode | 'off';
  readonly owner: 'file' | 'store';
  readonly operations: readonly Omit<AllowedOperation, 'role'>[];
}

/** The allow lists of all roles that have one, by role. */
export function describeAllowLists({ file, stored }: RuntimeSettings): readonly AllowListDescription[] {
  const declared = (file.allow_list ?? []).map(
    ({ role, mode = 'enforce', operations }): AllowListDescription => ({
      role,
      mode,
      owner: 'file',
      operations: operations.map((document) => ({ name: null, document, hash: operationHash(document) })),
    }),
  );
  const roles = new Set([...stored.modes.keys(), ...stored.operations.map(({ role }) => role)]);
  const inStore = [...roles].map(
    (role): AllowListDescription => ({
      role,
      mode: stored.modes.get(role) ?? 'off',
      owner: 'store',
      operations: stored.operations.flatMap(({ role: of, ...one }) => (of === role ? [one] : [])),
    }),
  );
  return [...declared, ...inStore].sort((a, b) => (a.role < b.role ? -1 : 1));
}

/** Sets how operations outside a role's list are treated. Rejects with FozError. */
export async function setAllowListMode(
  settings: RuntimeSettings,
  actor: Actor,
  role: string,
  mode: AllowListMode | 'off',
): Promise<AllowListDescription> {
  refuseRole(settings, role);
  const { stored } = settings;
  const before = stored.modes.get(role) ?? 'off';
  const change = { operation: 'allow-list.mode', before: { role, mode: before }, after: { role, mode } };
  await settings.change(actor, change, (db) =>
    writeSetting(db, stored, settingNames.allowList(role), mode === 'off' ? null : mode),
  );
  return listOf(settings, role);
}

/** Adds the operations of a document to a role's list. Rejects with FozError `validation-failed` for a text without operations. */
export async function allowOperation(
  settings: RuntimeSettings,
  actor: Actor,
  role: string,
  document: string,
  name: string | null,
): Promise<AllowListDescription> {
  refuseRole(settings, role);
  const [problem] = checkAllowLists([{ role, operations: [document] }]);
  if (problem !== undefined) throw new FozError('validation-failed', `The document ${problem.message}.`);
  const change = { operation: 'allow-list.allow', before: null, after: { role, name, document } };
  await settings.change(actor, change, (db) => allowStored(db, { role, name, document }));
  return listOf(settings, role);
}

/** Removes a document from a role's list. Rejects with FozError `not-found`. */
export async function disallowOperation(
  settings: RuntimeSettings,
  actor: Actor,
  role: string,
  hash: string,
): Promise<AllowListDescription> {
  refuseRole(settings, role);
  const found = settings.stored.operations.find((one) => one.role === role && one.hash === hash);
  const change = { operation: 'allow-list.disallow', before: found ?? null, after: null };
  await settings.change(actor, change, async (db) => {
    if (await removeOperation(db, role, hash)) return;
    throw new FozError('not-found', `The list of the role ${role} has no operation ${hash}.`);
  });
  return listOf(settings, role);
}

function listOf(settings: RuntimeSettings, role: string): AllowListDescription {
  const found = describeAllowLists(settings).find((list) => list.role === role);
  return found ?? { role, mode: 'off', owner: 'store', operations: [] };
}

function refuseRole({ file }: RuntimeSettings, role: string): void {
  roleNamed(role);
  refuseDeclared(
    (file.allow_list ?? []).some((list) => list.role === role),
    `the operations of the role ${role}`,
  );
}
