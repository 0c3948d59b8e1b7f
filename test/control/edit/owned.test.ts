import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { running } from '../sources/runtime.ts';
import { shopFile } from './shop.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-owned-'));
const orders = 'source: "shop", table: "orders"';
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('metadata of the configuration is owned by it', async () => {
  const shop = await shopFile(join(folder, 'owned.db'));
  const metadata = { tables: [{ source: 'shop', table: 'orders', configuration: { custom_name: 'sales' } }] };
  const owned = await running({
    state: join(folder, 'owned'),
    sources: [shop],
    metadata,
    metadataPlace: '/etc/foz/foz.yaml',
  });
  try {
    const { data } = await owned.control(
      '{ metadata { resourceVersion document owner } metadataHistory { version } metadataDiff(from: 0) { part } table(source: "shop", name: "orders") { customName } }',
    );
    expect(data).toMatchObject({
      metadata: { resourceVersion: 0, document: metadata, owner: '/etc/foz/foz.yaml' },
      metadataHistory: [],
      table: { customName: 'sales' },
    });
    for (const mutation of [
      `untrackTable(${orders})`,
      `untrackTable(${orders}, dryRun: true)`,
      'revertMetadata(toVersion: 0)',
      'replaceMetadata(document: {tables: []}, force: true)',
    ]) {
      const { errors } = await owned.control(`mutation { ${mutation} { applied } }`);
      expect(errors).toMatchObject([
        {
          message: expect.stringContaining('/etc/foz/foz.yaml owns the metadata'),
          extensions: { code: 'not-supported' },
        },
      ]);
    }
  } finally {
    await owned.server.close(0);
  }
}, 60_000);
