import { readFileSync } from 'node:fs';
import { PGlite, type PGliteOptions } from '@electric-sql/pglite';
import { openWithTemplate, templateFile } from '../../store/index.ts';

/**
 * Opens a database, and creates it when missing. A new one is unpacked from the template of the build, which takes about a second instead
 * of five. A template that does not load is not used. Rejects with the error of PGlite, or of the file system where the folder cannot be
 * written.
 */
export async function openDatabase(options: PGliteOptions): Promise<PGlite> {
  const folder = options.dataDir;
  return folder === undefined
    ? openInMemory(options)
    : openWithTemplate(folder, (dataDir) => PGlite.create({ ...options, dataDir }));
}

async function openInMemory(options: PGliteOptions): Promise<PGlite> {
  const template = templateFile();
  if (template === undefined) return PGlite.create(options);
  const loadDataDir = new Blob([readFileSync(template)], { type: 'application/x-gzip' });
  return PGlite.create({ ...options, loadDataDir }).catch(() => PGlite.create(options));
}
