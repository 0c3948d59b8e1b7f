import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { StateFiles } from '../../src/store/index.ts';

const root = mkdtempSync(join(tmpdir(), 'foz-state-files-'));
afterAll(() => rmSync(root, { recursive: true }));

test('a missing state folder is made at the first file, and again after a new start', () => {
  const folder = join(root, 'deep', 'made');
  for (const content of ['one', 'two']) {
    const files = new StateFiles(folder);
    expect(existsSync(folder)).toBe(false);
    files.replace('catalog/shop.json', content);
    expect(readFileSync(join(folder, 'catalog/shop.json'), 'utf8')).toBe(content);
    rmSync(folder, { recursive: true });
  }
});

test('a state folder that is removed stays removed, whatever is written first', () => {
  const folder = join(root, 'removed');
  const early = new StateFiles(folder);
  mkdirSync(folder);
  const late = new StateFiles(`${relative('.', folder)}/.`);
  rmSync(folder, { recursive: true });
  for (const files of [early, late])
    for (const name of ['graph.json.gz', 'catalog/shop.json']) {
      expect(() => files.replace(name, 'x')).toThrow(/ENOENT/);
      expect(existsSync(folder)).toBe(false);
    }
});
