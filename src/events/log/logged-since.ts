import type { ChangedTable, ChangePosition } from '../../plan/index.ts';
import type { StoredLog } from '../../store/index.ts';
import { tableKey } from '../feed/watchers.ts';

/** Whether a log has all changed rows of a table after a position. */
export function isSince(log: StoredLog, after: ChangePosition): (table: ChangedTable) => boolean {
  const since = new Map(log.tables.map((table) => [tableKey(table), table.since]));
  return (table) => (since.get(tableKey(table)) ?? '\uffff') <= after;
}
