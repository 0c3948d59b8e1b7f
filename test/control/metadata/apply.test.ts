import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attach, connect } from '../../../src/attach.ts';
import type { BoolExp, Metadata } from '../../../src/catalog/index.ts';
import { applyFolder, diffFolder } from '../../../src/control/metadata/apply.ts';
import { type MetadataTarget, metadataTarget } from '../../../src/control/metadata/target.ts';
import { writeFolder } from '../../../src/control/metadata/write-folder.ts';
import { FozErrors } from '../../../src/core/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-apply-'));
const state = join(folder, '.foz');
const files = join(folder, 'metadata');
const source = { name: 'shop', kind: 'sqlite', path: join(folder, 'shop.db') } as const;
let target: MetadataTarget;

beforeAll(async () => {
  const connector = await connect(source, { create: true });
  const text = 'create table orders (id integer primary key, buyer integer, note text)';
  await connector.run({ text, slots: [] }, [], { signal: new AbortController().signal, timeoutMs: 10_000 });
  await connector.close();
  target = await metadataTarget({ state }, {});
});
afterAll(async () => {
  await target.close();
  rmSync(folder, { recursive: true });
});

/** The issues of metadata, resolved against the sources. */
async function check(metadata: Metadata) {
  const attached = await attach({ sources: [source], metadata, state }, 'command');
  await attached.close();
  return attached.graphs.issues;
}

const buyer: Metadata = {
  tables: [
    {
      source: 'shop',
      table: 'orders',
      select_permissions: [
        { role: 'buyer', permission: { columns: ['id'], filter: { buyer: { _eq: 'X-Foz-User-Id' } } } },
      ],
    },
  ],
};

test('a store that is not there is empty, and is not made by looking', async () => {
  writeFolder(files, buyer);
  const diff = await diffFolder(target, files);
  expect([diff.version, diff.changes.map(({ text }) => text)]).toEqual([
    0,
    ['the table is declared', 'role buyer may read: columns id; rows { buyer: { _eq: X-Foz-User-Id } }'],
  ]);
  expect(existsSync(state)).toBe(false);
});

test('a dry run changes nothing', async () => {
  const applied = await applyFolder(target, files, { check, dryRun: true });
  expect([applied.applied, applied.changes.length, applied.version]).toEqual([false, 2, 0]);
  expect((await target.read()).version).toBe(0);
});

test('a folder is applied once', async () => {
  expect(await applyFolder(target, files, { check, dryRun: false })).toMatchObject({
    applied: true,
    version: 1,
  });
  expect(await target.read()).toEqual({ version: 1, metadata: buyer });
  expect(await applyFolder(target, files, { check, dryRun: false })).toMatchObject({
    applied: false,
    version: 1,
  });
}, 60_000);

test('all that is wrong on the sources is told at once, and nothing is applied', async () => {
  const wrong = join(folder, 'wrong');
  const permission = (filter: BoolExp) => ({ columns: ['id', 'nothing'], filter });
  writeFolder(wrong, {
    tables: [
      {
        source: 'shop',
        table: 'orders',
        select_permissions: [
          { role: 'buyer', permission: permission({}) },
          { role: 'clerk', permission: { columns: ['id'], filter: { note: { _eqq: 1 } } } },
        ],
      },
      { source: 'shop', table: 'nowhere' },
      { source: 'other', table: 'orders' },
    ],
  });
  const refused = await applyFolder(target, wrong, { check, dryRun: false }).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(FozErrors);
  const lines = (refused as Error).message.split('\n');
  for (const part of [/nothing/, /_eqq/, /nowhere/, /other/])
    expect(lines.filter((line) => part.test(line)).length).toBeGreaterThan(0);
  expect((await target.read()).version).toBe(1);
});

test('who writes second is refused', async () => {
  const clerk: Metadata = { tables: [{ source: 'shop', table: 'orders', tracked: false }] };
  writeFolder(files, clerk);
  const slow = async (metadata: Metadata) => {
    await target.write(1, { tables: [] });
    return check(metadata);
  };
  await expect(applyFolder(target, files, { check: slow, dryRun: false })).rejects.toMatchObject({
    code: 'conflict',
    details: { expected: 1, current: 2 },
  });
  expect(await target.read()).toEqual({ version: 2, metadata: { tables: [] } });
  await expect(applyFolder(target, files, { check, dryRun: false, expected: 1 })).rejects.toMatchObject({
    code: 'conflict',
  });
  await expect(applyFolder(target, files, { check, dryRun: false, expected: 2 })).resolves.toMatchObject({
    version: 3,
  });
});

test('what a configuration holds itself is read there and not written', async () => {
  const own = await metadataTarget({ metadata: buyer, state }, {});
  expect((await diffFolder(own, files)).changes.length).toBeGreaterThan(0);
  await expect(applyFolder(own, files, { check, dryRun: false })).rejects.toMatchObject({
    code: 'not-supported',
  });
  expect((await applyFolder(own, files, { check, dryRun: true })).applied).toBe(false);
});

test('a folder that is not there, or no metadata', async () => {
  await expect(diffFolder(target, join(folder, 'nothing'))).rejects.toMatchObject({ code: 'not-found' });
  mkdirSync(join(folder, 'broken/shop'), { recursive: true });
  writeFileSync(join(folder, 'broken/shop/orders.yaml'), 'tabel: orders\ntracked: 3\n');
  const error = await diffFolder(target, join(folder, 'broken')).catch((reason: Error) => reason);
  expect((error as Error).message.split('\n').length).toBe(3);
});
