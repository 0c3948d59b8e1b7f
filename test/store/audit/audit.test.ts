import { AuditLog, verifyAudit } from '../../../src/store/audit/index.ts';
import { keyRing, Secrets } from '../../../src/store/secrets/index.ts';
import { openStore } from '../../../src/store/store.ts';
import { storePlace } from '../place.ts';
import { auditCases } from './cases.ts';

describe('embedded', () => {
  auditCases('pglite');

  test('hundreds of events a second are stored, and the process goes on meanwhile', async () => {
    const { folder, drop } = await storePlace('pglite');
    const store = openStore({ folder });
    const log = new AuditLog({ store, secrets: new Secrets(store, keyRing(folder, {})), folder });
    const actor = { kind: 'api-key', id: 'ann', role: 'user' } as const;
    const append = () => log.append({ kind: 'mutation', actor, operation: 'buy', outcome: 'success' });
    await append();
    const count = 4_000;
    let next = 0;
    let longest = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 5);
    const start = performance.now();
    const client = async () => {
      while (next++ < count) await append();
    };
    await Promise.all(Array.from({ length: 64 }, client));
    const perSecond = count / ((performance.now() - start) / 1000);
    clearInterval(timer);
    expect(await verifyAudit({ store, key: await log.key() })).toMatchObject({
      ok: true,
      records: count + 1,
    });
    await log.close();
    await store.close();
    await drop();
    process.stderr.write(
      `audit embedded: ${Math.round(perSecond)} events/s from 64 clients, longest pause ${Math.round(longest)} ms\n`,
    );
    expect(perSecond).toBeGreaterThan(300);
  }, 60_000);
});
