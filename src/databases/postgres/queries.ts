/**
 * The queries of introspection over the system catalogs, one per kind of fact. `$1` is always the list of tables (object ids). The server
 * reserves the prefix `pg_` for its own namespaces.
 */
export const catalogQueries = {
  server: `
select current_setting('server_version'), current_schema(), version()`,

  /**
   * The number of row writes to the system catalogs, from the server's statistics: nothing is scanned. Temporary tables are included, and a
   * session may report its changes some seconds later.
   */
  hint: `
select sum(pg_catalog.pg_stat_get_tuples_inserted(r) + pg_catalog.pg_stat_get_tuples_updated(r) + pg_catalog.pg_stat_get_tuples_deleted(r))
from unnest('{pg_namespace,pg_class,pg_attribute,pg_attrdef,pg_constraint,pg_index,pg_inherits,pg_rewrite,pg_trigger,pg_type,pg_enum,pg_description}'::pg_catalog.regclass[]) r`,

  /** All readable relations with rows, without partitions and members of extensions. */
  tables: `
select c.oid, n.nspname, c.relname, c.relkind, d.description,
  case when c.reltuples >= 0 and c.relkind in ('r', 'p', 'm', 'f') then c.reltuples::int8 end,
  has_table_privilege(c.oid, 'SELECT'),
  case when c.relkind in ('r', 'p') then 28 when c.relkind in ('v', 'f') then pg_relation_is_updatable(c.oid, true) else 0 end,
  has_table_privilege(c.oid, 'INSERT') or has_any_column_privilege(c.oid, 'INSERT'),
  has_table_privilege(c.oid, 'UPDATE') or has_any_column_privilege(c.oid, 'UPDATE'),
  has_table_privilege(c.oid, 'DELETE')
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_description d on d.objoid = c.oid and d.classoid = 'pg_catalog.pg_class'::regclass and d.objsubid = 0
where c.relkind in ('r', 'v', 'm', 'p', 'f') and not c.relispartition and c.relpersistence <> 't'
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and has_schema_privilege(n.oid, 'USAGE')
  and (has_table_privilege(c.oid, 'SELECT') or has_any_column_privilege(c.oid, 'SELECT'))
  and not exists (
    select from pg_catalog.pg_depend x
    where x.classid = 'pg_catalog.pg_class'::regclass and x.objid = c.oid and x.deptype = 'e')
order by n.nspname, c.relname`,

  /** Tables and views of the same namespaces that may not be read. */
  unreadable: `
select n.nspname, c.relname, current_user, has_schema_privilege(n.oid, 'USAGE')
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'v', 'm', 'p', 'f') and not c.relispartition and c.relpersistence <> 't'
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and not (has_schema_privilege(n.oid, 'USAGE')
    and (has_table_privilege(c.oid, 'SELECT') or has_any_column_privilege(c.oid, 'SELECT')))
  and not exists (
    select from pg_catalog.pg_depend x
    where x.classid = 'pg_catalog.pg_class'::regclass and x.objid = c.oid and x.deptype = 'e')
order by n.nspname, c.relname`,

  /** Columns of the tables `$1` with type, default and whether they can be written. `$2`: tables of which only some columns may be read; `$3`: views that take writes. */
  columns: `
select a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull,
  a.attidentity, a.attgenerated, pg_catalog.pg_get_expr(ad.adbin, ad.adrelid), d.description,
  case when a.attrelid = any($3::oid[]) then pg_catalog.pg_column_is_updatable(a.attrelid, a.attnum, true) else true end,
  k.collisdeterministic,
  case when k.collprovider <> 'd' then pg_catalog.quote_ident(kn.nspname) || '.' || pg_catalog.quote_ident(k.collname) end
from pg_catalog.pg_attribute a
left join pg_catalog.pg_collation k on k.oid = a.attcollation
left join pg_catalog.pg_namespace kn on kn.oid = k.collnamespace
left join pg_catalog.pg_attrdef ad on ad.adrelid = a.attrelid and ad.adnum = a.attnum
left join pg_catalog.pg_description d
  on d.objoid = a.attrelid and d.classoid = 'pg_catalog.pg_class'::regclass and d.objsubid = a.attnum
where a.attrelid = any($1::oid[]) and a.attnum > 0 and not a.attisdropped
  and case when a.attrelid = any($2::oid[]) then has_column_privilege(a.attrelid, a.attnum, 'SELECT') else true end
order by a.attrelid, a.attnum`,

  /** The types of all columns with their elements and base types, and the comparisons of their default operator classes. */
  types: `
with recursive used(oid) as (
  select distinct a.atttypid from pg_catalog.pg_attribute a
  where a.attrelid = any($1::oid[]) and a.attnum > 0 and not a.attisdropped
  union
  select case when t.typtype = 'd' then t.typbasetype else t.typelem end
  from used join pg_catalog.pg_type t on t.oid = used.oid
  where t.typtype = 'd' or t.typcategory = 'A'
)
select t.oid, n.nspname, t.typname, t.typtype, e.oid, t.typbasetype, t.typtypmod, t.typnotnull, t.typdefault,
  case when t.typtype = 'e' then (
    select to_json(array_agg(l.enumlabel order by l.enumsortorder)) from pg_catalog.pg_enum l where l.enumtypid = t.oid) end,
  d.description,
  case when t.typtype = 'd' then (
    select to_json(array_agg(pg_catalog.pg_get_expr(k.conbin, 0) order by k.conname)) from pg_catalog.pg_constraint k
    where k.contypid = t.oid and k.contype = 'c' and k.convalidated) end,
  case when t.typtype in ('r', 'm') then 'order' when t.typtype = 'b' then (
    select case when bool_or(m.amname = 'btree' and exists (
        select from pg_catalog.pg_amop a join pg_catalog.pg_operator o on o.oid = a.amopopr
        where a.amopfamily = k.opcfamily and a.amoplefttype = k.opcintype and a.amoprighttype = k.opcintype and a.amopstrategy = 1
          and o.oprname in ('<', '#<#'))) then 'order' when count(*) > 0 then 'equality' else 'none' end
    from pg_catalog.pg_opclass k join pg_catalog.pg_am m on m.oid = k.opcmethod
    where k.opcdefault and m.amname in ('btree', 'hash') and (k.opcintype = t.oid or exists (
      select from pg_catalog.pg_cast c
      where c.castsource = t.oid and c.casttarget = k.opcintype and c.castmethod = 'b' and c.castcontext = 'i'))) end
from (select distinct oid from used) u
join pg_catalog.pg_type t on t.oid = u.oid
join pg_catalog.pg_namespace n on n.oid = t.typnamespace
left join pg_catalog.pg_type e on e.oid = t.typelem and e.typarray = t.oid
left join pg_catalog.pg_description d on d.objoid = t.oid and d.classoid = 'pg_catalog.pg_type'::regclass and d.objsubid = 0`,

  /** Keys, foreign keys, and checks of a single column that hold for every row. */
  constraints: `
select k.conrelid, k.contype, k.conname, to_json(k.conkey), k.confrelid, to_json(k.confkey),
  case when k.contype = 'c' and k.convalidated and not k.connoinherit and array_length(k.conkey, 1) = 1
    then pg_catalog.pg_get_expr(k.conbin, k.conrelid) end
from pg_catalog.pg_constraint k
where k.conrelid = any($1::oid[]) and k.conparentid = 0 and k.conkey is not null
  and (k.contype in ('p', 'u', 'c', 'x')
    or k.contype = 'f' and coalesce(to_jsonb(k) ->> 'conperiod', 'false') = 'false')
order by k.conrelid, k.conname`,

  /**
   * Triggers and rules that a write to a table may fire, including those of its partitions, of tables that inherit from it and of tables
   * that a view reads. Columns: table, event (3 insert, 2 update, 4 delete), whether it may act after the row was returned, whether it is
   * an INSTEAD OF trigger of the table itself.
   */
  triggers: `
with recursive reached(start, oid) as (
  select oid, oid from unnest($1::oid[]) as t(oid)
  union
  select r.start, n.oid from reached r cross join lateral (
    select i.inhrelid from pg_catalog.pg_inherits i where i.inhparent = r.oid
    union all
    select d.refobjid from pg_catalog.pg_rewrite w join pg_catalog.pg_depend d on d.objid = w.oid
      and d.classid = 'pg_catalog.pg_rewrite'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid <> w.ev_class
    where w.ev_class = r.oid and w.rulename = '_RETURN') n(oid)
)
select distinct r.start, e.event, (g.tgtype & 66) = 0, (g.tgtype & 64) <> 0 and g.tgrelid = r.start
from reached r
join pg_catalog.pg_trigger g on g.tgrelid = r.oid and not g.tgisinternal and g.tgenabled <> 'D'
  and not exists (select from pg_catalog.pg_proc f join pg_catalog.pg_namespace fn on fn.oid = f.pronamespace
    where f.oid = g.tgfoid and fn.nspname = 'foz_outbox')
join (values (4, '3'), (8, '4'), (16, '2')) e(bit, event) on g.tgtype & e.bit <> 0
union
select r.start, w.ev_type::text, true, false
from reached r join pg_catalog.pg_rewrite w on w.ev_class = r.oid and w.ev_type <> '1' and w.ev_enabled <> 'D'`,

  /**
   * Tables that other tables inherit from: table, one of its heirs, and the columns that may be NULL in some heir. A read of such a
   * table shows the rows of its heirs too; partitions are not heirs.
   */
  heirs: `
with recursive reached(start, oid) as (
  select i.inhparent, i.inhrelid from pg_catalog.pg_inherits i join pg_catalog.pg_class c on c.oid = i.inhrelid
  where i.inhparent = any($1::oid[]) and not c.relispartition
  union
  select r.start, i.inhrelid from reached r join pg_catalog.pg_inherits i on i.inhparent = r.oid
)
select r.start, min(r.oid::pg_catalog.regclass::text),
  to_json(coalesce(array_agg(distinct a.attname) filter (where not a.attnotnull), '{}'))
from reached r join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
group by r.start
order by r.start`,

  /** Unique indexes over plain columns and all rows, without those that belong to a constraint. */
  uniqueIndexes: `
select i.indrelid, c.relname, i.indkey::text, i.indnkeyatts, i.indpred is null and i.indexprs is null
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indexrelid
where i.indrelid = any($1::oid[]) and i.indisunique and i.indisvalid
  and not exists (select from pg_catalog.pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x'))
order by i.indrelid, c.relname`,
} as const;
