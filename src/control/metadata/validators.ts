import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Ajv2020, ValidateFunction } from 'ajv/dist/2020.js';
import { ajvOf, type SchemaName, schemas } from './schemas.ts';

type Validators = Readonly<Record<SchemaName, ValidateFunction<unknown>>>;

/** The schemas as the build has compiled them (`scripts/validators.mjs`), seen from the built file and from the source. */
const places = ['../../../validators.cjs', '../../../dist/validators.cjs'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);

let built: Validators | null | undefined;
let compiler: Ajv2020 | undefined;

/** The function that checks a value against a schema. */
export function validatorOf(name: SchemaName): ValidateFunction<unknown> {
  if (built === undefined) built = readBuilt();
  if (built !== null) return built[name];
  compiler ??= ajvOf();
  return compiler.getSchema<unknown>(name)!;
}

/** `null`: there is no build, or it is of another schema. */
function readBuilt(): Validators | null {
  const place = places.find((file) => existsSync(file));
  if (place === undefined) return null;
  const found = createRequire(import.meta.url)(place) as Validators & { readonly digest: string };
  const digest = createHash('sha256').update(JSON.stringify(schemas)).digest('hex');
  return found.digest === digest ? found : null;
}
