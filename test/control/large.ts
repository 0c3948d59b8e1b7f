import type { Knex } from 'knex';
import { AuditLog } from '../../src/store/audit/index.ts';
import { genesis } from '../../src/store/audit/record.ts';
import { signPosition, writePosition } from '../../src/store/audit/state.ts';
import { keyRing, Secrets } from '../../src/store/secrets/index.ts';
import { openStore } from '../../src/store/store.ts';

/** The largest signed number of 32 bits. */
export const largest = 2_147_483_647;

/** Changes the embedded store in a state folder while no process has it open. */
export async function inStore(folder: string, change: (db: Knex, key: Uint8Array) => Promise<unknown>) {
  const store = openStore({ folder });
  const log = new AuditLog({ store, secrets: new Secrets(store, keyRing(folder, {})), folder });
  const key = await log.key();
  await store.write((db) => change(db, key));
  await log.close();
  await store.close();
}

/**
 * Creates a store as after a long time: the numbers of the audit log and the version of the metadata will exceed 32 bits after few
 * more.
 */
export function longPast(folder: string): Promise<void> {
  return inStore(folder, async (db, key) => {
    const mark = { seq: largest - 2, hash: genesis, at: 0 };
    for (const name of ['anchor', 'head'] as const)
      await writePosition(db, name, signPosition(name, mark, key));
    await db('foz.metadata').insert({
      version: largest,
      metadata: '{"tables":[]}',
      actor: '{"kind":"api-key","id":"ann","role":"admin"}',
    });
    await db.raw(`select setval(pg_get_serial_sequence('foz.changes', 'id'), ?)`, [largest]);
  });
}
