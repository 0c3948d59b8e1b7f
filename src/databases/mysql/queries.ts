/** The queries of introspection, each over all namespaces at once; `?` is the list of their names. */
export interface Queries {
  /** namespace, name, type, comment, rows, options */
  readonly tables: string;
  /** namespace, table, name, data type, type, default, nullable, extra, expression, characters, precision, scale, fraction, character set, collation, comment, privileges, srid */
  readonly columns: string;
  /** namespace, table, index, column (null: an expression), prefix length */
  readonly uniqueIndexes: string;
  /** namespace, table, name, column, namespace, table, column */
  readonly foreignKeys: string;
  /** namespace, table (name of the check where `checkTables` is asked), condition */
  readonly checks: string;
  /** namespace, table, name of a check; `null`: `checks` already has the tables. Not joined by the server, whose join is quadratic. */
  readonly checkTables: string | null;
  /** namespace, name, updatable, definition */
  readonly views: string;
  /** namespace, table, event: triggers that run before it, so that they can change what is stored */
  readonly triggers: string;
  /** The tables whose triggers the user may see: namespace (`null`: everywhere), table (`null`: all of the namespace). */
  readonly triggerRights: string;
  /** Default expressions are SQL (`'a'`, `NULL`), not the plain value. */
  readonly defaultsAreExpressions: boolean;
  /** Quotes and backslashes in check conditions are escaped once more. */
  readonly checksAreEscaped: boolean;
}

const tables = `select table_schema, table_name, table_type, table_comment, table_rows, create_options
 from information_schema.tables where table_schema in (?) order by 1, 2`;

const columns = (
  srid: string,
) => `select table_schema, table_name, column_name, data_type, column_type, column_default, is_nullable,
 extra, generation_expression, character_maximum_length, numeric_precision, numeric_scale, datetime_precision, character_set_name,
 collation_name, column_comment, privileges, ${srid}
 from information_schema.columns where table_schema in (?) order by table_schema, table_name, ordinal_position`;

const uniqueIndexes = `select table_schema, table_name, index_name, column_name, sub_part
 from information_schema.statistics where table_schema in (?) and non_unique = 0 order by 1, 2, 3, seq_in_index`;

const foreignKeys = `select table_schema, table_name, constraint_name, column_name, referenced_table_schema, referenced_table_name, referenced_column_name
 from information_schema.key_column_usage where table_schema in (?) and referenced_table_name is not null
 order by 1, 2, 3, ordinal_position`;

const views = `select table_schema, table_name, is_updatable, view_definition from information_schema.views where table_schema in (?)`;

const triggers = `select distinct event_object_schema, event_object_table, event_manipulation from information_schema.triggers
 where event_object_schema in (?) and action_timing = 'BEFORE'`;

/** Rights that a user has through a role are not included. */
const triggerRights = (() => {
  const own = `privilege_type = 'TRIGGER'
 and grantee = concat('''', substring_index(current_user(), '@', greatest(1, length(current_user()) - length(replace(current_user(), '@', '')))), '''@''', substring_index(current_user(), '@', -1), '''')`;
  return `select null, null from information_schema.user_privileges where ${own}
 union all select table_schema, null from information_schema.schema_privileges where ${own}
 union all select table_schema, table_name from information_schema.table_privileges where ${own}`;
})();

export const mysqlQueries: Queries = {
  tables,
  columns: columns('srs_id'),
  uniqueIndexes,
  foreignKeys,
  checks: `select constraint_schema, constraint_name, check_clause from information_schema.check_constraints where constraint_schema in (?)`,
  checkTables: `select table_schema, table_name, constraint_name from information_schema.table_constraints
 where table_schema in (?) and constraint_type = 'CHECK'`,
  views,
  triggers,
  triggerRights,
  defaultsAreExpressions: false,
  checksAreEscaped: true,
};

export const mariadbQueries: Queries = {
  tables,
  columns: columns('null'),
  uniqueIndexes,
  foreignKeys,
  checks: `select constraint_schema, table_name, check_clause, constraint_name from information_schema.check_constraints where constraint_schema in (?)`,
  checkTables: null,
  views,
  triggers,
  triggerRights,
  defaultsAreExpressions: true,
  checksAreEscaped: false,
};

const changing = /^Com_(?:create|alter|drop|rename)_(?:table|view|index|db|trigger)$|^Com_(?:grant|revoke)$/i;

/** The number of statements that changed a schema, summed over the server's counters. */
export function changeHint(counted: readonly (readonly unknown[])[]): string {
  return counted
    .filter(([name]) => changing.test(String(name)))
    .map((row) => row.join(' '))
    .join();
}
