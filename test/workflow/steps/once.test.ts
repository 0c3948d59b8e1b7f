import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../../src/attach.ts';
import { inProcess } from '../../cli/in-process.ts';
import { describeEngines } from '../../support/engines.ts';
import { onceCases } from './once.cases.ts';

describeEngines(['sqlite', 'pglite'], onceCases);

test('commands make the table, and remove it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'foz-once-'));
  const connector = await connect(
    { name: 'shop', kind: 'sqlite', path: join(folder, 'shop.db') },
    { create: true },
  );
  const context = { signal: new AbortController().signal, timeoutMs: null };
  await connector.run({ text: 'create table a (id integer primary key)', slots: [] }, [], context);
  await connector.close();
  writeFileSync(join(folder, 'foz.yaml'), 'sources:\n  - { name: shop, kind: sqlite, path: shop.db }\n');
  const said = async (...args: string[]) => (await inProcess(folder, ['workflow', ...args])).out;
  const made =
    'create table foz_once (id varchar(64) not null primary key, at bigint not null, answer text);\n';
  expect(await said('setup', 'shop')).toMatch(`${made}Nothing was run`);
  expect(await said('setup', 'shop', '--write')).toBe(`${made}Done.\n`);
  expect(await said('setup', 'shop', '--write')).toBe('There is nothing to set up.\n');
  expect(await said('clean', 'shop')).toMatch(/^drop table foz_once;\nNothing was removed/);
  expect(await said('clean', 'shop', '--write')).toBe('drop table foz_once;\nDone.\n');
  expect(await said('clean', 'shop')).toBe('There is nothing to remove.\n');
  rmSync(folder, { recursive: true });
});
