import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { librariesOf, unpackDebian } from './debian.ts';
import { once, programs } from './find.ts';
import { home, madeOnce, ownedFolder } from './home.ts';
import { asArguments, sharedSettings } from './mysql.ts';
import { type Program, plain, run, runAsServer } from './process.ts';
import { type Kind, type Server, type StartOptions, startServer } from './server.ts';

const settings = {
  ...sharedSettings,
  'collation-server': 'utf8mb4_unicode_ci',
  'server-id': '2',
  'innodb-doublewrite': '0',
  'innodb-log-file-size': '16M',
  'skip-name-resolve': '1',
};

interface Installation {
  readonly program: Program;
  /** The folder with `share/mysql` or `share/mariadb`. */
  readonly base: string;
}

async function find(): Promise<Installation> {
  const [installed] = programs('mariadbd');
  if (installed) return { program: plain(installed), base: join(installed, '../..') };
  const root = await madeOnce(home('packages', 'mariadb'), (folder) =>
    unpackDebian(['mariadb-server-core'], 'own', folder),
  );
  const program = {
    ...plain(join(root, 'usr/sbin/mariadbd')),
    env: { LD_LIBRARY_PATH: librariesOf(root).folder },
  };
  return { program, base: join(root, 'usr') };
}

/** The SQL of the installation that creates the system tables; the only user is `root` without a password. */
function systemTables(base: string): string {
  const share = ['share/mysql', 'share/mariadb']
    .map((name) => join(base, name))
    .find((path) => existsSync(path));
  if (!share) throw new Error(`MariaDB's system tables are not found in ${base}/share`);
  const text = (name: string) => {
    const path = [`mariadb_${name}.sql`, `mysql_${name}.sql`]
      .map((file) => join(share, file))
      .find((file) => existsSync(file));
    if (!path) throw new Error(`MariaDB's ${name} is not found in ${share}`);
    return readFileSync(path, 'utf8');
  };
  const parts = ['system_tables', 'performance_tables', 'system_tables_data', 'sys_schema'].map(text);
  return [
    'create database mysql;',
    'use mysql;',
    'set @auth_root_socket=NULL;',
    ...parts.slice(0, 3),
    "delete from global_priv where user <> 'root' and user <> 'mariadb.sys';",
    parts[3],
  ].join('\n');
}

const installation = once(find);

/** Start settings of MariaDB. */
export const mariadb: Kind = {
  engine: 'mariadb',
  ready: 'ready for connections',
  stopSignal: 'SIGTERM',
  url: (port) => `mysql://root@127.0.0.1:${port}/`,
  async template() {
    const { program, base } = await installation();
    const printed = await run(program, ['--no-defaults', '--version']);
    const version = /Ver (\S+)/.exec(printed)?.[1] ?? 'unknown';
    return madeOnce(home('templates', `mariadb-${version}`), async (folder) => {
      ownedFolder(folder);
      const own = asArguments({ ...settings, datadir: folder, basedir: base });
      await runAsServer(program, ['--no-defaults', '--bootstrap', ...own], systemTables(base));
      if (!existsSync(join(folder, 'mysql/global_priv.MAD')))
        throw new Error(`mariadbd initialised nothing in ${folder}`);
    });
  },
  async command(data, port, own) {
    const { program, base } = await installation();
    const files = { datadir: data, basedir: base, socket: 'mariadb.sock', 'pid-file': 'mariadb.pid' };
    const all = { ...settings, ...files, 'log-bin': 'binlog', port: String(port), ...own };
    return [program, ['--no-defaults', ...asArguments(all)]];
  },
};

/**
 * Starts a private MariaDB: the installed one, else the package of this Debian, unpacked without installing it. Throws
 * `Unavailable`.
 */
export function startMariadb(options?: StartOptions): Promise<Server> {
  return startServer(mariadb, options);
}
