import type { TableMetadata } from '../../../catalog/index.ts';
import { adminRole, parseRoleName } from '../../../core/index.ts';
import { type ConditionTable, conditionOf, NoCounterpart } from './conditions.ts';
import { type Findings, isEmpty } from './findings.ts';
import { type Entry, isEntry } from './read-tree.ts';

type Permissions = Pick<
  TableMetadata,
  'select_permissions' | 'insert_permissions' | 'update_permissions' | 'delete_permissions'
>;
type Kind = keyof Permissions;
/** Converts one setting of a permission; `undefined`: it can be omitted. */
type Read = (value: unknown, path: string, table: ConditionTable) => unknown;

const asIs: Read = (value) => value ?? undefined;
const flag: Read = (value) => (value === true ? true : undefined);
const condition: Read = (value, path, table) => conditionOf(value ?? {}, path, table);
const optionalCondition: Read = (value, path, table) =>
  value === null || value === undefined ? undefined : conditionOf(value, path, table);
const presets: Read = (value) => (isEmpty(value) ? undefined : value);
const fields = (known: readonly string[]): Read => {
  return (value, path) => {
    if (!Array.isArray(value)) return undefined;
    const other = value.find((name) => !known.includes(name));
    if (other !== undefined) throw new NoCounterpart(path, `there is no root field ${other}`);
    return value;
  };
};
const columns: Read = (value) => value ?? [];
/** In Hasura, an insert permission without columns allows all of them. */
const insertColumns: Read = (value) => value ?? '*';

const verbs = {
  select_permissions: 'select',
  insert_permissions: 'insert',
  update_permissions: 'update',
  delete_permissions: 'delete',
} as const satisfies Record<Kind, string>;

const settings: Readonly<Record<Kind, Readonly<Record<string, Read>>>> = {
  select_permissions: {
    columns,
    filter: condition,
    limit: asIs,
    allow_aggregations: flag,
    query_root_fields: fields(['select', 'select_by_pk', 'select_aggregate']),
    subscription_root_fields: fields(['select', 'select_by_pk', 'select_aggregate', 'select_stream']),
  },
  insert_permissions: { columns: insertColumns, check: condition, set: presets, backend_only: flag },
  update_permissions: {
    columns,
    filter: condition,
    check: optionalCondition,
    set: presets,
    backend_only: flag,
  },
  delete_permissions: { filter: condition, backend_only: flag },
};

/** Settings that restrict a permission: where one cannot be converted, the whole permission is left out. */
const guards: Readonly<Record<string, string>> = {
  validate_input: 'input cannot be checked by a webhook, and without the check more could be written',
};

const reasons: Readonly<Record<string, string>> = {
  computed_fields: 'computed fields are not supported; the permission holds without them',
  allow_upsert: 'an upsert needs the permissions to insert and to update; there is no switch for it',
};

/** Converts the permissions of a table. One that cannot be converted exactly is left out, so that no role gains access. */
export function permissionsOf(
  entry: Entry,
  where: string,
  table: ConditionTable,
  findings: Findings,
): Permissions {
  const found = (Object.keys(settings) as Kind[]).flatMap((kind) => {
    const list = Array.isArray(entry[kind]) ? entry[kind].filter(isEntry) : [];
    const read = list.flatMap((given) => readPermission(kind, given, where, table, findings) ?? []);
    return read.length === 0 ? [] : [[kind, read]];
  });
  return Object.fromEntries(found) as Permissions;
}

function readPermission(
  kind: Kind,
  given: Entry,
  tableName: string,
  table: ConditionTable,
  findings: Findings,
): Entry | undefined {
  const { role, comment } = given;
  const permission = isEntry(given.permission) ? given.permission : {};
  const where = `${tableName}: ${verbs[kind]} permission of role ${role}`;
  const refuse = (key: string, reason: string) => findings.add(permission, key, where, `left out: ${reason}`);
  if (role === adminRole || parseRoleName(role) === undefined)
    return void refuse('', 'this role cannot have permissions');
  const guard = Object.keys(guards).find((key) => !isEmpty(permission[key]));
  if (guard !== undefined) return void refuse(guard, guards[guard]!);
  const read: Record<string, unknown> = {};
  for (const [key, readSetting] of Object.entries(settings[kind])) {
    try {
      const value = readSetting(permission[key], key, table);
      if (value !== undefined) read[key] = value;
    } catch (error) {
      if (!(error instanceof NoCounterpart)) throw error;
      return void refuse(key, `${error.path}: ${error.message}`);
    }
  }
  findings.addRest(permission, Object.keys(settings[kind]), where, reasons);
  return { role, permission: read, ...(isEmpty(comment) ? {} : { comment }) };
}
