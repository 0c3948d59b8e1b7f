import { createHash, randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type CatalogName, type contents, type Execute, loadScript, resetScript } from '../catalogs/load.ts';
import { type Connection, connect } from './connect.ts';
import { type Engine, serverUrl } from './engines.ts';
import { copyFolder, home, madeOnce } from './servers/home.ts';

/** A catalog loaded into a real database. */
export interface TestDatabase {
  readonly engine: Engine;
  readonly catalog: CatalogName;
  /** `postgres://.../shop`, `mysql://.../shop`, the path of a SQLite file or of a PGlite folder. */
  readonly location: string;
  /** Where its tables stand; `null`: the engine has no namespaces. */
  readonly namespace: string | null;
  /** Hands over a connection of the tests' own and closes it afterwards. A PGlite folder must not be open elsewhere. */
  use<T>(body: (connection: Connection) => Promise<T>): Promise<T>;
  /** Brings tables (none named: all) back to their first rows, over `execute` or a connection of its own. */
  reset(tables?: readonly string[], execute?: Execute): Promise<void>;
  /** Deletes it. What others share stays. */
  drop(): Promise<void>;
}

/**
 * The same for all tests and kept between runs: read only, by agreement. Loaded when missing, or when its content changed.
 * On PGlite it is a copy, since only one may open it: drop it.
 */
export async function sharedDatabase(engine: Engine, catalog: CatalogName): Promise<TestDatabase> {
  const { location, drop } = await places[engine].shared(engine, catalog, fingerprint(engine, catalog));
  return database(engine, catalog, location, catalog, drop);
}

/** One's own copy, to write to. `name` is the namespace on MySQL and MariaDB; none given: a random one. */
export async function freshDatabase(
  engine: Engine,
  catalog: CatalogName,
  name = `${catalog}_${randomBytes(5).toString('hex')}`,
): Promise<TestDatabase> {
  const { location, drop } = await places[engine].fresh(engine, catalog, fingerprint(engine, catalog), name);
  return database(engine, catalog, location, name, drop);
}

interface Copy {
  readonly location: string;
  drop(): Promise<void>;
}

/** Where an engine keeps databases and how they are copied. */
interface Place {
  shared(engine: Engine, catalog: CatalogName, print: string): Promise<Copy>;
  fresh(engine: Engine, catalog: CatalogName, print: string, name: string): Promise<Copy>;
}

function fingerprint(engine: Engine, catalog: CatalogName): string {
  return createHash('sha256').update(loadScript(engine, catalog)).digest('hex').slice(0, 12);
}

async function using<T>(
  engine: Engine,
  location: string,
  body: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await connect(engine, location);
  try {
    return await body(connection);
  } finally {
    await connection.close();
  }
}

function database(
  engine: Engine,
  catalog: CatalogName,
  location: string,
  name: string,
  drop: () => Promise<void>,
): TestDatabase {
  const namespaces = {
    postgres: catalog === 'pg_extra' ? 'extra' : 'public',
    pglite: catalog === 'pg_extra' ? 'extra' : 'public',
    mysql: name,
    mariadb: name,
    sqlite: null,
  } satisfies Record<Engine, string | null>;
  return {
    engine,
    catalog,
    location,
    namespace: namespaces[engine],
    use: (body) => using(engine, location, body),
    async reset(tables, execute) {
      if (catalog === 'pg_extra') throw new Error('The catalog pg_extra is not reset: take a fresh one.');
      const script = resetScript(engine, catalog satisfies keyof typeof contents, tables);
      if (execute) await execute(script);
      else await using(engine, location, (connection) => connection.execute(script));
    },
    drop,
  };
}

const notOurs = (name: string, url: string) =>
  new Error(
    `The server at ${new URL(url).host} has a database "${name}" that these tests did not make: give them another server.`,
  );

const at = (url: string, name: string) => new URL(`/${name}`, url).href;

/** Loads into a template that nobody connects to; shared and fresh databases are copies of it. */
const onPostgres: Place = {
  async shared(engine, catalog, print) {
    const url = serverUrl('postgres');
    const template = await postgresTemplate(engine, catalog, print);
    await using(engine, url, async (admin) => {
      await admin.execute(`select pg_advisory_lock(4015)`);
      const comment = `select shobj_description(oid, 'pg_database') as print from pg_database where datname = '${catalog}'`;
      const [found] = await admin.query(comment);
      if (found?.print === print) return;
      if (found && !/^[0-9a-f]{12}$/.test(String(found.print))) throw notOurs(catalog, url);
      await admin.execute(`drop database if exists ${catalog} with (force)`);
      await admin.execute(`create database ${catalog} template ${template}`);
      await admin.execute(`comment on database ${catalog} is '${print}'`);
    });
    return { location: at(url, catalog), drop: async () => {} };
  },
  async fresh(engine, catalog, print, name) {
    const url = serverUrl('postgres');
    const template = await postgresTemplate(engine, catalog, print);
    const clear = `drop database if exists "${name}" with (force)`;
    await using(engine, url, async (admin) => {
      await admin.execute(`select pg_advisory_lock(4015)`);
      await admin.execute(clear);
      await admin.execute(`create database "${name}" template ${template}`);
    });
    return { location: at(url, name), drop: () => using(engine, url, (admin) => admin.execute(clear)) };
  },
};

async function postgresTemplate(engine: Engine, catalog: CatalogName, print: string): Promise<string> {
  const url = serverUrl('postgres');
  const template = `foz_${catalog}_${print}`;
  await using(engine, url, async (admin) => {
    await admin.execute(`select pg_advisory_lock(4015)`);
    if ((await admin.query(`select 1 from pg_database where datname = '${template}'`)).length > 0) return;
    await admin.execute(`drop database if exists foz_unfinished with (force)`);
    await admin.execute(`create database foz_unfinished template template0 encoding 'UTF8'`);
    await using(engine, at(url, 'foz_unfinished'), (connection) =>
      connection.execute(loadScript(engine, catalog)),
    );
    await admin.execute(`alter database foz_unfinished rename to ${template}`);
  });
  return template;
}

/** A database is a namespace here, so that the name matters; what is loaded is noted in a database of its own. */
const onMysql: Place = {
  async shared(engine, catalog, print) {
    const url = serverUrl(engine === 'mariadb' ? 'mariadb' : 'mysql');
    await using(engine, url, async (admin) => {
      await admin.query(`select get_lock('foz_${catalog}', 60)`);
      await admin.execute(`create database if not exists foz_loaded;
        create table if not exists foz_loaded.prints (name varchar(64) primary key, print varchar(20) not null)`);
      const found = await admin.query(`select print from foz_loaded.prints where name = '${catalog}'`);
      if (found[0]?.print === print) return;
      const there = await admin.query(`show databases like '${catalog}'`);
      if (there.length > 0 && found.length === 0) throw notOurs(catalog, url);
      await admin.execute(`replace into foz_loaded.prints values ('${catalog}', 'unfinished')`);
      await loadMysql(engine, url, catalog, catalog);
      await admin.execute(`replace into foz_loaded.prints values ('${catalog}', '${print}')`);
    });
    return { location: at(url, catalog), drop: async () => {} };
  },
  async fresh(engine, catalog, _print, name) {
    const url = serverUrl(engine === 'mariadb' ? 'mariadb' : 'mysql');
    await loadMysql(engine, url, catalog, name);
    const drop = () => using(engine, url, (admin) => admin.execute(`drop database if exists \`${name}\``));
    return { location: at(url, name), drop };
  },
};

async function loadMysql(engine: Engine, url: string, catalog: CatalogName, name: string): Promise<void> {
  await using(engine, url, (admin) =>
    admin.execute(`drop database if exists \`${name}\`; create database \`${name}\`; use \`${name}\`;
      ${loadScript(engine, catalog)}`),
  );
}

/** A new folder of this process below the harness's own, which clears it away when the process has gone. */
const ownFolder = () => {
  mkdirSync(home('copies'), { recursive: true });
  return mkdtempSync(home('copies', `${process.pid}-`));
};

/** What was loaded once, per engine, catalog and content; `copy` takes a file or folder from there. */
const inFiles = (copy: (from: string, to: string) => void, shareable: boolean): Place => {
  const loaded = async (engine: Engine, catalog: CatalogName, print: string) => {
    const load = (folder: string) =>
      using(engine, join(folder, catalog), (connection) => connection.execute(loadScript(engine, catalog)));
    return join(await madeOnce(home('catalogs', `${engine}-${catalog}-${print}`), load), catalog);
  };
  const fresh: Place['fresh'] = async (engine, catalog, print, name) => {
    const from = await loaded(engine, catalog, print);
    const folder = ownFolder();
    copy(from, join(folder, name));
    const drop = async () => rmSync(folder, { recursive: true, force: true });
    return { location: join(folder, name), drop };
  };
  const shared: Place['shared'] = async (engine, catalog, print) =>
    shareable
      ? { location: await loaded(engine, catalog, print), drop: async () => {} }
      : fresh(engine, catalog, print, catalog);
  return { shared, fresh };
};

const places = {
  postgres: onPostgres,
  mysql: onMysql,
  mariadb: onMysql,
  sqlite: inFiles(copyFileSync, true),
  // Only one process at a time may open such a folder.
  pglite: inFiles(copyFolder, false),
} satisfies Record<Engine, Place>;
