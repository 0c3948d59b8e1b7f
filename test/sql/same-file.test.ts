import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SameFile } from '../../src/sql/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-same-file-'));
const file = join(folder, 'file');
afterAll(() => rmSync(folder, { recursive: true }));

test('a file that takes the place of a removed one is another one, although file systems use its number again', () => {
  for (let at = 0; at < 20; at++) {
    writeFileSync(file, 'first');
    const first = new SameFile(file);
    expect(first.look()).toBe('same');
    rmSync(file);
    expect(first.look()).toBe('missing');
    writeFileSync(file, 'second');
    expect(first.look()).toBe('other');
    first.close();
  }
});

test('a file that is moved away and back is the same', () => {
  writeFileSync(file, 'first');
  const first = new SameFile(file);
  renameSync(file, `${file}-away`);
  expect(first.look()).toBe('missing');
  renameSync(`${file}-away`, file);
  expect(first.look()).toBe('same');
  first.close();
});

const onLinux = process.platform === 'linux' ? test : test.skip;
onLinux(
  'a file that is let go, once or more often, is not kept open; one that is held already never is',
  () => {
    const open = () => readdirSync('/proc/self/fd').length;
    writeFileSync(file, 'first');
    const before = open();
    const first = new SameFile(file);
    const held = new SameFile(file, { isHeld: true });
    expect(open()).toBe(before + 1);
    for (const one of [first, first, held]) one.close();
    expect(open()).toBe(before);
    expect([held.look(), new SameFile(`${file}-missing`).look()]).toEqual(['same', 'missing']);
  },
);
