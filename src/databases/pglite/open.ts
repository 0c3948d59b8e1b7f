import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PGlite, type PGliteOptions } from '@electric-sql/pglite';

/** Location of the template (the compressed folder of an empty database), relative to the built file and to the source. */
const here = dirname(fileURLToPath(import.meta.url));
const templates = ['../../../pglite-empty.tar.gz', '../../../dist/pglite-empty.tar.gz'].map((path) =>
  join(here, path),
);

/**
 * Opens a database, and creates it when missing. A new one is unpacked from the template of the build, which takes about a second instead
 * of five. A template that does not load is not used. Rejects with the error of PGlite.
 */
export async function openDatabase(options: PGliteOptions): Promise<PGlite> {
  const template = isNew(options.dataDir) ? templates.find((file) => existsSync(file)) : undefined;
  if (template === undefined) return PGlite.create(options);
  const loadDataDir = new Blob([readFileSync(template)], { type: 'application/x-gzip' });
  try {
    return await PGlite.create({ ...options, loadDataDir });
  } catch (error) {
    if (options.dataDir === undefined) return PGlite.create(options);
    if (!existsSync(options.dataDir)) throw error;
    rmSync(options.dataDir, { recursive: true, force: true });
    return PGlite.create(options);
  }
}

function isNew(folder: string | undefined): boolean {
  return (
    folder === undefined ||
    !existsSync(folder) ||
    readdirSync(folder).every((name) => name.startsWith('foz.lock'))
  );
}
