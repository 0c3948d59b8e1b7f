import type { RunResult } from '../../plan/index.ts';

/*
 * The catalog views show what the user has some right to ("Metadata visibility configuration"). Definitions are NULL without VIEW DEFINITION.
 * Every query reads all tables at once: functions such as OBJECT_DEFINITION per row take minutes where there are many.
 */

const visible = `from sys.objects o join sys.schemas s on s.schema_id = o.schema_id`;
const userObjects = `o.type in ('U', 'V') and o.is_ms_shipped = 0 and s.name not in ('sys', 'INFORMATION_SCHEMA', 'information_schema', 'cdc')`;

export const queries = {
  tables: `select s.name, o.name, o.type, cast(p.value as nvarchar(4000)), o.object_id,
  has_perms_by_name(quotename(s.name) + '.' + quotename(o.name), 'OBJECT', 'SELECT'),
  has_perms_by_name(quotename(s.name) + '.' + quotename(o.name), 'OBJECT', 'ALTER'),
  has_perms_by_name(quotename(s.name) + '.' + quotename(o.name), 'OBJECT', 'INSERT'),
  has_perms_by_name(quotename(s.name) + '.' + quotename(o.name), 'OBJECT', 'UPDATE'),
  has_perms_by_name(quotename(s.name) + '.' + quotename(o.name), 'OBJECT', 'DELETE')
${visible}
left join sys.extended_properties p on p.class = 1 and p.major_id = o.object_id and p.minor_id = 0 and p.name = 'MS_Description'
where ${userObjects}
order by s.name, o.name`,

  columns: `select c.object_id, c.name, t.name, b.name, c.max_length, c.precision, c.scale, c.collation_name, c.is_nullable, c.is_identity,
  c.is_computed, d.definition, cast(p.value as nvarchar(4000)), c.default_object_id
from sys.columns c
join sys.objects o on o.object_id = c.object_id
join sys.schemas s on s.schema_id = o.schema_id
join sys.types t on t.user_type_id = c.user_type_id
left join sys.types b on b.user_type_id = c.system_type_id and b.system_type_id = c.system_type_id
left join sys.default_constraints d on d.object_id = c.default_object_id
left join sys.extended_properties p on p.class = 1 and p.major_id = c.object_id and p.minor_id = c.column_id and p.name = 'MS_Description'
where ${userObjects}
order by c.object_id, c.column_id`,

  /**
   * Unique keys. One with a filter is none, nor is one that is disabled. One that ignores duplicates (IGNORE_DUP_KEY) is as unique: it only
   * skips rows that an insert repeats. Ordinal 0: a column of the partitioning, not of the key.
   */
  keys: `select i.object_id, i.name, i.is_primary_key, c.name
from sys.indexes i
join sys.index_columns ic on ic.object_id = i.object_id and ic.index_id = i.index_id
join sys.columns c on c.object_id = ic.object_id and c.column_id = ic.column_id
where i.is_unique = 1 and i.has_filter = 0 and i.is_disabled = 0 and ic.is_included_column = 0 and ic.key_ordinal > 0
order by i.object_id, i.index_id, ic.key_ordinal`,

  foreignKeys: `select f.parent_object_id, f.name, f.referenced_object_id, pc.name, rc.name, f.is_disabled, f.is_not_trusted
from sys.foreign_keys f
join sys.foreign_key_columns fc on fc.constraint_object_id = f.object_id
join sys.columns pc on pc.object_id = fc.parent_object_id and pc.column_id = fc.parent_column_id
join sys.columns rc on rc.object_id = fc.referenced_object_id and rc.column_id = fc.referenced_column_id
order by f.parent_object_id, f.object_id, fc.constraint_column_id`,

  triggers: `select t.parent_id, e.type_desc, t.is_instead_of_trigger
from sys.triggers t join sys.trigger_events e on e.object_id = t.object_id
where t.parent_id <> 0 and t.is_disabled = 0`,

  /** Checks that all rows pass: not those that are off or were not applied to the rows that were there. */
  checks: `select parent_object_id, name, definition, is_disabled, is_not_trusted from sys.check_constraints order by parent_object_id, name`,
} as const;

/** A text that changes when tables are altered. */
export const changeHint = {
  text: `select count_big(*), max(convert(varchar(27), modify_date, 121)) from sys.objects where is_ms_shipped = 0`,
  read: ([row]: RunResult['rows']): string | null => (row === undefined ? null : row.join(' ')),
} as const;
