import { FozError } from '../../core/index.ts';
import type { Rows, ServerDescription } from '../postgres/index.ts';
import { type Mode, typesOf } from './types.ts';

/**
 * Namespaces of the server: V8 administrator's guide, section 12.1 (SYS_CATALOG), `sys` with the types of the mode, those of the roles for
 * security and audit, and the prefixes that the server reserves.
 */
export const systemNamespaces = /^(?:sys|sysaudit|sysmac)$|^(?:sys|xlog)_/i;

/**
 * Settings, where the server has them, that decide what a statement means and how values are spelled. They are set for each session of Foz,
 * and change nothing for other sessions.
 *
 * - `sql_mode` (mysql; "KingbaseES: the parameter sql_mode"): without ANSI_QUOTES a name in double quotes is a text, and without
 *   STRICT_ALL_TABLES a value that is too long is cut off.
 * - `ora_style_nls_date_format` (oracle; "KingbaseES: parameters of Oracle compatibility"): dates would be spelled by NLS_DATE_FORMAT.
 * - `ignore_zero_number` (oracle; same page): numbers would lose the zeros at their end.
 * - `ora_statement_level_rollback` (oracle; same page): a transaction would go on, and commit, after one of its statements has failed.
 */
const settings: Readonly<Record<string, string>> = {
  sql_mode: 'ANSI_QUOTES,ONLY_FULL_GROUP_BY,STRICT_ALL_TABLES',
  ora_style_nls_date_format: 'off',
  ignore_zero_number: 'off',
  ora_statement_level_rollback: 'off',
};

const names = Object.keys(settings);
const wanted = names.map((name) => `when '${name}' then '${settings[name]}'`).join(' ');

/** The first statement of a session. It has no names in double quotes, since ANSI_QUOTES is not set yet. */
const sessionQuery = `select version(), coalesce(current_setting('database_mode', true), ''),
  (select count(set_config(s.name, case s.name ${wanted} end, false)) from pg_settings s
    where s.name in (${names.map((name) => `'${name}'`).join(', ')}) and s.setting <> case s.name ${wanted} end)`;

const modes: Readonly<Record<string, Mode>> = { pg: 'pg', oracle: 'oracle', mysql: 'mysql' };

/** Prepares a new connection. Rejects for a server that is not KingbaseES, and for a mode that Foz does not know, such as sqlserver. */
export async function prepareSession(rows: Rows): Promise<void> {
  const [version, mode] = (await rows(sessionQuery))[0]!.map((value) => value ?? '');
  if (!/^KingbaseES\b/i.test(version!))
    throw new FozError(
      'unavailable',
      `The server is ${version!.split(' ').slice(0, 2).join(' ')}, but the source is of kind kingbase: correct its kind or its URL.`,
    );
  if (mode === '' || modes[mode!.toLowerCase()] !== undefined) return;
  throw new FozError(
    'unavailable',
    `The server is in the mode ${mode}, which Foz does not know: it knows ${Object.keys(modes).join(', ')}.`,
  );
}

const describeQuery = `select version(), coalesce(current_setting('database_mode', true), ''),
  coalesce(current_setting('ora_input_emptystr_isnull', true), 'off')`;

/** Reads the version, and what the mode of the server means for its user. */
export async function describeServer(rows: Rows): Promise<ServerDescription> {
  const [version, mode, emptyIsNull] = (await rows(describeQuery))[0]!.map((value) => value ?? '');
  // V8R6 and V9 have the setting. A server without it is treated as one in the mode pg.
  const known = modes[mode!.toLowerCase()] ?? 'pg';
  return {
    version: version!.split(' ')[1] ?? version!,
    notes: [
      ...(known === 'pg' ? [] : [`The server is in the mode ${known}.`]),
      ...(emptyIsNull === 'on'
        ? [
            "The server takes '' for NULL (ora_input_emptystr_isnull): an empty text is stored as null, and only _is_null finds it.",
          ]
        : []),
    ],
    types: typesOf(known),
  };
}

/** The mode of the server. */
export async function modeOf(rows: Rows): Promise<Mode> {
  const [mode] = (await rows(`select coalesce(current_setting('database_mode', true), '')`))[0]!;
  return modes[(mode ?? '').toLowerCase()] ?? 'pg';
}
