import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { InheritedRoleMetadata, Metadata, TableMetadata } from '../../catalog/index.ts';
import type { ConfigProblem } from '../config.ts';
import { canonicalMetadata, sortedBy, sortKey } from './canonical.ts';
import { readYaml } from './located-yaml.ts';
import { checkAgainst } from './validate.ts';

/** The file of a folder that holds the inherited roles. */
export const inheritedRolesFile = 'inherited_roles.yaml';

/** A file of a table. */
export interface TableFile {
  /** Within the folder, with `/`. */
  readonly path: string;
  readonly entry: TableMetadata;
}

/** Metadata as a folder has it. */
export interface ReadFolder {
  /** `undefined` when anything is wrong. */
  readonly metadata: Metadata | undefined;
  readonly files: readonly TableFile[];
  readonly problems: readonly ConfigProblem[];
}

/** Whether the path is a folder that is there. */
export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/**
 * Reads a folder of metadata: `<source>/<table>.yaml` with one table each, and `inherited_roles.yaml`. `${...}` has no meaning in it.
 * Everything that is wrong is told at once, with its place; two files for one table too.
 */
export function readFolder(folder: string): ReadFolder {
  const problems: ConfigProblem[] = [];
  const files: TableFile[] = [];
  let inherited: readonly InheritedRoleMetadata[] = [];
  for (const name of listed(folder)) {
    const path = join(folder, name);
    if (isFolder(path)) files.push(...readSource(folder, name, problems));
    else if (name === inheritedRolesFile)
      inherited = (readChecked(path, 'inheritedRoles', problems) ?? []) as InheritedRoleMetadata[];
    else if (isYaml(name)) problems.push(stray(path));
  }
  reportTwice(folder, files, problems);
  const sorted = sortedBy(files, ({ entry, path }) => `${sortKey(entry)} ${path}`);
  const metadata =
    problems.length > 0
      ? undefined
      : canonicalMetadata({ tables: sorted.map(({ entry }) => entry), inherited_roles: inherited });
  return { metadata, files: sorted, problems };
}

function listed(folder: string): string[] {
  return sortedBy(
    readdirSync(folder).filter((name) => !name.startsWith('.')),
    (name) => name,
  );
}

function isYaml(name: string): boolean {
  return /\.ya?ml$/i.test(name);
}

function stray(file: string): ConfigProblem {
  const message = `is no part of metadata: tables stand in a folder for each source, as shop/orders.yaml, inherited roles in ${inheritedRolesFile}`;
  return { file, line: 1, column: 1, where: 'file', message };
}

function readSource(folder: string, source: string, problems: ConfigProblem[]): TableFile[] {
  return listed(join(folder, source))
    .filter(isYaml)
    .flatMap((name): TableFile[] => {
      const value = readChecked(join(folder, source, name), 'table', problems);
      if (value === undefined) return [];
      const entry = { source, ...(value as Omit<TableMetadata, 'source'>) };
      return [{ path: `${source}/${name}`, entry }];
    });
}

/** `undefined` when it is not as its schema says. */
function readChecked(file: string, what: 'table' | 'inheritedRoles', problems: ConfigProblem[]): unknown {
  const read = readYaml(file, null);
  problems.push(...read.problems);
  if (read.value === undefined) return undefined;
  if (what === 'inheritedRoles' && read.value === null) return [];
  const found = checkAgainst(what, read.value, read.locate);
  problems.push(...found);
  return found.length === 0 ? read.value : undefined;
}

function reportTwice(folder: string, files: readonly TableFile[], problems: ConfigProblem[]): void {
  const first = new Map<string, string>();
  for (const { path, entry } of files) {
    const key = sortKey(entry);
    const other = first.get(key);
    if (other === undefined) first.set(key, path);
    else {
      const message = `is about the same table as ${join(folder, other)}: put both into one file`;
      problems.push({ file: join(folder, path), line: 1, column: 1, where: 'table', message });
    }
  }
}
