import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type Document, parseDocument, stringify } from 'yaml';
import type { Metadata, TableMetadata } from '../../catalog/index.ts';
import { canonicalMetadata, canonicalTable, plain, sortKey } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import { replaceFile } from '../../store/index.ts';
import { ConfigError } from '../config/config.ts';
import { schemaComment } from '../config/schema-comment.ts';
import { newFileName } from './file-names.ts';
import { isFolder, listFile, listNames, readFolder } from './folder.ts';
import { mergeInto } from './merge-yaml.ts';

/** Paths within the folder. */
export interface WrittenFolder {
  readonly written: readonly string[];
  readonly removed: readonly string[];
  readonly unchanged: readonly string[];
}

const yamlOptions = { lineWidth: 120 } as const;

/**
 * Writes metadata into a folder. Unchanged files are not touched, others keep their comments, and files of tables without metadata are
 * removed. Throws ConfigError when the folder contains files that are not metadata, before anything is written.
 */
export function writeFolder(folder: string, given: Metadata): WrittenFolder {
  const metadata = canonicalMetadata(plain(given));
  refuseTwice(metadata);
  const before = isFolder(folder) ? readFolder(folder) : { files: [], problems: [] };
  if (before.problems.length > 0) throw new ConfigError(before.problems);
  const places = placesOf(metadata, before.files);
  const written: string[] = [];
  const unchanged: string[] = [];
  const note = (path: string, changed: boolean) => (changed ? written : unchanged).push(path);
  const old = new Map(before.files.map((file) => [file.path, file.entry]));
  for (const [path, entry] of places) note(path, writeTable(folder, path, entry, old.get(path)));
  const lists = listNames.filter((name) => metadata[name] !== undefined);
  for (const name of lists)
    note(listFile(name), writeYaml(join(folder, listFile(name)), metadata[name], name));
  const current = new Set([...places.keys(), ...lists.map(listFile)]);
  const removed = [...old.keys(), ...listNames.map(listFile)].filter(
    (path) => !current.has(path) && existsSync(join(folder, path)),
  );
  for (const path of removed) remove(folder, path);
  mkdirSync(folder, { recursive: true });
  return { written, removed, unchanged };
}

function refuseTwice({ tables }: Metadata): void {
  const seen = new Set<string>();
  for (const entry of tables) {
    const key = sortKey(entry);
    if (seen.has(key))
      throw new FozError(
        'validation-failed',
        `The metadata has two entries for the table ${JSON.stringify(entry.table)} of source ${entry.source}: only one can be in a folder.`,
      );
    seen.add(key);
  }
}

/** The path of each table's file: the existing one, else a new one. */
function placesOf(
  metadata: Metadata,
  files: readonly { readonly path: string; readonly entry: TableMetadata }[],
): Map<string, TableMetadata> {
  const known = new Map(files.map(({ path, entry }) => [sortKey(entry), path]));
  const taken = new Set(files.map(({ path }) => path.toLowerCase()));
  return new Map(
    metadata.tables.map((entry) => [known.get(sortKey(entry)) ?? newFileName(entry, taken), entry]),
  );
}

function writeTable(
  folder: string,
  path: string,
  entry: TableMetadata,
  before: TableMetadata | undefined,
): boolean {
  if (before !== undefined && isDeepStrictEqual(plain(canonicalTable(before)), plain(canonicalTable(entry))))
    return false;
  const { source, ...rest } = entry;
  return writeYaml(join(folder, path), source === dirname(path) ? rest : entry, 'table_entry');
}

/** Writes a file. Returns whether it changed. */
function writeYaml(file: string, value: unknown, schema: string): boolean {
  const document = existsSync(file) ? parseDocument(readFileSync(file, 'utf8')) : null;
  if (document !== null && isDeepStrictEqual(document.toJS(), value)) return false;
  replaceFile(file, textOf(file, document, value, schema));
  return true;
}

function textOf(file: string, document: Document | null, value: unknown, schema: string): string {
  if (document === null)
    return `${schemaComment(dirname(file), schema)}${stringify(value, { ...yamlOptions, aliasDuplicateObjects: false })}`;
  mergeInto(document, value);
  return document.toString(yamlOptions);
}

function remove(folder: string, path: string): void {
  rmSync(join(folder, path));
  const parent = dirname(path);
  if (parent !== '.' && readdirSync(join(folder, parent)).length === 0) rmdirSync(join(folder, parent));
}
