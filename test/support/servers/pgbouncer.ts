import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { librariesOf, unpackDebian } from './debian.ts';
import { once, programs } from './find.ts';
import { freePort, home, madeOnce, ownedFolder } from './home.ts';
import { endProcess, launch, type Program, plain } from './process.ts';

/** A connection pooler in front of one database of a PostgreSQL server. */
export interface Pooler {
  readonly url: string;
  stop(): Promise<void>;
}

const find = once(async (): Promise<Program> => {
  const [installed] = programs('pgbouncer');
  if (installed) return plain(installed);
  const root = await madeOnce(home('packages', 'pgbouncer'), (folder) =>
    unpackDebian(['pgbouncer'], 'own', folder),
  );
  return { ...plain(join(root, 'usr/sbin/pgbouncer')), env: { LD_LIBRARY_PATH: librariesOf(root).folder } };
});

/**
 * Starts a PgBouncer in transaction mode with default settings except for `settings`. `database`: the URL of a database on a
 * server without passwords. Throws `Unavailable`.
 */
export async function startPgbouncer(
  database: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<Pooler> {
  const program = await find();
  const { hostname, port, username, pathname } = new URL(database);
  const name = decodeURIComponent(pathname.slice(1));
  const own = await freePort();
  const folder = ownedFolder(home('run', `pgbouncer-${own}`));
  const options = {
    listen_addr: '127.0.0.1',
    listen_port: String(own),
    unix_socket_dir: '',
    auth_type: 'any',
    pool_mode: 'transaction',
    ...settings,
  };
  const lines = Object.entries(options).map(([key, value]) => `${key} = ${value}`);
  const server = `${name} = host=${hostname} port=${port} user=${username}`;
  const file = join(folder, 'pgbouncer.ini');
  writeFileSync(file, ['[databases]', server, '[pgbouncer]', ...lines, ''].join('\n'), { mode: 0o644 });
  const pid = await launch(program, [file], join(folder, 'server.log'), 'process up');
  return {
    url: `postgres://${username}@127.0.0.1:${own}/${encodeURIComponent(name)}`,
    stop: () => endProcess(pid, 'SIGINT'),
  };
}
