import { FozError } from '../../core/index.ts';
import type { Runner } from '../../plan/index.ts';

/** Facts about the database that decide how it is read. */
export interface Server {
  /** `16.0.4135.4` */
  readonly version: string;
  readonly defaultNamespace: string;
  /** Whether transactions may have a snapshot. */
  readonly hasSnapshot: boolean;
}

export const serverQuery = `select cast(serverproperty('ProductVersion') as nvarchar(128)), schema_name(), compatibility_level, snapshot_isolation_state, name
from sys.databases where database_id = db_id()`;

/** Lists and keys are sent by OPENJSON, which a database of a compatibility level below 130 lacks ("OPENJSON", error 208). */
const openJsonQuery = "select count(*) from openjson(N'[]')";
const oldestLevel = 130;
/** SQL Server 2017. */
const oldestVersion = 14;

/** Reads the one row of `serverQuery`. Throws FozError `unavailable` for a server or a database that is too old. */
export async function readServer(run: Runner['run'], context: Parameters<Runner['run']>[2]): Promise<Server> {
  const { rows } = await run({ text: serverQuery, slots: [] }, [], context);
  const [version, namespace, level, snapshot, database] = rows[0]!;
  // Azure SQL reports 12, whatever it can.
  const major = Number(String(version).split('.')[0]);
  if (major < oldestVersion && major !== 12)
    throw new FozError(
      'unavailable',
      `The server is SQL Server ${String(version)}, which is too old: Foz needs SQL Server 2017 (14.0) or later.`,
    );
  await run({ text: openJsonQuery, slots: [] }, [], context).catch((error: unknown) => {
    if (!(error instanceof FozError) || error.code !== 'not-found') throw error;
    throw new FozError(
      'unavailable',
      `The database has the compatibility level ${String(level)}, and Foz needs ${oldestLevel} or higher: alter database [${String(database)}] set compatibility_level = ${oldestLevel}.`,
      { cause: error },
    );
  });
  return {
    version: String(version),
    defaultNamespace: String(namespace ?? 'dbo'),
    hasSnapshot: Number(snapshot) === 1,
  };
}
