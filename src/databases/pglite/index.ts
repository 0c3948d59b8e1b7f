import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Extensions, PGliteOptions } from '@electric-sql/pglite';
import type { Connector } from '../../plan/index.ts';
import { Pool, sqlConnector, Watch } from '../../sql/index.ts';
import { driverOver, isFull, postgresDialect, toFozError } from '../postgres/index.ts';
import { EmbeddedSession } from './session.ts';

/** An embedded PostgreSQL: where its data stands, and how safe it has to be. */
export interface PgliteOptions {
  /** Folder of the data, made when missing; only one process may have it open. Absent: in memory, gone with the process. */
  readonly folder?: string;
  /** Do not wait for the disk after each write; the last ones may be lost when the machine fails. */
  readonly relaxedDurability?: boolean;
  /** PGlite's extensions, to be created in the database by `create extension`. */
  readonly extensions?: Extensions;
  /** Called once the database is open, before anything else; may run scripts of several statements. */
  readonly setUp?: (execute: (script: string) => Promise<void>) => Promise<void>;
  /** Milliseconds that a statement waits for its turn: there is one connection. */
  readonly waitMs?: number;
}

/**
 * A connector to a PostgreSQL within this process. It opens with the first statement. Statements run one after the other on
 * the thread of their caller and cannot be interrupted: one that waits for its turn is given up when its request ends, one
 * that runs keeps the process until it is done, and only then is rejected with `timeout`.
 */
export function connectPglite(options: PgliteOptions = {}): Connector {
  const waitMs = options.waitMs ?? 30_000;
  const open = (onEnd: (session: EmbeddedSession) => void) =>
    EmbeddedSession.open(databaseOptions(options), options.setUp ?? (async () => {}), onEnd);
  const pool = new Pool({ poolSize: 1, waitMs, idleMs: null, open, isFull, toFozError }, new Watch());
  return sqlConnector({
    engine: 'pglite',
    dialect: postgresDialect('pglite'),
    driver: driverOver('pglite', pool, { isolation: null, connectMs: waitMs }),
  });
}

function databaseOptions({ folder, relaxedDurability, extensions }: PgliteOptions): PGliteOptions {
  if (folder !== undefined && !existsSync(dirname(folder))) mkdirSync(dirname(folder), { recursive: true });
  return {
    ...(folder === undefined ? {} : { dataDir: folder }),
    relaxedDurability: relaxedDurability ?? false,
    ...(extensions === undefined ? {} : { extensions }),
  };
}
