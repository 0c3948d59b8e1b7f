import { setTimeout as sleep } from 'node:timers/promises';
import type { RunStatement } from '../run-statement.ts';

/** Milliseconds without a statement after which the process behind a connection counts as standing still. It sends one each second. */
const silentMs = 4_000;
/** The longest wait until the server has ended a connection, in milliseconds. */
const endMs = 1_000;

const holder = `from pg_locks l join pg_stat_activity a using (pid)
  where l.locktype = 'advisory' and l.granted and l.objsubid = 2
    and l.database = (select oid from pg_database where datname = current_database())
    and l.classid = ?::int8::oid and l.objid = (hashtext(?)::int8 & 4294967295)::oid`;

/**
 * Ends the connection that holds the advisory lock of a source, if its process stands still. The server releases the lock with the
 * connection. Resolves with whether it was ended; false also where this user may not see or end it.
 */
export async function endSilentLeader(
  run: RunStatement,
  lockClass: number,
  source: string,
): Promise<boolean> {
  const ended = await run(
    `select pg_terminate_backend(pid) as ended ${holder}
      and a.state = 'idle' and a.state_change < clock_timestamp() - ?::int * interval '1 millisecond'`,
    [lockClass, source, silentMs],
    // Not every user may end the connections of another one.
  ).catch(() => []);
  if (ended[0]?.ended !== true) return false;
  for (const start = performance.now(); performance.now() - start < endMs; await sleep(20)) {
    const left = await run(`select 1 ${holder} limit 1`, [lockClass, source]);
    if (left.length === 0) return true;
  }
  return false;
}
