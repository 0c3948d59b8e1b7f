import type { Extensions, PGliteOptions } from '@electric-sql/pglite';
import type { Connector } from '../../plan/index.ts';
import { lockFolder, Pool, sqlConnector, Watch } from '../../sql/index.ts';
import { driverOver, isFull, postgresDialect, postgresNative, toFozError } from '../postgres/index.ts';
import { pgliteChanges } from './changes.ts';
import { OpenFolder } from './open-folder.ts';
import { EmbeddedSession } from './session.ts';

/** Options of an embedded PostgreSQL. */
export interface PgliteOptions {
  /** Folder of the data, created when missing. Only one process may have it open. Default: in memory, lost when the process ends. */
  readonly folder?: string;
  /** Do not wait for the disk after each write. The latest writes may be lost when the machine fails. */
  readonly relaxedDurability?: boolean;
  /** PGlite's extensions, to be created in the database by `create extension`. */
  readonly extensions?: Extensions;
  /** Called once the database is open, before anything else; may run scripts of several statements. */
  readonly setUp?: (execute: (script: string) => Promise<void>) => Promise<void>;
  /** Milliseconds that a statement waits for its turn: there is one connection. */
  readonly waitMs?: number;
}

/**
 * A connector to a PostgreSQL within this process. It opens with the first statement. Statements run one after the other on the thread of
 * their caller and cannot be interrupted. A waiting statement is rejected when its request ends; a running one blocks the process until it
 * is done, and is then rejected with `timeout`.
 */
export function connectPglite(options: PgliteOptions = {}): Connector {
  const waitMs = options.waitMs ?? 30_000;
  let opened: OpenFolder | null = null;
  const open = async (onEnd: (session: EmbeddedSession) => void) => {
    // Opening a folder that was removed would create an empty database in its place.
    opened?.check();
    const free = await lock(options.folder);
    const end = (session: EmbeddedSession) => {
      free();
      onEnd(session);
    };
    try {
      const session = await EmbeddedSession.open(
        databaseOptions(options),
        options.setUp ?? (async () => {}),
        end,
      );
      if (options.folder !== undefined) opened ??= new OpenFolder(options.folder);
      return session;
    } catch (error) {
      free();
      throw error;
    }
  };
  const pool = new Pool({ poolSize: 1, waitMs, idleMs: null, open, isFull, toFozError }, new Watch());
  const driver = driverOver('pglite', pool, { isolation: null, connectMs: waitMs });
  const connector = sqlConnector({
    engine: 'pglite',
    dialect: postgresDialect('pglite'),
    driver,
    changes: pgliteChanges(driver),
    native: postgresNative,
  });
  return {
    ...connector,
    async close() {
      await connector.close();
      opened?.close();
    },
  };
}

/** Locks the folder: two processes that write to it would lose committed data without an error. */
async function lock(folder: string | undefined): Promise<() => void> {
  if (folder === undefined) return () => {};
  return lockFolder(folder, {
    what: 'database',
    wayOut: 'Stop that one, or let both use a PostgreSQL server.',
  });
}

function databaseOptions({ folder, relaxedDurability, extensions }: PgliteOptions): PGliteOptions {
  return {
    ...(folder === undefined ? {} : { dataDir: folder }),
    relaxedDurability: relaxedDurability ?? false,
    ...(extensions === undefined ? {} : { extensions }),
  };
}
