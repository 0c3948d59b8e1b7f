import {
  type Catalog,
  type CatalogIssue,
  type Column,
  type DeletePermissionMetadata,
  didYouMean,
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
import { addInherited } from './inherit.ts';
import type {
  DeletePermission,
  InsertPermission,
  RolePermissions,
  RowValidation,
  SelectPermission,
  UpdatePermission,
} from './permission.ts';
import { type PermissionKind, PermissionsDraft } from './permissions-draft.ts';
import { type FindTable, RuleProblem, readAll, readRule, refuse } from './read-rule.ts';
import { stepsOf } from './steps-of.ts';

/** The permissions of every role. */
export interface Permissions {
  readonly roles: ReadonlyMap<RoleName, RolePermissions>;
  /** Validation rules for every role, by table id. */
  readonly validations: ReadonlyMap<string, readonly RowValidation[]>;
  /** Faults in permissions. A permission with any fault grants nothing. */
  readonly issues: readonly CatalogIssue[];
}

/**
 * Resolves the permissions of all roles. Never throws: a permission with faults grants nothing, and is reported in
 * `issues`.
 */
export function resolvePermissions(catalog: Pick<Catalog, 'sources'>, metadata: Metadata): Permissions {
  const issues: CatalogIssue[] = [];
  const draft = new PermissionsDraft();
  const find = tableFinder(catalog);
  const validations = new Map<string, readonly RowValidation[]>();
  for (const [index, entry] of metadata.tables.entries()) {
    const table = find(entry.source, entry.table);
    if (table === undefined) continue;
    const reading = { draft, find, issues, path: ['tables', index] };
    readTable(reading, table, entry);
    if (entry.validations !== undefined)
      validations.set(table.id, readValidations(reading, table, entry.validations));
  }
  addInherited(draft, metadata.inherited_roles ?? [], issues);
  const roles = new Map(
    [...draft.roles].map(([role, tables]): [RoleName, RolePermissions] => [role, { role, tables }]),
  );
  return { roles, validations, issues };
}

/** Finds the tables of a catalog by their names in metadata: the source, and a name or a schema with a name. */
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
  { find, issues, path }: Reading,
  table: Table,
  given: readonly RowValidationMetadata[],
): RowValidation[] {
  return given.flatMap(({ check, message }, at) => {
    try {
      return [{ rule: readRule(table, check, 'check', find), message }];
    } catch (error) {
      if (!(error instanceof RuleProblem)) throw error;
      for (const { where, reason, follows } of error.problems)
        issues.push({
          severity: 'error',
          where: `${table.id}: validations[${at}], ${where}`,
          reason: `${reason}; the rule is left out`,
          path: [...path, 'validations', at, ...stepsOf(where)],
          ...(follows ? { topic: 'follows' } : {}),
        });
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
  readonly draft: PermissionsDraft;
  readonly find: FindTable;
  readonly issues: CatalogIssue[];
  /** The path of the table's entry in the metadata. */
  readonly path: readonly (string | number)[];
}

function readTable(reading: Reading, table: Table, entry: TableMetadata): void {
  const { draft, find, issues } = reading;
  for (const kind of Object.keys(readers) as PermissionKind[]) {
    const list: readonly PermissionMetadata<unknown>[] = entry[`${kind}_permissions`] ?? [];
    for (const [index, { role: name, permission }] of list.entries()) {
      const where = `${table.id}: ${kind} permission of role ${JSON.stringify(name)}`;
      const path = [...reading.path, `${kind}_permissions`, index];
      const report = (at: string, reason: string, follows?: true) =>
        issues.push({
          severity: 'error',
          where: at === '' ? where : `${where}, ${at}`,
          reason,
          path: at === '' ? path : [...path, 'permission', ...stepsOf(at)],
          ...(follows ? { topic: 'follows' } : {}),
        });
      const role = parseRoleName(name);
      if (role === undefined || role === adminRole) {
        report('', role === adminRole ? 'admin may do everything already' : 'this is no name for a role');
        continue;
      }
      try {
        const tables = draft.of(role);
        const known = tables.get(table.id) ?? { table, ...nothing };
        if (known[kind] !== null) report('', 'the role has this permission twice: the first one holds');
        else {
          const read = readers[kind](table, permission as never, find);
          tables.set(table.id, { ...known, [kind]: read });
          if (table.primaryKey === null && 'check' in read && !isEveryRow(read.check))
            issues.push({ severity: 'note', where, reason: noKey, path });
        }
      } catch (error) {
        if (!(error instanceof RuleProblem)) throw error;
        draft.refuse(role, table.id, kind);
        for (const problem of error.problems)
          report(problem.where, `${problem.reason}; the permission is left out`, problem.follows);
      }
    }
  }
}

function readSelect(table: Table, given: SelectPermissionMetadata, find: FindTable): SelectPermission {
  const { columns, filter, masks } = readParts({
    columns: () => columnsOf(table, given.columns),
    filter: () => readRule(table, given.filter ?? {}, 'filter', find),
    masks: () => masksOf(table, given, find),
  });
  return {
    columns,
    masks,
    filter,
    limit: given.limit ?? null,
    aggregations: given.allow_aggregations ?? false,
    queryRoots: rootsOf(given.query_root_fields),
    subscriptionRoots: rootsOf(given.subscription_root_fields),
  };
}

/** Reads all parts of a permission. Throws RuleProblem with the faults of all parts. */
function readParts<T>(parts: { readonly [Name in keyof T]: () => T[Name] }): T {
  const names = Object.keys(parts) as (keyof T)[];
  const read = readAll(names.map((name) => (): unknown => parts[name]()));
  return Object.fromEntries(names.map((name, at) => [name, read[at]])) as T;
}

function masksOf(
  table: Table,
  { columns, masks = {} }: SelectPermissionMetadata,
  find: FindTable,
): ReadonlyMap<Column, RowRule> {
  const isGranted = (name: string) => columns === '*' || (Array.isArray(columns) && columns.includes(name));
  return new Map(
    readAll(
      Object.entries(masks).map(([name, rule]) => (): [Column, RowRule] => {
        const column = table.column.get(name);
        if (column === undefined || !isGranted(name))
          return refuse(`masks.${name}`, `${name} is not among the columns of the permission`);
        return [column, readRule(table, rule, `masks.${name}`, find)];
      }),
    ),
  );
}

function rootsOf(given: readonly RootFieldKind[] | null | undefined): ReadonlySet<RootFieldKind> | null {
  return given === null || given === undefined ? null : new Set(given);
}

function readInsert(table: Table, given: InsertPermissionMetadata, find: FindTable): InsertPermission {
  const { presets, columns, check } = readParts({
    columns: () => columnsOf(table, given.columns),
    presets: () => presetsOf(table, given.set),
    check: () => readRule(table, given.check ?? {}, 'check', find),
  });
  return {
    columns: columns.filter((column) => !presets.has(column)),
    check,
    presets,
    backendOnly: given.backend_only ?? false,
  };
}

function readUpdate(table: Table, given: UpdatePermissionMetadata, find: FindTable): UpdatePermission {
  const { presets, columns, ...rules } = readParts({
    columns: () => columnsOf(table, given.columns),
    presets: () => presetsOf(table, given.set),
    filter: () => readRule(table, given.filter ?? {}, 'filter', find),
    check: () =>
      given.check === null || given.check === undefined
        ? everyRow
        : readRule(table, given.check, 'check', find),
  });
  return {
    columns: columns.filter((column) => !presets.has(column)),
    ...rules,
    presets,
    backendOnly: given.backend_only ?? false,
  };
}

function readDelete(table: Table, given: DeletePermissionMetadata, find: FindTable): DeletePermission {
  const rules = readParts({
    filter: () => readRule(table, given.filter ?? {}, 'filter', find),
    presets: () => presetsOf(table, given.set),
  });
  return { ...rules, backendOnly: given.backend_only ?? false };
}

function columnsOf(table: Table, given: '*' | readonly string[]): readonly Column[] {
  if (given === '*') return table.columns;
  if (!Array.isArray(given)) refuse('columns', 'must be a list of columns, or "*"');
  const names = given as readonly string[];
  readAll(
    names.map((name, at) => () => {
      if (!table.column.has(name)) refuse(`columns[${at}]`, noColumn(table, name));
    }),
  );
  const named = new Set(names.map((name) => table.column.get(name)));
  return table.columns.filter((column) => named.has(column));
}

function noColumn(table: Table, name: string): string {
  return `${table.id} has no column "${name}"${didYouMean(name, table.column.keys())}`;
}

function presetsOf(
  table: Table,
  given: Readonly<Record<string, unknown>> | undefined,
): ReadonlyMap<Column, RuleValue> {
  return new Map(
    readAll(
      Object.entries(given ?? {}).map(([name, value]) => (): [Column, RuleValue] => {
        const column = table.column.get(name);
        if (column === undefined) return refuse(`set.${name}`, noColumn(table, name));
        if (value === null) return [column, { kind: 'constant', value: null }];
        const read = ruleValue(value, column.type);
        const problem = typeof read === 'string' ? read : labelProblem(column, read);
        if (typeof read === 'string' || problem !== null) return refuse(`set.${name}`, String(problem));
        return [column, read];
      }),
    ),
  );
}
