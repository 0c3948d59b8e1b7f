// Writes the graphs of the control API and of accounts to schema/, the client types of the former, the kinds of sources into
// the JSON Schema of foz.yaml, and the JSON Schema of workflows. --check: changes nothing, and fails if a file is out of date.
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

put('schema/foz.schema.json', await schemaWithKinds());
put('schema/workflow.schema.json', await workflowSchema());

async function graphs() {
  const { buildControlGraph, buildAccountGraph } = await built('resolvers/index.ts');
  return [
    ['schema/control.graphql', await buildControlGraph()],
    ['schema/account.graphql', await buildAccountGraph()],
  ];
}

/** The JSON Schema with the kinds of src/views/sources/kinds.ts, and which of them need a URL or a path. */
async function schemaWithKinds() {
  const { kindNames, kindFacts } = await built('src/views/sources/kinds.ts');
  const listed = (kinds) => `[${kinds.map((kind) => JSON.stringify(kind)).join(', ')}]`;
  const needing = (place) => listed(kindNames.filter((kind) => kindFacts(kind).place === place));
  return readFileSync('schema/foz.schema.json', 'utf8')
    .replace(
      /("kind": \{ "enum": )\[[^\]]*\](, "description": "Kind of database\.")/,
      (_, before, after) => before + listed(kindNames) + after,
    )
    .replace(
      /("kind": \{ "enum": )\[[^\]]*\]( \} \} \}, "then": \{ "required": \["(url|path)"\])/g,
      (_, before, after, place) => before + needing(place) + after,
    );
}

/** The JSON Schema of a workflow, with the settings of each kind of step. */
async function workflowSchema() {
  const { workflowSchema: schema } = await built('src/workflow/runs/schema.ts');
  return `${JSON.stringify(schema, null, 2)}\n`;
}

/** Bundles a source module with its imports, so that no build is needed before. */
async function built(file) {
  const folder = mkdtempSync(join(root, 'node_modules', '.foz-codegen-'));
  try {
    const outfile = join(folder, 'module.mjs');
    const entry = { entryPoints: [file], outfile, tsconfig: 'tsconfig.json' };
    await build({ ...entry, bundle: true, platform: 'node', format: 'esm', packages: 'external' });
    return await import(pathToFileURL(outfile).href);
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
