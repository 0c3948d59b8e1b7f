// Prints the graphs of the control API and of accounts to schema/, then makes client types of the first.
// --check: changes nothing, fails when a file is out of date.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { generate } from '@graphql-codegen/cli';
import { build } from 'esbuild';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { parse } from 'yaml';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
const checks = process.argv.includes('--check');

for (const [file, graph] of await graphs()) put(file, `${printSchema(lexicographicSortSchema(graph))}\n`);
const config = parse(readFileSync('codegen.yml', 'utf8'));
for (const { filename, content } of await generate({ ...config, silent: true }, false))
  put(filename, content);

/** From the sources, so that it needs no build. */
async function graphs() {
  const folder = mkdtempSync(join(root, 'node_modules', '.foz-codegen-'));
  try {
    const outfile = join(folder, 'resolvers.mjs');
    const entry = { entryPoints: ['resolvers/index.ts'], outfile, tsconfig: 'tsconfig.json' };
    await build({ ...entry, bundle: true, platform: 'node', format: 'esm', packages: 'external' });
    const { buildControlGraph, buildAccountGraph } = await import(pathToFileURL(outfile).href);
    return [
      ['schema/control.graphql', await buildControlGraph()],
      ['schema/account.graphql', await buildAccountGraph()],
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function put(file, content) {
  if (!checks) writeFileSync(file, content);
  else if (readFileSync(file, 'utf8') !== content) {
    console.error(`${file} is out of date: run "npm run codegen".`);
    process.exitCode = 1;
  }
}
