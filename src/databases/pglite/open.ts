import { existsSync, readFileSync, rmSync } from 'node:fs';
import { PGlite, type PGliteOptions } from '@electric-sql/pglite';
import { templateFile, unpackTemplate } from '../../store/index.ts';

/**
 * Opens a database, and creates it when missing. A new one is unpacked from the template of the build, which takes about a second instead
 * of five. A template that does not load is not used. Rejects with the error of PGlite.
 */
export async function openDatabase(options: PGliteOptions): Promise<PGlite> {
  const folder = options.dataDir;
  if (folder === undefined) return openInMemory(options);
  if (!unpackTemplate(folder)) return PGlite.create(options);
  try {
    return await PGlite.create(options);
  } catch (error) {
    if (!existsSync(folder)) throw error;
    rmSync(folder, { recursive: true, force: true });
    return PGlite.create(options);
  }
}

async function openInMemory(options: PGliteOptions): Promise<PGlite> {
  const template = templateFile();
  if (template === undefined) return PGlite.create(options);
  const loadDataDir = new Blob([readFileSync(template)], { type: 'application/x-gzip' });
  return PGlite.create({ ...options, loadDataDir }).catch(() => PGlite.create(options));
}
