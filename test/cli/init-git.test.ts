import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../src/attach.ts';
import { inProcess } from './in-process.ts';

const context = { signal: new AbortController().signal, timeoutMs: 10_000 };
let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'foz-init-git-'));
  for (const name of ['shop', 'desk']) {
    const connector = await connect(
      { name, kind: 'sqlite', path: join(folder, `${name}.db`) },
      { create: true },
    );
    await connector.run({ text: 'create table t (id integer primary key)', slots: [] }, [], context);
    await connector.close();
  }
});
afterEach(() => rmSync(folder, { recursive: true }));

const init = (name: string) =>
  inProcess(folder, ['init', '--kind', 'sqlite', '--path', `${name}.db`, '--name', name]);
const ignored = () => readFileSync(join(folder, '.gitignore'), 'utf8');
const line = '.gitignore keeps .foz/, .env, key*.txt out of Git: they hold secrets.\n';

test('init keeps files with secrets out of Git, and says what the master key is, once', async () => {
  const first = await init('shop');
  expect([first.code, first.err]).toEqual([0, '']);
  expect(first.out).toContain(line);
  expect(first.out).toMatch(/\.foz\/master\.key\. Without it these secrets are lost, so keep a copy/);
  expect(ignored()).toBe('.foz/\n.env\nkey*.txt\n');
  const second = await init('desk');
  expect(second.out).toBe('The source desk is added to foz.yaml. Start with: npx foz serve\n');
  expect(ignored()).toBe('.foz/\n.env\nkey*.txt\n');
});

test('a .gitignore that is there is extended by what it lacks', async () => {
  writeFileSync(join(folder, '.gitignore'), 'node_modules\r\n/.foz\n.env');
  const { out } = await init('shop');
  expect(out).toContain('.gitignore keeps key*.txt out of Git: they hold secrets.\n');
  expect(ignored()).toBe('node_modules\r\n/.foz\n.env\nkey*.txt\n');
});

test('one that cannot be written does not hinder init', async () => {
  mkdirSync(join(folder, '.gitignore'));
  const { code, out } = await init('shop');
  expect([code, existsSync(join(folder, 'foz.yaml'))]).toEqual([0, true]);
  expect(out).toMatch(
    /^\.gitignore could not be written \(.*\): keep \.foz\/, \.env, key\*\.txt out of Git/m,
  );
});
