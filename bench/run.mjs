// Entry point of "npm run bench". Installs the packages of the contestants on the first run.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { options } from './options.mjs';
import { root } from './processes.mjs';

if (
  !['abuse', 'capture'].includes(options.mode) &&
  !existsSync(join(root, 'bench/node_modules/postgraphile'))
) {
  console.log('Installing the contestants (once) ...');
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: join(root, 'bench'),
    stdio: 'inherit',
  });
}
if (!existsSync(join(root, 'dist/src/main.js'))) {
  console.log('Building Foz ...');
  execFileSync('npm', ['run', 'build', '--silent'], { cwd: root, stdio: 'inherit' });
}
process.env.NODE_ENV ??= 'production';
const modes = {
  throughput: './compare.mjs',
  planning: './planning.mjs',
  schema: './large-schema.mjs',
  soak: './soak.mjs',
  identify: './identify.mjs',
  permissions: './permissions.mjs',
  abuse: './abuse.mjs',
  live: './live.mjs',
  capture: './capture.mjs',
  work: './work.mjs',
};
const module = modes[options.mode];
if (module === undefined) throw new Error(`There is no "${options.mode}": ${Object.keys(modes).join(', ')}`);
await (await import(module)).run();
