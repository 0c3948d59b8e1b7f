import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { librariesOf, unpackDebian } from './debian.ts';
import { once, programs } from './find.ts';
import { home, madeOnce, ownedFolder } from './home.ts';
import { type Program, plain, run, runAsServer } from './process.ts';
import { type Kind, type Server, type StartOptions, startServer } from './server.ts';

/** Settings that MySQL and MariaDB share: UTC, utf8mb4, no flush to disk, small files, row events for change capture. */
export const sharedSettings = {
  'bind-address': '127.0.0.1',
  'default-time-zone': '+00:00',
  'character-set-server': 'utf8mb4',
  'max-connections': '200',
  'innodb-buffer-pool-size': '128M',
  'innodb-flush-log-at-trx-commit': '2',
  'innodb-flush-method': 'nosync',
  'sync-binlog': '0',
  'server-id': '1',
  'binlog-format': 'ROW',
  'binlog-row-metadata': 'FULL',
};

const settings = {
  ...sharedSettings,
  'collation-server': 'utf8mb4_0900_ai_ci',
  'innodb-doublewrite': 'OFF',
  'innodb-redo-log-capacity': '16M',
  'secure-file-priv': '',
  mysqlx: 'OFF',
};

/** `--key=value` for each setting. */
export function asArguments(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).map(([key, value]) => `--${key}=${value}`);
}

interface Installation {
  readonly program: Program;
  /** Leading arguments, with the location of the installation. */
  readonly first: readonly string[];
}

async function find(): Promise<Installation> {
  for (const path of programs('mysqld')) {
    const version = await run(plain(path), ['--no-defaults', '--version']).catch(() => '');
    if (/Ver 9\./.test(version)) return { program: plain(path), first: ['--no-defaults'] };
  }
  const root = await madeOnce(home('packages', 'mysql'), (folder) =>
    unpackDebian(['mysql-server-core', 'libc6'], 'sid', folder),
  );
  const libraries = librariesOf(root);
  const base = join(root, 'usr');
  const program = {
    file: libraries.loader,
    first: ['--library-path', libraries.folder, join(base, 'sbin/mysqld')],
    env: {},
  };
  const plugins = join(base, 'lib/mysql/plugin');
  const folders = asArguments({
    basedir: base,
    'plugin-dir': plugins,
    'lc-messages-dir': join(base, 'share/mysql'),
  });
  return { program, first: ['--no-defaults', ...folders] };
}

const installation = once(find);

/** Start settings of MySQL. */
export const mysql: Kind = {
  engine: 'mysql',
  ready: 'ready for connections',
  stopSignal: 'SIGTERM',
  url: (port) => `mysql://root@127.0.0.1:${port}/`,
  async template() {
    const { program, first } = await installation();
    const printed = await run(program, [...first, '--version']);
    const version = /Ver (\S+)/.exec(printed)?.[1] ?? 'unknown';
    return madeOnce(home('templates', `mysql-${version}`), async (folder) => {
      ownedFolder(folder);
      const own = { ...settings, datadir: folder, 'skip-log-bin': '' };
      await runAsServer(program, [...first, ...asArguments(own), '--initialize-insecure']);
      if (!existsSync(join(folder, 'mysql.ibd'))) throw new Error(`mysqld initialised nothing in ${folder}`);
    });
  },
  async command(data, port, own) {
    const { program, first } = await installation();
    const files = { datadir: data, socket: 'mysql.sock', 'pid-file': 'mysql.pid' };
    const all = { ...settings, ...files, 'log-bin': 'binlog', port: String(port), ...own };
    return [program, [...first, ...asArguments(all)]];
  },
};

/**
 * Starts a private MySQL 9: the installed one, else Debian's newest packages, unpacked without installing them. Throws `Unavailable`.
 */
export function startMysql(options?: StartOptions): Promise<Server> {
  return startServer(mysql, options);
}
