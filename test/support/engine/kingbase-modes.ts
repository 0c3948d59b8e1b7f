/** The modes of KingbaseES that Foz knows. */
export const modes = ['pg', 'oracle', 'mysql'] as const;

export type Mode = (typeof modes)[number];

/*
 * What is known of KingbaseES, emulated on a database of PostgreSQL: its version, its settings, views `sys_*` of the catalog, and the types of
 * the modes, all of which come before those of PostgreSQL in the search path. In the mode oracle, triggers store NULL for ''.
 *
 * Not emulated: texts in double quotes and `||` as a logical operator (mysql), '' as NULL in expressions and parameters, and integers that
 * divide as decimals (oracle), names without quotes in upper case, the languages of procedures, messages in Chinese.
 */

const settingsOf: Readonly<Record<Mode, Readonly<Record<string, string>>>> = {
  pg: { database_mode: 'pg', enable_ci: 'off' },
  oracle: {
    database_mode: 'oracle',
    enable_ci: 'off',
    ora_input_emptystr_isnull: 'on',
    ora_style_nls_date_format: 'on',
    ora_statement_level_rollback: 'off',
    ignore_zero_number: 'off',
  },
  mysql: { database_mode: 'mysql', enable_ci: 'off', ora_input_emptystr_isnull: 'off', sql_mode: '""' },
};

const server = (mode: Mode) => `
create schema sys;
create schema sys_catalog;
grant usage on schema sys, sys_catalog to public;
create table sys_catalog.sys_own_settings (name text primary key, setting text not null);
insert into sys_catalog.sys_own_settings values ${Object.entries(settingsOf[mode])
  .map(([name, setting]) => `('${name}', '${setting}')`)
  .join(', ')};
grant select on sys_catalog.sys_own_settings to public;
create function sys_catalog.version() returns text language sql stable as
  $$ select 'KingbaseES V008R006C008B0014 on x86_64-pc-linux-gnu, compiled by gcc, 64-bit'::text $$;
create function sys_catalog.current_setting(text, boolean) returns text language sql stable as $$
  select coalesce(nullif(pg_catalog.current_setting('kingbase.' || $1, true), ''),
    (select s.setting from sys_catalog.sys_own_settings s where s.name = $1), pg_catalog.current_setting($1, $2)) $$;
create function sys_catalog.current_setting(text) returns text language sql stable as
  $$ select sys_catalog.current_setting($1, false) $$;
create function sys_catalog.set_config(text, text, boolean) returns text language sql volatile as $$
  select pg_catalog.set_config(case when exists (select from sys_catalog.sys_own_settings s where s.name = $1)
    then 'kingbase.' || $1 else $1 end, $2, $3) $$;
create view sys_catalog.pg_settings as
  select s.name, sys_catalog.current_setting(s.name, true) as setting from sys_catalog.sys_own_settings s
  union all select s.name, s.setting from pg_catalog.pg_settings s;
grant select on sys_catalog.pg_settings to public;
`;

const catalogViews = ['class', 'namespace', 'type', 'database', 'roles', 'tables', 'indexes'];

/** The modes other than pg have views of the catalog with names of their own. */
const views = `${catalogViews
  .map((name) => `create view sys_catalog.sys_${name} as select * from pg_catalog.pg_${name};`)
  .join('\n')}
create view sys_catalog.sys_settings as select * from sys_catalog.pg_settings;
`;

/** A type of the namespace sys that is stored and written as one of PostgreSQL, but is another one. */
const typeLike = (name: string, like: string, functions: string, modifiers: string | null, more = '') => {
  const internal = (as: string, takes: string, returns: string, by: string) =>
    `create function sys.${name}_${as}(${takes}) returns ${returns} language internal immutable strict as '${by}';`;
  const takes = modifiers === null ? 'cstring' : 'cstring, oid, integer';
  return `
create type sys.${name};
${internal('in', takes, `sys.${name}`, `${functions}in`)}
${internal('out', `sys.${name}`, 'cstring', `${functions}out`)}
${
  modifiers === null
    ? ''
    : internal('typmodin', 'cstring[]', 'integer', `${modifiers}typmodin`) +
      internal('typmodout', 'integer', 'cstring', `${modifiers}typmodout`)
}
create type sys.${name} (input = sys.${name}_in, output = sys.${name}_out, like = pg_catalog.${like}${more}${
    modifiers === null ? '' : `, typmod_in = sys.${name}_typmodin, typmod_out = sys.${name}_typmodout`
  });
create cast (sys.${name} as pg_catalog.${like}) without function as implicit;
create cast (pg_catalog.${like} as sys.${name}) without function as assignment;
`;
};

/** Stores NULL for '' in every text column of a table. `sys.empty_as_null` is added to a table by `emptyAsNull`. */
const emptyTexts = `
create function sys.empty_as_null() returns trigger language plpgsql as $$
declare
  changed jsonb;
begin
  select coalesce(jsonb_object_agg(e.key, null), '{}') into changed from jsonb_each(to_jsonb(new)) e where e.value = '""';
  return case when changed = '{}' then new else jsonb_populate_record(new, changed) end;
end $$;
`;

/** Adds the trigger to a table, also for sessions that load rows. */
export const emptyAsNull = (table: string) =>
  `create trigger empty_as_null before insert or update on ${table} for each row execute function sys.empty_as_null();`;

const types: Readonly<Record<Mode, string>> = {
  pg: '',
  oracle: `${views}
create domain sys.date as pg_catalog.timestamp(0);
create domain sys.clob as pg_catalog.text;
create domain sys.blob as pg_catalog.bytea;
${typeLike('varcharbyte', 'varchar', 'varchar', 'varchar', ', collatable = true')}
create cast (sys.varcharbyte as pg_catalog.text) without function as implicit;
${typeLike('bpcharbyte', 'bpchar', 'bpchar', 'bpchar', ', collatable = true')}
${emptyTexts}`,
  mysql: `${views}
${typeLike('tinyint', 'int2', 'int2', null)}
${typeLike('date', 'date', 'date_', null)}
${typeLike('time', 'time', 'time_', 'time')}
${typeLike('datetime', 'timestamp', 'timestamp_', 'timestamp')}
${typeLike('timestamp', 'timestamp', 'timestamp_', 'timestamp')}
create domain sys.mediumint as pg_catalog.int4;
create domain sys.longtext as pg_catalog.text;
create domain sys.blob as pg_catalog.bytea;
create domain sys.json as pg_catalog.jsonb;
create domain sys.year as pg_catalog.int4;
`,
};

/** The script that makes a database of PostgreSQL look like one of KingbaseES in a mode. */
export const laidOver = (mode: Mode): string => server(mode) + types[mode];
