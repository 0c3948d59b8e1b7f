import {
  type Catalog,
  type CatalogIssue,
  type Column,
  type DeletePermissionMetadata,
  everyRow,
  type InsertPermissionMetadata,
  isEveryRow,
  type Metadata,
  type PermissionMetadata,
  type RootFieldKind,
  type RowRule,
  type RowValidationMetadata,
  type RuleValue,
  type SelectPermissionMetadata,
  type Table,
  type TableMetadata,
  type UpdatePermissionMetadata,
} from '../catalog/index.ts';
import { adminRole, parseRoleName, type RoleName } from '../core/index.ts';
import { labelProblem, ruleValue } from './constants.ts';
import { Draft, type PermissionKind } from './draft.ts';
import { addInherited } from './inherit.ts';
import type {
  DeletePermission,
  InsertPermission,
  RolePermissions,
  RowValidation,
  SelectPermission,
  UpdatePermission,
} from './permission.ts';
import { type FindTable, RuleProblem, readRule } from './read-rule.ts';

/** The permissions of every role. */
export interface Permissions {
  readonly roles: ReadonlyMap<RoleName, RolePermissions>;
  /** By table id: what holds for everybody. */
  readonly validations: ReadonlyMap<string, readonly RowValidation[]>;
  /** What was left out, and why. A permission with anything wrong in it grants nothing. */
  readonly issues: readonly CatalogIssue[];
}

/** Resolves the permissions that metadata gives to roles. Never throws: what is wrong grants nothing and is told in `issues`. */
export function resolvePermissions(catalog: Pick<Catalog, 'sources'>, metadata: Metadata): Permissions {
  const issues: CatalogIssue[] = [];
  const draft = new Draft();
  const find = tableFinder(catalog);
  const validations = new Map<string, readonly RowValidation[]>();
  for (const entry of metadata.tables) {
    const table = find(entry.source, entry.table);
    if (table === undefined) continue;
    readTable({ draft, find, issues }, table, entry);
    if (entry.validations !== undefined)
      validations.set(table.id, readValidations(table, entry.validations, find, issues));
  }
  addInherited(draft, metadata.inherited_roles ?? [], issues);
  const roles = new Map(
    [...draft.roles].map(([role, tables]): [RoleName, RolePermissions] => [role, { role, tables }]),
  );
  return { roles, validations, issues };
}

/** Finds the tables of a catalog as metadata names them: by the name of the source, and a name or a schema with a name. */
export function tableFinder(catalog: Pick<Catalog, 'sources'>): FindTable {
  const tables = new Map<string, Table>();
  for (const source of catalog.sources.values())
    for (const table of source.tables)
      tables.set(JSON.stringify([source.name, table.namespace, table.name]), table);
  return (name, given) => {
    const source = [...catalog.sources.values()].find((candidate) => candidate.name === name);
    if (source === undefined || given === null || given === undefined) return undefined;
    const { schema, name: own } =
      typeof given === 'string'
        ? { schema: null, name: given }
        : (given as { schema?: string; name?: string });
    return tables.get(JSON.stringify([name, schema ?? source.defaultNamespace, own]));
  };
}

function readValidations(
  table: Table,
  given: readonly RowValidationMetadata[],
  find: FindTable,
  issues: CatalogIssue[],
): RowValidation[] {
  return given.flatMap(({ check, message }, at) => {
    try {
      return [{ rule: readRule(table, check, 'check', find), message }];
    } catch (error) {
      if (!(error instanceof RuleProblem)) throw error;
      const where = `${table.id}: validations[${at}], ${error.where}`;
      issues.push({ severity: 'error', where, reason: `${error.message}; the rule is left out` });
      return [];
    }
  });
}

const readers = {
  select: readSelect,
  insert: readInsert,
  update: readUpdate,
  delete: readDelete,
} as const satisfies Record<PermissionKind, unknown>;

const nothing = { select: null, insert: null, update: null, delete: null } as const;

const noKey =
  'the table has no key, by which a written row is found to hold it against the check, so writes are refused: declare one (primary_key)';

interface Reading {
  readonly draft: Draft;
  readonly find: FindTable;
  readonly issues: CatalogIssue[];
}

function readTable({ draft, find, issues }: Reading, table: Table, entry: TableMetadata): void {
  for (const kind of Object.keys(readers) as PermissionKind[]) {
    const list: readonly PermissionMetadata<unknown>[] = entry[`${kind}_permissions`] ?? [];
    for (const { role: name, permission } of list) {
      const where = `${table.id}: ${kind} permission of role ${JSON.stringify(name)}`;
      const refuse = (at: string, reason: string) =>
        issues.push({ severity: 'error', where: at === '' ? where : `${where}, ${at}`, reason });
      const role = parseRoleName(name);
      if (role === undefined || role === adminRole) {
        refuse('', role === adminRole ? 'admin may do everything already' : 'this is no name for a role');
        continue;
      }
      try {
        const tables = draft.of(role);
        const known = tables.get(table.id) ?? { table, ...nothing };
        if (known[kind] !== null) refuse('', 'the role has this permission twice: the first one holds');
        else {
          const read = readers[kind](table, permission as never, find);
          tables.set(table.id, { ...known, [kind]: read });
          if (table.primaryKey === null && 'check' in read && !isEveryRow(read.check))
            issues.push({ severity: 'note', where, reason: noKey });
        }
      } catch (error) {
        if (!(error instanceof RuleProblem)) throw error;
        draft.refuse(role, table.id, kind);
        refuse(error.where, `${error.message}; the permission is left out`);
      }
    }
  }
}

function readSelect(table: Table, given: SelectPermissionMetadata, find: FindTable): SelectPermission {
  const columns = columnsOf(table, given.columns);
  const masks = new Map<Column, RowRule>();
  for (const [name, rule] of Object.entries(given.masks ?? {})) {
    const column = table.column.get(name);
    if (column === undefined || !columns.includes(column))
      throw new RuleProblem(`masks.${name}`, `${name} is not among the columns of the permission`);
    masks.set(column, readRule(table, rule, `masks.${name}`, find));
  }
  return {
    columns,
    masks,
    filter: readRule(table, given.filter ?? {}, 'filter', find),
    limit: given.limit ?? null,
    aggregations: given.allow_aggregations ?? false,
    queryRoots: rootsOf(given.query_root_fields),
    subscriptionRoots: rootsOf(given.subscription_root_fields),
  };
}

function rootsOf(given: readonly RootFieldKind[] | null | undefined): ReadonlySet<RootFieldKind> | null {
  return given === null || given === undefined ? null : new Set(given);
}

function readInsert(table: Table, given: InsertPermissionMetadata, find: FindTable): InsertPermission {
  const presets = presetsOf(table, given.set);
  return {
    columns: columnsOf(table, given.columns).filter((column) => !presets.has(column)),
    check: readRule(table, given.check ?? {}, 'check', find),
    presets,
    backendOnly: given.backend_only ?? false,
  };
}

function readUpdate(table: Table, given: UpdatePermissionMetadata, find: FindTable): UpdatePermission {
  const presets = presetsOf(table, given.set);
  return {
    columns: columnsOf(table, given.columns).filter((column) => !presets.has(column)),
    filter: readRule(table, given.filter ?? {}, 'filter', find),
    check:
      given.check === null || given.check === undefined
        ? everyRow
        : readRule(table, given.check, 'check', find),
    presets,
    backendOnly: given.backend_only ?? false,
  };
}

function readDelete(table: Table, given: DeletePermissionMetadata, find: FindTable): DeletePermission {
  return {
    filter: readRule(table, given.filter ?? {}, 'filter', find),
    presets: presetsOf(table, given.set),
    backendOnly: given.backend_only ?? false,
  };
}

function columnsOf(table: Table, given: '*' | readonly string[]): readonly Column[] {
  if (given === '*') return table.columns;
  if (!Array.isArray(given)) throw new RuleProblem('columns', 'must be a list of columns, or "*"');
  const names = given as readonly string[];
  const missing = names.filter((name) => !table.column.has(name)).map((name) => `"${name}"`);
  if (missing.length > 0) throw new RuleProblem('columns', `${table.id} has no column ${missing.join(', ')}`);
  const named = new Set(names.map((name) => table.column.get(name)));
  return table.columns.filter((column) => named.has(column));
}

function presetsOf(
  table: Table,
  given: Readonly<Record<string, unknown>> | undefined,
): ReadonlyMap<Column, RuleValue> {
  return new Map(
    Object.entries(given ?? {}).map(([name, value]): [Column, RuleValue] => {
      const column = table.column.get(name);
      if (column === undefined) throw new RuleProblem(`set.${name}`, `${table.id} has no column "${name}"`);
      if (value === null) return [column, { kind: 'constant', value: null }];
      const read = ruleValue(value, column.type);
      const problem = typeof read === 'string' ? read : labelProblem(column, read);
      if (typeof read === 'string' || problem !== null) throw new RuleProblem(`set.${name}`, String(problem));
      return [column, read];
    }),
  );
}
