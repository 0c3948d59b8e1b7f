// Compiles the JSON Schema of foz.yaml to JavaScript: compiling takes half a second, which each command would wait for.
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Writes `dist/validators.cjs`, which `src/control/metadata/validators.ts` reads. */
export async function writeValidators(root) {
  const require = createRequire(import.meta.url);
  const { default: standalone } = require('ajv/dist/standalone');
  const built = pathToFileURL(join(root, 'dist/src/control/metadata/schemas.js')).href;
  const { ajvOf, schemas } = await import(built);
  const ajv = ajvOf({ inlineRefs: false, code: { source: true, lines: true } });
  const names = Object.keys(schemas);
  const code = standalone(ajv, Object.fromEntries(names.map((name) => [name, name])));
  const digest = createHash('sha256').update(JSON.stringify(schemas)).digest('hex');
  writeFileSync(join(root, 'dist/validators.cjs'), `${code}\nexports.digest = '${digest}';\n`);
}
