import type { Column, RowRule, RuleValue, Table } from '../catalog/index.ts';
import type { DeletePermission, RolePermissions, SelectPermission, TablePermission } from './permission.ts';

/** A condition in the format of the metadata: `{ "owner_id": { "_eq": "X-Foz-User-Id" } }`. `{}`: every row. */
export type DescribedRule = Readonly<Record<string, unknown>>;

/** The permissions of a role on one table, by database names; `null`: no permission of that kind. */
export interface TableDescription {
  readonly source: string;
  readonly namespace: string | null;
  readonly table: string;
  readonly select: {
    readonly columns: readonly string[];
    /** By column: the rows in which its value is seen. In other rows it is null. */
    readonly masks: Readonly<Record<string, DescribedRule>>;
    readonly filter: DescribedRule;
    readonly limit: number | null;
    readonly aggregations: boolean;
    /** The root fields that the role is limited to; `null`: all. */
    readonly queryRoots: readonly string[] | null;
    readonly subscriptionRoots: readonly string[] | null;
  } | null;
  readonly insert: WriteDescription | null;
  readonly update: (WriteDescription & { readonly filter: DescribedRule }) | null;
  readonly delete: {
    readonly filter: DescribedRule;
    /** Soft delete, by column: the values that are written instead of deleting the rows. */
    readonly presets: Readonly<Record<string, unknown>>;
    readonly backendOnly: boolean;
  } | null;
}

export interface WriteDescription {
  readonly columns: readonly string[];
  /** By column: the values that are written instead of what the client provides. */
  readonly presets: Readonly<Record<string, unknown>>;
  /** The condition that every written row must pass. */
  readonly check: DescribedRule;
  readonly backendOnly: boolean;
}

/** The permissions of a role, by source, namespace and table. */
export function describePermissions({ tables }: RolePermissions): readonly TableDescription[] {
  const key = ({ source, namespace, table }: TableDescription) => `${source}\0${namespace ?? ''}\0${table}`;
  return [...tables.values()]
    .map(describeTable)
    .filter(
      ({ select, insert, update, delete: remove }) =>
        select !== null || insert !== null || update !== null || remove !== null,
    )
    .sort((one, other) => (key(one) < key(other) ? -1 : 1));
}

function describeTable({ table, select, insert, update, delete: remove }: TablePermission): TableDescription {
  return {
    source: table.source.name,
    namespace: table.namespace,
    table: table.name,
    select: select === null ? null : describeSelect(select),
    insert: insert === null ? null : describeWrite(insert),
    update: update === null ? null : { ...describeWrite(update), filter: describeRule(update.filter) },
    delete: remove === null ? null : describeDelete(remove),
  };
}

function describeSelect(select: SelectPermission): TableDescription['select'] {
  const { columns, masks, filter, limit, aggregations, queryRoots, subscriptionRoots } = select;
  return {
    columns: columns.map(({ name }) => name),
    masks: Object.fromEntries([...masks].map(([column, rule]) => [column.name, describeRule(rule)])),
    filter: describeRule(filter),
    limit,
    aggregations,
    queryRoots: queryRoots === null ? null : [...queryRoots].sort(),
    subscriptionRoots: subscriptionRoots === null ? null : [...subscriptionRoots].sort(),
  };
}

function describeDelete({ filter, presets, backendOnly }: DeletePermission): TableDescription['delete'] {
  return { filter: describeRule(filter), presets: describePresets(presets), backendOnly };
}

interface Written {
  readonly columns: readonly Column[];
  readonly presets: ReadonlyMap<Column, RuleValue>;
  readonly check: RowRule;
  readonly backendOnly: boolean;
}

function describeWrite({ columns, presets, check, backendOnly }: Written): WriteDescription {
  return {
    columns: columns.map(({ name }) => name),
    presets: describePresets(presets),
    check: describeRule(check),
    backendOnly,
  };
}

function describePresets(presets: ReadonlyMap<Column, RuleValue>): Readonly<Record<string, unknown>> {
  return Object.fromEntries([...presets].map(([column, value]) => [column.name, describeValue(value)]));
}

/** A resolved rule in the format of the metadata. Reading it back returns an equivalent rule. */
export function describeRule(rule: RowRule): DescribedRule {
  switch (rule.kind) {
    case 'and':
      return rule.of.length === 0 ? {} : { _and: rule.of.map(describeRule) };
    case 'or':
      return { _or: rule.of.map(describeRule) };
    case 'not':
      return { _not: describeRule(rule.of) };
    case 'compare':
      return { [rule.column.name]: { [rule.op]: describeValue(rule.value) } };
    case 'between':
      return { [rule.column.name]: { _between: [describeValue(rule.low), describeValue(rule.high)] } };
    case 'is null':
      return { [rule.column.name]: { _is_null: !rule.negated } };
    case 'columns':
      return { [rule.left.name]: { [`_c${rule.op.slice(1)}`]: rule.right.name } };
    case 'exists':
      return { [rule.relationship.name]: describeRule(rule.where) };
    case 'exists table':
      return { _exists: { _table: tableName(rule.table), _where: describeRule(rule.where) } };
  }
}

function tableName({ namespace, name }: Table): unknown {
  return namespace === null ? name : { schema: namespace, name };
}

function describeValue(value: RuleValue): unknown {
  switch (value.kind) {
    case 'constant':
      return value.value;
    case 'session':
      return `X-Foz-${value.name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase())}`;
    case 'list':
      return value.of.map(describeValue);
  }
}
