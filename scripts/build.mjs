// Builds the server into dist/, and the console if its sources exist. --if-changed: only what is older than its sources.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleCommand } from './bundle.mjs';
import { writeValidators } from './validators.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const run = (command, ...args) => execFileSync(command, args, { cwd: root, stdio: 'inherit' });

const stamp = join(root, 'dist/built');
// npx runs `prepare` in this folder before its first command.
if (process.argv.includes('--if-changed') && isBuilt()) process.exit();

const template = await emptyDatabase();
rmSync(join(root, 'dist'), { recursive: true, force: true });
// Types are checked by `npm run check`.
for (const project of ['tsconfig.build.json', 'tsconfig.client.json'])
  run(process.execPath, join(root, 'node_modules/typescript/bin/tsc'), '-p', project, '--noCheck');
copyScripts('src');
await writeValidators(root);
await bundleCommand(root);
writeFileSync(join(root, 'dist/pglite-empty.tar.gz'), template.bytes);
writeFileSync(join(root, 'dist/pglite-empty.version'), template.version);

const consolePackage = JSON.parse(readFileSync(join(root, 'console/package.json'), 'utf8'));
if (consolePackage.scripts?.build !== undefined) {
  run(process.platform === 'win32' ? 'npm.cmd' : 'npm', '--workspace', 'console', 'run', 'build', '--silent');
}
writeFileSync(stamp, '');

/** Whether the build is newer than all sources. */
function isBuilt() {
  if (!existsSync(stamp)) return false;
  const built = statSync(stamp).mtimeMs;
  const sources = [
    'src',
    'resolvers',
    'client',
    'schema',
    'console',
    'scripts/build.mjs',
    'scripts/bundle.mjs',
    'scripts/validators.mjs',
    'package.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'tsconfig.client.json',
  ];
  const isOlder = (path) => {
    if (/[\\/](?:dist|node_modules)$/.test(path)) return true;
    const stat = statSync(path);
    if (!stat.isDirectory()) return stat.mtimeMs < built;
    return readdirSync(path).every((name) => isOlder(join(path, name)));
  };
  return sources.every((name) => isOlder(join(root, name)));
}

/** A packed empty PGlite database: unpacking takes a quarter of the time that creating one does. */
async function emptyDatabase() {
  const { version } = JSON.parse(
    readFileSync(join(root, 'node_modules/@electric-sql/pglite/package.json'), 'utf8'),
  );
  const [packed, of] = ['dist/pglite-empty.tar.gz', 'dist/pglite-empty.version'].map((file) =>
    join(root, file),
  );
  if (existsSync(packed) && existsSync(of) && readFileSync(of, 'utf8') === version)
    return { version, bytes: readFileSync(packed) };
  const { PGlite } = await import('@electric-sql/pglite');
  const database = await PGlite.create();
  const bytes = Buffer.from(await (await database.dumpDataDir('gzip')).arrayBuffer());
  await database.close();
  return { version, bytes };
}

/** Copies JavaScript that runs in child processes or threads; it is not compiled. */
function copyScripts(folder) {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) copyScripts(path);
    else if (/\.(m?js|sql)$/.test(entry.name) && !existsSync(join(root, 'dist', path)))
      cpSync(join(root, path), join(root, 'dist', path));
  }
}
