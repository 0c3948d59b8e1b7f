import { FozError } from '../../../core/index.ts';
import type { Engine } from '../supported.ts';
import type { Ask, Variables } from './ask.ts';
import { statusQuery } from './dump.ts';

/**
 * The rights that the user lacks for reading the binlog. MariaDB lists its rights. MySQL lists none that come from roles, so statements that
 * need a right are tried.
 */
export async function missingRights(ask: Ask, engine: Engine, variables: Variables): Promise<string[]> {
  if (engine === 'mariadb') {
    const grants = (await ask('show grants')).map(([text]) => String(text));
    const isThere = grants.some((grant) =>
      /^GRANT (?:ALL PRIVILEGES|.*\bREPLICATION SLAVE\b).* ON \*\.\* TO /.test(grant),
    );
    return isThere ? [] : ['replication slave'];
  }
  const [[version] = []] = await ask('select version()');
  const [major = 0, minor = 0, patch = 0] = String(version).split(/[.-]/).map(Number);
  const isNew = major > 8 || minor > 0 || patch >= 22;
  const missing = (await isDenied(ask, isNew ? 'show replicas' : 'show slave hosts'))
    ? ['replication slave']
    : [];
  // Without GTIDs the stream begins at the end of the present file. Asking for this end needs a right of its own.
  const isByFile = variables.get('gtid_mode') !== 'ON' && variables.get('log_bin') === 'ON';
  if (isByFile && (await isDenied(ask, statusQuery(String(version))))) missing.push('replication client');
  return missing;
}

async function isDenied(ask: Ask, text: string): Promise<boolean> {
  try {
    await ask(text);
    return false;
  } catch (error) {
    if (error instanceof FozError && error.code === 'access-denied') return true;
    throw error;
  }
}

/** Whether the server is configured to leave a database out of its binlog. `false` where the user may not ask. */
export async function ignores(ask: Ask, engine: Engine, database: string | null): Promise<boolean> {
  if (database === null) return false;
  const [[version] = []] = await ask('select version()');
  const query = engine === 'mariadb' ? 'show master status' : statusQuery(String(version));
  const [[, , only, ignored] = []] = await ask(query).catch(() => []);
  const among = (list: unknown) =>
    String(list ?? '')
      .split(',')
      .includes(database);
  return among(ignored) || (String(only ?? '') !== '' && !among(only));
}

/** `'user'@'host'` */
export async function userName(ask: Ask): Promise<string> {
  const [[user] = []] = await ask('select current_user()');
  const at = String(user).lastIndexOf('@');
  return [String(user).slice(0, at), String(user).slice(at + 1)]
    .map((part) => `'${part.replaceAll("'", "''")}'`)
    .join('@');
}
