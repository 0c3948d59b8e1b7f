import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../../src/control/store/store.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'foz-store-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const actor = { kind: 'command', id: 'test', role: 'admin' } as const;

test('metadata is versioned', async () => {
  const store = openStore({ folder });
  const seen: unknown[] = [];
  const { started } = store.onChange((change) => seen.push(change));
  await started;
  expect(await store.readMetadata()).toEqual({ version: 0, metadata: null });
  expect(await store.writeMetadata(0, { b: 1, a: ['x?'] }, actor)).toBe(1);
  await expect(store.writeMetadata(0, {}, actor)).rejects.toMatchObject({ code: 'conflict' });
  expect(await store.readMetadata()).toEqual({ version: 1, metadata: { b: 1, a: ['x?'] } });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(seen).toEqual([{ id: 1, topic: 'metadata', key: '1' }]);
  await store.close();
});
