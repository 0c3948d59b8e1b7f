import type { EndSignal } from '../../../core/index.ts';
import type { LeftOver } from '../../../plan/index.ts';
import type { Driver } from '../../../sql/index.ts';
import { quotedName, quotedText } from '../quoted-name.ts';

/** Durable slots of Foz with the size of the log that they keep, and the publication. Temporary slots end with their connection. */
const query = (publication: string) => `select 'slot', slot_name::text,
  coalesce(active_pid::text, ''), coalesce(pg_size_pretty(pg_wal_lsn_diff(
    case when pg_is_in_recovery() then pg_last_wal_receive_lsn() else pg_current_wal_lsn() end, restart_lsn)), '')
from pg_catalog.pg_replication_slots
where not temporary and database = current_database() and slot_name like 'foz\\_%' and plugin = 'pgoutput'
union all select 'publication', pubname::text, '', '' from pg_catalog.pg_publication where pubname = ${publication}`;

/** The publication and the durable slots of Foz that exist. */
export async function replicationLeft(
  driver: Pick<Driver, 'run'>,
  publication: string,
  signal: EndSignal,
): Promise<LeftOver[]> {
  const context = { signal, timeoutMs: null };
  const { rows } = await driver.run({ text: query(quotedText(publication)), slots: [] }, [], context);
  return rows.map((row): LeftOver => {
    const [kind, name, active, kept] = row.map(String) as [string, string, string, string];
    if (kind === 'publication')
      return { what: `the publication "${name}"`, kind, remove: [`drop publication ${quotedName(name)}`] };
    const use = active === '' ? 'which no process reads' : `which the server's process ${active} serves`;
    return {
      what: `the replication slot "${name}", ${use}: the server keeps ${kept || 'no'} log for it`,
      kind: 'slot',
      name,
      isIdle: active === '',
      remove: [`select pg_drop_replication_slot(${quotedText(name)})`],
    };
  });
}
