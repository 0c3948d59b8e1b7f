import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { FozError } from '../../core/index.ts';
import { schemaComment } from '../config/schema-comment.ts';
import { isFolder, readFolder } from '../metadata/folder.ts';
import { writeFolder } from '../metadata/write-folder.ts';
import { convertHasura } from './hasura/convert.ts';
import type { Finding } from './hasura/findings.ts';
import type { AllowedOperations } from './hasura/operations.ts';
import { readHasura } from './hasura/read-tree.ts';

/** The result of an import. */
export interface ImportReport {
  readonly written: readonly string[];
  readonly sources: number;
  readonly tables: number;
  readonly permissions: number;
  /** Everything that was left out or changed. */
  readonly findings: readonly Finding[];
}

/**
 * Converts Hasura's metadata to a configuration at `file` and a folder of metadata beside it. Throws FozError `conflict` when the file
 * exists and is not to be replaced, ConfigError with everything that cannot be read, both before anything is written.
 */
export function importHasura(from: string, file: string, replace = false): ImportReport {
  const { config, metadata, operations, findings } = convertHasura(readHasura(from));
  if (existsSync(file) && !replace)
    throw new FozError('conflict', `${file} exists: name another with --out, or replace it with --force.`);
  const base = dirname(file);
  const folder = freeFolder(base, replace);
  mkdirSync(base, { recursive: true });
  const files = writeFolder(join(base, folder), metadata);
  writeFileSync(
    file,
    schemaComment(base) + stringify({ version: 1, ...config, metadata: folder }, { lineWidth: 120 }),
  );
  const permissions = metadata.tables.flatMap((table) => [
    ...(table.select_permissions ?? []),
    ...(table.insert_permissions ?? []),
    ...(table.update_permissions ?? []),
    ...(table.delete_permissions ?? []),
  ]);
  return {
    written: [
      file,
      ...files.written.map((path) => join(base, folder, path)),
      ...writeOperations(base, operations),
    ],
    sources: config.sources.length,
    tables: metadata.tables.length,
    permissions: permissions.length,
    findings,
  };
}

/** A folder name that does not exist yet: Hasura's own folder is often called `metadata` too. */
function freeFolder(base: string, replace: boolean): string {
  const free = ['metadata', 'foz-metadata'].find((name) => {
    const folder = join(base, name);
    return !existsSync(folder) || (replace && isFolder(folder) && readFolder(folder).problems.length === 0);
  });
  if (free !== undefined) return free;
  throw new FozError(
    'conflict',
    `${join(base, 'metadata')} and ${join(base, 'foz-metadata')} exist: name a file in another folder with --out.`,
  );
}

function writeOperations(base: string, { collections, roles }: AllowedOperations): string[] {
  if (collections.length === 0) return [];
  const folder = join(base, 'allow-list');
  mkdirSync(folder, { recursive: true });
  const paths = new Map(
    collections.map(({ name }, at) => [name, `allow-list/${safe(name)}-${at + 1}.graphql`]),
  );
  for (const { name, text } of collections) writeFileSync(join(base, paths.get(name)!), `${text}\n`);
  const written = [...paths.values()].map((path) => join(base, path));
  if (roles.size === 0) return written;
  const list = [...roles].map(([role, names]) => ({
    role,
    operations: names.map((name) => `\${file:${paths.get(name)}}`),
  }));
  const head = '# For the configuration: roles that may ask for nothing but these operations.\n';
  writeFileSync(join(base, 'allow-list.yaml'), head + stringify({ allow_list: list }));
  return [...written, join(base, 'allow-list.yaml')];
}

function safe(name: string): string {
  return name.replaceAll(/[^\p{L}\p{N}_-]+/gu, '-').slice(0, 60);
}
