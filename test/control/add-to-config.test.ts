import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addToConfig, ConfigError } from '../../src/control/index.ts';
import { FozError } from '../../src/core/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-add-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The text of a file after an entry was added to `auth.api_keys`. */
function added(text: string): string {
  const file = join(folder, 'foz.yaml');
  writeFileSync(file, text);
  addToConfig(file, ['auth', 'api_keys'], { name: 'a', roles: ['r'] });
  return readFileSync(file, 'utf8');
}

const entry = '- name: a\n      roles:\n        - r\n';

test.each([
  ['an empty file', '', 'auth:\n  api_keys:\n    - name: a\n      roles:\n        - r\n'],
  [
    'no auth: below the rest, whose layout stays',
    '# mine\nserver:\n    port: 1   # one\nlist: [1,\n  2]\n',
    `# mine\nserver:\n    port: 1   # one\nlist: [1,\n  2]\nauth:\n  api_keys:\n    ${entry}`,
  ],
  [
    'no keys, and no newline at the end',
    'auth:\n  anonymous_role: x # who',
    `auth:\n  anonymous_role: x # who\n  api_keys:\n    ${entry}`,
  ],
  [
    'a list between other settings',
    'auth:\n  api_keys:\n    - name: b\n      roles: [r] # its role\n\n# next\nserver: {}\n',
    `auth:\n  api_keys:\n    - name: b\n      roles: [r] # its role\n    ${entry}\n# next\nserver: {}\n`,
  ],
  [
    'a list that is not indented',
    'auth:\n  api_keys:\n  - name: b\nserver: {}\n',
    'auth:\n  api_keys:\n  - name: b\n  - name: a\n    roles:\n      - r\nserver: {}\n',
  ],
  [
    'a list on one line',
    'auth: { api_keys: [{ name: b }] } # all\n',
    'auth: { api_keys: [{ name: b }, { name: a, roles: [ r ] }] } # all\n',
  ],
  ['a list of nothing', 'auth: { api_keys: [] }\n', 'auth: { api_keys: [{ name: a, roles: [ r ] }] }\n'],
  ['a setting without a value', 'auth:\nserver: {}\n', `auth:\n  api_keys:\n    ${entry}server: {}\n`],
])('%s', (_, before, after) => {
  expect(added(before)).toBe(after);
});

test('what is no list, and what is no YAML, stays as it is', () => {
  expect(() => added('auth: [1]\n')).toThrow(FozError);
  expect(() => added('auth: { api_keys: 1 }\n')).toThrow(/"auth\.api_keys" is no list/);
  expect(() => added('auth: {}\nauth: {}\n')).toThrow(ConfigError);
  expect(readFileSync(join(folder, 'foz.yaml'), 'utf8')).toBe('auth: {}\nauth: {}\n');
});
