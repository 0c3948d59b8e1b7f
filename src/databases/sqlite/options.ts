import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { EngineSettings } from './process.ts';

/** Options of a SQLite source. */
export interface SqliteOptions {
  /** Path of the file, or `:memory:` for an empty database that is deleted when the connector is closed. */
  readonly file: string;
  /** Create a missing file; default: a missing file is an error. */
  readonly create?: boolean;
  /** Open for reading only. */
  readonly readonly?: boolean;
  /** Switch the file to write-ahead logging, in which readers and the writer do not wait for each other. Default: true. */
  readonly wal?: boolean;
  /** Milliseconds to wait for a lock that another process holds. Default: 5000. */
  readonly busyTimeoutMs?: number;
  /** When a commit is on the disk. `full` (default): at once. `normal`: with WAL, the latest commits may be lost in a power failure. */
  readonly synchronous?: 'off' | 'normal' | 'full';
  /** Reading processes at most. Default: one per core, from 2 to 4. */
  readonly readers?: number;
}

/** Options with the defaults filled in, and the cleanup of a temporary folder. */
export interface ResolvedOptions {
  readonly file: string;
  readonly readers: number;
  readonly reader: EngineSettings;
  /** `null`: reading only. */
  readonly writer: EngineSettings | null;
  /** Deletes the temporary folder of this connector. */
  readonly dispose: () => void;
}

/** Several processes share a database, so `:memory:` is a file in a folder of its own that is never flushed to the disk. */
export function resolveOptions(options: SqliteOptions): ResolvedOptions {
  const memory = options.file === ':memory:';
  const folder = memory ? mkdtempSync(join(tmpdir(), 'foz-sqlite-')) : null;
  const file = folder === null ? resolve(options.file) : join(folder, 'memory.db');
  const readonly = options.readonly ?? false;
  const shared = {
    file,
    wal: options.wal ?? true,
    synchronous: memory ? 'off' : (options.synchronous ?? 'full'),
    busyTimeoutMs: options.busyTimeoutMs ?? 5000,
  } as const;
  const mode = readonly ? 'ro' : memory || options.create ? 'rwc' : 'rw';
  return {
    file,
    readers: options.readers ?? Math.max(2, Math.min(4, availableParallelism())),
    reader: { ...shared, mode, queryOnly: true },
    writer: readonly ? null : { ...shared, mode, queryOnly: false },
    dispose: temporary(folder),
  };
}

function temporary(folder: string | null): () => void {
  if (folder === null) return () => {};
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  return () => {
    process.off('exit', remove);
    remove();
  };
}
