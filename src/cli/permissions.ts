import type { DescribedRule, TableDescription } from '../access/index.ts';
import { declaredKeys } from '../auth/index.ts';
import type { CatalogIssue } from '../catalog/index.ts';
import {
  describeKey,
  describeRole,
  type KeyRoleDescription,
  type KeySettings,
  knownRole,
  loadConfig,
  type RoleDescription,
  roleNames,
  unknownRole,
} from '../control/index.ts';
import { adminRole, FozError } from '../core/index.ts';
import { attachStored } from './attach-stored.ts';
import { type EndpointOptions, type RunningFoz, runningFoz } from './endpoint.ts';
import { printTable } from './output.ts';

interface Options extends EndpointOptions {
  readonly config: string;
  /** The same as the argument. */
  readonly role?: string;
  readonly key?: string;
  readonly json?: boolean;
}

type Description = RoleDescription | KeyRoleDescription;

/** Roles with their permissions, and problems of the catalog. */
interface Answer {
  readonly found: readonly Description[];
  readonly issues: readonly CatalogIssue[];
}

/** `foz permissions`: prints the effective permissions of roles and keys. */
export async function showPermissions(argument: string | undefined, options: Options): Promise<void> {
  const { role = argument, key, json } = options;
  if (argument !== undefined && argument !== role)
    throw new FozError(
      'validation-failed',
      `Two roles are named, ${argument} and (by --role) ${role}: give one of them.`,
    );
  const foz = runningFoz(options);
  const { found: all, issues } = await (foz === null
    ? readHere(options.config, role, key)
    : readAt(foz, role, key));
  const found = key === undefined || role === undefined ? all : all.filter((one) => one.role === role);
  if (found.length === 0 && all.length > 0)
    throw new FozError('not-found', `The key ${key} cannot take the role ${role}.`);
  if (json === true) console.log(JSON.stringify(found, null, 2));
  else if (key !== undefined && found.length === 0)
    console.log(`The key ${key} was revoked: it may do nothing.`);
  else if (role === undefined && key === undefined) printRoles(found);
  else for (const one of found) print(one);
  for (const { severity, where, reason } of issues)
    if (severity === 'error') console.error(`${where}: ${reason}`);
}

async function readHere(file: string, role: string | undefined, key: string | undefined): Promise<Answer> {
  const config = loadConfig(file);
  const attached = await attachStored(config);
  const { graphs, plane, issues } = attached;
  try {
    if (key !== undefined) {
      const declared = declaredKeys(config.auth?.api_keys ?? []);
      return { found: await describeKey(graphs, { declared, plane }, key), issues };
    }
    const names = role === undefined ? roleNames(graphs) : [knownRole(graphs, role)];
    return { found: names.map((name) => describeRole(graphs, name)), issues };
  } finally {
    await attached.close();
  }
}

/** A role in the form of the control API. */
interface ShownRole extends Pick<RoleDescription, 'role' | 'limits'> {
  readonly key?: string;
  readonly keySettings?: KeySettings;
  readonly missingVariables?: readonly string[];
  readonly tables: readonly (Pick<TableDescription, 'source' | 'namespace' | 'table'> & {
    readonly json: string;
  })[];
}

const parts = 'role tables { source namespace table json } limits';

async function readAt(foz: RunningFoz, role: string | undefined, key: string | undefined): Promise<Answer> {
  const [field, name] =
    key !== undefined
      ? [`roles: keyPermissions(id: $name) { key keySettings missingVariables ${parts} }`, key]
      : role !== undefined
        ? [`roles: role(name: $name) { ${parts} }`, role]
        : [`roles { ${parts} }`];
  const declared = name === undefined ? '' : '($name: String!)';
  const { roles, issues, known } = await foz.query<{
    roles: ShownRole | readonly ShownRole[];
    issues: CatalogIssue[];
    known: readonly { readonly role: string }[];
  }>(`query ${declared} { ${field} issues { severity where reason } known: roles { role } }`, { name });
  const asked = key === undefined ? role : undefined;
  const problem =
    asked === undefined ? null : unknownRole([adminRole, ...known.map((one) => one.role)], asked);
  if (problem !== null) throw new FozError('not-found', problem);
  return { found: [roles].flat().map(asDescribed), issues };
}

function asDescribed({ tables, ...role }: ShownRole): Description {
  const described = tables.map(
    ({ json, ...table }) => ({ ...table, ...JSON.parse(json) }) as TableDescription,
  );
  const { limits, ...names } = role;
  return { ...names, tables: described, limits };
}

function printRoles(roles: readonly Description[]): void {
  if (roles.length === 0) console.log('No role has any permission; the admin role may do everything.');
  const rows = roles.map(({ role, tables }) => [
    role,
    ...(['select', 'insert', 'update', 'delete'] as const).map((kind) =>
      String(tables.filter((table) => table[kind] !== null).length),
    ),
  ]);
  if (rows.length > 0) printTable([['role', 'select', 'insert', 'update', 'delete'], ...rows]);
}

function print(found: Description): void {
  const { role, tables, limits } = found;
  console.log('key' in found ? `key ${found.key} as role ${role}` : `role ${role}`);
  if ('key' in found) printKeySettings(found.keySettings);
  if (tables.length === 0) console.log('  may do nothing');
  for (const table of tables) printPermissions(table);
  for (const name of 'key' in found ? found.missingVariables : [])
    console.log(
      `  has no variable ${name}, which permissions of this role need: requests that need it are refused`,
    );
  for (const [name, value] of Object.entries(limits))
    console.log(`  limit ${name}: ${JSON.stringify(value)}`);
}

function printKeySettings({ operations, variables, networks, expiresAt }: KeySettings): void {
  const set = Object.entries(variables).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  console.log(`  operations: ${operations.join(', ') || 'none'}`);
  console.log(`  variables: ${set.join(', ') || 'none'}`);
  console.log(
    `  accepted from ${networks?.join(', ') ?? 'any address'}, ${expiresAt === null ? 'without an end' : `until ${expiresAt}`}`,
  );
}

function printPermissions({
  source,
  namespace,
  table,
  select,
  insert,
  update,
  delete: remove,
}: TableDescription): void {
  console.log(`  ${[source, namespace, table].filter((part) => part !== null).join('.')}`);
  const line = (kind: string, ...parts: readonly (string | null)[]) =>
    console.log(`    ${kind.padEnd(7)} ${parts.filter((part) => part !== null && part !== '').join('; ')}`);
  const rows = (rule: DescribedRule, word: string) =>
    Object.keys(rule).length === 0 ? null : `${word} ${JSON.stringify(rule)}`;
  const presets = (values: Readonly<Record<string, unknown>>) =>
    Object.entries(values)
      .map(([name, value]) => `${name} is set to ${JSON.stringify(value)}`)
      .join('; ');
  const backend = (only: boolean) => (only ? 'only from a backend' : null);
  if (select !== null) {
    const masks = Object.entries(select.masks).map(
      ([name, rule]) => `${name} only where ${JSON.stringify(rule)}`,
    );
    line(
      'select',
      select.columns.join(', '),
      rows(select.filter, 'rows where'),
      masks.join('; '),
      select.limit === null ? null : `at most ${select.limit} rows`,
      select.aggregations ? 'aggregates' : null,
      select.queryRoots === null ? null : `root fields: ${select.queryRoots.join(', ') || 'none'}`,
    );
  }
  if (insert !== null)
    line(
      'insert',
      insert.columns.join(', '),
      presets(insert.presets),
      rows(insert.check, 'rows that pass'),
      backend(insert.backendOnly),
    );
  if (update !== null)
    line(
      'update',
      update.columns.join(', '),
      presets(update.presets),
      rows(update.filter, 'rows where'),
      rows(update.check, 'afterwards passing'),
      backend(update.backendOnly),
    );
  if (remove !== null)
    line(
      'delete',
      rows(remove.filter, 'rows where') ?? 'every row',
      Object.keys(remove.presets).length === 0 ? null : `rows stay: ${presets(remove.presets)}`,
      backend(remove.backendOnly),
    );
}
