import { createHash, randomBytes } from 'node:crypto';
import { type CatalogName, type contents, type Execute, loadScript, resetScript } from '../catalogs/load.ts';
import { type Connection, testEngines, using } from './engine/index.ts';
import type { Content } from './engine/record.ts';
import type { Engine } from './engines.ts';

/** A catalog loaded into a real database. */
export interface TestDatabase {
  readonly engine: Engine;
  readonly catalog: CatalogName;
  /** `postgres://.../shop`, `mysql://.../shop`, the path of a SQLite file or of a PGlite folder. */
  readonly location: string;
  /** The namespace of its tables; `null`: the engine has no namespaces. */
  readonly namespace: string | null;
  /** Calls `body` with a new connection and closes it afterwards. A PGlite folder must not be open elsewhere. */
  use<T>(body: (connection: Connection) => Promise<T>): Promise<T>;
  /** Resets tables (default: all) to their fixture rows, over `execute` or a new connection. */
  reset(tables?: readonly string[], execute?: Execute): Promise<void>;
  /** Deletes the database. Shared content stays. */
  drop(): Promise<void>;
}

/**
 * A database that all tests share and that is kept between runs; tests must not write to it. It is loaded if it is missing
 * or its content changed. On PGlite it is a copy that the caller drops, since only one process may open a folder.
 */
export async function sharedDatabase(engine: Engine, catalog: CatalogName): Promise<TestDatabase> {
  const { location, drop } = await testEngines[engine].place.shared(contentOf(engine, catalog));
  return database(engine, catalog, location, catalog, drop);
}

/** A private copy that may be written to. `name` is the namespace on MySQL and MariaDB (default: random). */
export async function freshDatabase(
  engine: Engine,
  catalog: CatalogName,
  name = `${catalog}_${randomBytes(5).toString('hex')}`,
): Promise<TestDatabase> {
  const { location, drop } = await testEngines[engine].place.fresh(contentOf(engine, catalog), name);
  return database(engine, catalog, location, name, drop);
}

function contentOf(engine: Engine, catalog: CatalogName): Content {
  const script = loadScript(engine, catalog);
  return { catalog, script, print: createHash('sha256').update(script).digest('hex').slice(0, 12) };
}

function database(
  engine: Engine,
  catalog: CatalogName,
  location: string,
  name: string,
  drop: () => Promise<void>,
): TestDatabase {
  const { connect, namespaceOf } = testEngines[engine];
  return {
    engine,
    catalog,
    location,
    namespace: namespaceOf(catalog, name),
    use: (body) => using(connect, location, body),
    async reset(tables, execute) {
      if (catalog === 'pg_extra') throw new Error('The catalog pg_extra is not reset: take a fresh one.');
      const script = resetScript(engine, catalog satisfies keyof typeof contents, tables);
      if (execute) await execute(script);
      else await using(connect, location, (connection) => connection.execute(script));
    },
    drop,
  };
}
