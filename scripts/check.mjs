// Checks for every commit, in parallel: types, lint and format, the architecture, dead code, licences, secrets.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = (name) => join(root, 'node_modules/.bin', name);
const checks = {
  types: [bin('tsc'), ['-p', '.']],
  // By its own configuration, since it runs in browsers: it has only what ES2020 has.
  'types of the client': [bin('tsc'), ['-p', 'tsconfig.client.json', '--noEmit']],
  'lint and format': [bin('biome'), ['check', '--error-on-warnings', '.']],
  architecture: [
    process.execPath,
    [
      '--experimental-vm-modules',
      '--no-warnings',
      join(root, 'node_modules/jest/bin/jest.js'),
      '--selectProjects',
      'unit',
      '--testPathPatterns',
      'architecture',
    ],
  ],
  'dead code': [bin('knip'), ['--no-progress']],
  dependencies: [process.execPath, [join(root, 'scripts/scan/dependencies.mjs')]],
  secrets: [process.execPath, [join(root, 'scripts/scan/secrets.mjs')]],
  'generated files': [process.execPath, [join(root, 'scripts/codegen.mjs'), '--check']],
};

const results = await Promise.all(
  Object.entries(checks).map(
    ([name, [command, args]]) =>
      new Promise((resolve) => {
        const started = performance.now();
        const child = spawn(command, args, { cwd: root, shell: process.platform === 'win32' });
        let output = '';
        child.stdout.on('data', (data) => (output += data));
        child.stderr.on('data', (data) => (output += data));
        child.on('close', (code) =>
          resolve({ name, ok: code === 0, output, seconds: (performance.now() - started) / 1000 }),
        );
      }),
  ),
);
for (const { name, ok, output, seconds } of results) {
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds.toFixed(1)} s)`);
  if (!ok || output.startsWith('NOT ')) console.log(output.trim());
}
process.exitCode = results.every(({ ok }) => ok) ? 0 : 1;
