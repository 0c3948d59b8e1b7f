import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'foz-scan-'));

function run(script: string, ...args: readonly string[]) {
  const program = join(root, 'scripts/scan', script);
  const { status, stdout } = spawnSync(process.execPath, [program, ...args], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  return { status, stdout };
}

/** Assembled at run time, so that this file contains no secret. */
const secrets = {
  'a private key': `-----BEGIN RSA ${'PRIVATE'} KEY-----\n${'MIIEpAIBAAKCAQEA'.repeat(8)}\n-----END RSA ${'PRIVATE'} KEY-----\n`,
  'a token of GitHub': `token = "ghp_${'wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx'}"\n`,
} satisfies Record<string, string>;

test.each(Object.keys(secrets) as (keyof typeof secrets)[])('%s is found and not shown', (name) => {
  const file = join(folder, 'planted.txt');
  writeFileSync(file, `first line\n${secrets[name]}`);
  const { status, stdout } = run('secrets.mjs', file);
  expect([status, stdout]).toEqual([1, expect.stringContaining('planted.txt:2: ')]);
  expect(stdout).not.toMatch(/wWPw5k4aXcaT|MIIEpAIBAAKCAQEA/);
});

test('a file without secrets passes', () => {
  const file = join(folder, 'clean.txt');
  writeFileSync(file, 'url: a value of the environment\n');
  expect(run('secrets.mjs', file)).toEqual({ status: 0, stdout: '' });
});

const fine = { license: 'MIT', resolved: 'https://registry.example/x.tgz', integrity: 'sha512-x' };
const planted = {
  'a licence that is not permissive': [{ ...fine, license: 'GPL-3.0' }, 'x: licence GPL-3.0'],
  'no licence': [{ ...fine, license: undefined }, 'x: licence unknown'],
  'one of two licences that is not permissive': [
    { ...fine, license: '(MIT AND AGPL-3.0)' },
    'x: licence (MIT AND AGPL-3.0)',
  ],
  'another origin than a registry': [
    { ...fine, resolved: 'git+ssh://git@example.com/x.git' },
    'x: comes from git+ssh',
  ],
  'content that is not pinned': [{ ...fine, integrity: undefined }, 'x: its content is not pinned'],
  'a script at installation': [{ ...fine, hasInstallScript: true }, 'x: runs a script when it is installed'],
} satisfies Record<string, [object, string]>;

test.each(Object.keys(planted) as (keyof typeof planted)[])(
  'a package with %s is told',
  (name) => {
    const [entry, expected] = planted[name];
    const lock = { packages: { '': {}, 'node_modules/x': entry, 'node_modules/y': fine } };
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock));
    const { status, stdout } = run('dependencies.mjs', folder);
    expect([status, stdout]).toEqual([1, expect.stringContaining(expected)]);
  },
  30_000,
);
