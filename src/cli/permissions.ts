import type { DescribedRule, TableDescription } from '../access/index.ts';
import { scopesOf } from '../auth/index.ts';
import { describeRole, type FozConfig, type Graphs, loadConfig, roleNames } from '../control/index.ts';
import { FozError } from '../core/index.ts';
import { attachStored } from './attach-stored.ts';

interface Options {
  readonly config: string;
  readonly key?: string;
  readonly json?: boolean;
}

/** `foz permissions`: what roles and keys may do in the end. */
export async function showPermissions(role: string | undefined, options: Options): Promise<void> {
  const config = loadConfig(options.config);
  const attached = await attachStored(config);
  try {
    const { graphs } = attached;
    const found =
      options.key === undefined ? ofRoles(graphs, role) : ofKey(graphs, config, options.key, role);
    if (options.json === true) console.log(JSON.stringify(found, null, 2));
    else if (role === undefined && options.key === undefined) printRoles(found);
    else for (const one of found) print(one);
    for (const { severity, where, reason } of graphs.issues)
      if (severity === 'error') console.error(`${where}: ${reason}`);
  } finally {
    await attached.close();
  }
}

type Found = ReturnType<typeof describeRole> & { readonly key?: string };

function ofRoles(graphs: Graphs, role: string | undefined): Found[] {
  return (role === undefined ? roleNames(graphs) : [role]).map((name) => describeRole(graphs, name));
}

function ofKey(graphs: Graphs, { auth }: FozConfig, name: string, role: string | undefined): Found[] {
  const key = auth?.api_keys?.find((candidate) => candidate.name === name || candidate.prefix === name);
  if (key === undefined)
    throw new FozError(
      'not-found',
      `The configuration declares no key "${name}". Keys of the store are shown by the control API: { keys { name } }.`,
    );
  const roles = role === undefined ? key.roles : key.roles.filter((own) => own === role);
  if (roles.length === 0) throw new FozError('not-found', `The key ${name} cannot take the role ${role}.`);
  const scopes = scopesOf(key.scopes);
  return roles.map((own) => ({
    key: key.name,
    ...describeRole(graphs, own, { scopes, limits: key.limits }),
  }));
}

function printRoles(roles: readonly Found[]): void {
  if (roles.length === 0) console.log('No role has any permission; the admin role may do everything.');
  const rows = roles.map(({ role, tables }) => [
    role,
    ...(['select', 'insert', 'update', 'delete'] as const).map((kind) =>
      String(tables.filter((table) => table[kind] !== null).length),
    ),
  ]);
  if (rows.length > 0) printTable([['role', 'select', 'insert', 'update', 'delete'], ...rows]);
}

function print({ role, key, tables, limits }: Found): void {
  console.log(key === undefined ? `role ${role}` : `key ${key} as role ${role}`);
  if (tables.length === 0) console.log('  may do nothing');
  for (const table of tables) printPermissions(table);
  for (const [name, value] of Object.entries(limits))
    console.log(`  limit ${name}: ${JSON.stringify(value)}`);
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

function printTable(rows: readonly (readonly string[])[]): void {
  const widths = rows[0]!.map((_, at) => Math.max(...rows.map((row) => row[at]!.length)));
  for (const row of rows)
    console.log(
      row
        .map((cell, at) => cell.padEnd(widths[at]!))
        .join('  ')
        .trimEnd(),
    );
}
