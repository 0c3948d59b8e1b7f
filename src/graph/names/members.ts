import type {
  CatalogIssue,
  Column,
  EnumType,
  Key,
  Naming,
  Relationship,
  Table,
} from '../../catalog/index.ts';
import { camelCase, spellExact, spellName, takeName, upperCase } from './identifier.ts';

/** Names within the types of one table. */
export interface Members {
  readonly columns: ReadonlyMap<Column, string>;
  readonly relationships: ReadonlyMap<Relationship, string>;
  /** All names in use within the table. */
  readonly taken: ReadonlySet<string>;
  readonly issues: readonly CatalogIssue[];
}

/** Fixed fields of every `<table>_bool_exp`. No column or relationship can have these names. */
const fixedFields = ['_and', '_or', '_not', '_some', '_every', '_none'];

/**
 * Names the columns and relationships of a table. Columns whose spelling is legal come before those that had to be
 * respelled. Columns come before relationships, unless the relationship is older. A taken name gets `_2`, `_3`, ...
 * and is reported. A role sees the same names as in the whole table.
 */
export function nameMembers(table: Table, naming: Naming, relationships: readonly Relationship[]): Members {
  const { access } = table;
  if (access === null) return nameWhole(table, naming, relationships);
  const whole = nameWhole(access.whole, naming, access.whole.relationships);
  const columns = new Map(whole.columns);
  for (const column of table.columns)
    columns.set(column, whole.columns.get(access.whole.column.get(column.name)!)!);
  const named = new Map<string, string>();
  for (const [{ name }, field] of whole.relationships) named.set(name, field);
  const visible = relationships.map((relationship) => [relationship, named.get(relationship.name)!] as const);
  return { columns, relationships: new Map(visible), taken: whole.taken, issues: [] };
}

function nameWhole(table: Table, naming: Naming, relationships: readonly Relationship[]): Members {
  const taken = new Set(fixedFields);
  const issues: CatalogIssue[] = [];
  const report = (what: string, wanted: string, name: string) => {
    if (name === wanted) return;
    const reason = `The field "${wanted}" is taken in ${table.id}, so ${what} is called "${name}". Give it a custom_name.`;
    issues.push({ severity: 'note', where: `${table.id}.${what}`, reason });
  };
  const columns = new Map<Column, string>();
  const named = new Map<Relationship, string>();
  for (const relationship of relationships.filter((one) => isOlder(one, table)))
    named.set(relationship, relationshipName(relationship, naming, taken));
  const wanted = new Map(table.columns.map((column) => [column, columnWord(column, naming)]));
  const keepsName = (column: Column) => column.customName !== null || wanted.get(column) === column.name;
  for (const column of [
    ...table.columns.filter(keepsName),
    ...table.columns.filter((other) => !keepsName(other)),
  ]) {
    const name = takeName(wanted.get(column)!, taken);
    columns.set(column, name);
    report(column.name, wanted.get(column)!, name);
  }
  for (const relationship of relationships) {
    if (named.has(relationship)) continue;
    const name = relationshipName(relationship, naming, taken);
    named.set(relationship, name);
    report(relationship.name, relationshipWord(relationship, naming), name);
  }
  return { columns, relationships: named, taken, issues };
}

/** A relationship with the name of a column is older than the column, since a new relationship would have got another name. */
function isOlder({ name, kind }: Relationship, { column }: Table): boolean {
  return column.has(name) || (kind === 'array' && column.has(`${name}_aggregate`));
}

function columnWord({ customName, name }: Column, naming: Naming): string {
  if (customName !== null) return spellExact(customName);
  return naming === 'hasura-default' ? spellName(name) : camelCase(spellName(name));
}

function relationshipWord({ name }: Relationship, naming: Naming): string {
  return naming === 'hasura-default' ? spellName(name) : camelCase(spellName(name));
}

/** An array relationship needs two free names: its own and that of its aggregate. */
function relationshipName(relationship: Relationship, naming: Naming, taken: Set<string>): string {
  const wanted = relationshipWord(relationship, naming);
  const isFree = (name: string) =>
    !taken.has(name) && (relationship.kind === 'object' || !taken.has(aggregateField(naming, name)));
  let name = wanted;
  for (let count = 2; !isFree(name); count++) name = `${wanted}_${count}`;
  taken.add(name);
  if (relationship.kind === 'array') taken.add(aggregateField(naming, name));
  return name;
}

/** `items_aggregate`, `itemsAggregate` */
export function aggregateField(naming: Naming, relationship: string): string {
  return naming === 'hasura-default' ? `${relationship}_aggregate` : `${relationship}Aggregate`;
}

/** Words that GraphQL does not allow as enum values. */
const notValues = new Set(['true', 'false', 'null']);

/** Enum values for columns, in the order of the table: the field names, in capitals in graphql-default. */
export function columnValues(
  members: Members,
  columns: readonly Column[],
  naming: Naming,
): Map<string, Column> {
  const taken = new Set(notValues);
  return new Map(
    columns.map((column) => {
      const field = members.columns.get(column)!;
      return [takeName(naming === 'hasura-default' ? field : upperCase(field), taken), column];
    }),
  );
}

/** Enum values for the keys of a table. A key without a name of its own is named as PostgreSQL would name it. */
export function keyValues(table: Table, naming: Naming): Map<string, Key> {
  const taken = new Set(notValues);
  return new Map(
    table.keys.map((key) => {
      const name = spellName(key.name === '' || key.name === 'PRIMARY' ? usualKeyName(table, key) : key.name);
      return [takeName(naming === 'hasura-default' ? name : upperCase(name), taken), key];
    }),
  );
}

function usualKeyName(table: Table, key: Key): string {
  if (key.primary) return `${table.name}_pkey`;
  return [table.name, ...key.columns.map((column) => column.name), 'key'].join('_');
}

/**
 * GraphQL names of an enum's labels, in their order. Labels that are legal names stay as stored. Others are
 * respelled, and made unique by `_2`, `_3`, ... Labels of an enum table are in capitals in graphql-default, as in
 * Hasura.
 */
export function labelValues(type: EnumType, naming: Naming): Map<string, string> {
  const taken = new Set(notValues);
  const names = new Map<string, string>();
  const isUpper = type.ofTable === true && naming === 'graphql-default';
  const spelled = type.values.map(({ value }) => {
    const name = spellExact(value);
    return { value, name: isUpper ? upperCase(name) : name };
  });
  for (const { value, name } of spelled) if (value === name) names.set(value, takeName(name, taken));
  for (const { value, name } of spelled) if (!names.has(value)) names.set(value, takeName(name, taken));
  return new Map(spelled.map(({ value }) => [names.get(value)!, value]));
}

/** Values of a fixed enum: `asc_nulls_first`, `ASC_NULLS_FIRST`. */
export function fixedValue(naming: Naming, snake: string): string {
  return naming === 'hasura-default' ? snake : upperCase(snake);
}
