import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { InheritedRoleMetadata, Metadata, TableMetadata } from '../../catalog/index.ts';
import { canonicalMetadata, sortedBy, sortKey } from '../../catalog/index.ts';
import type { ConfigProblem } from '../config/config.ts';
import { type Locate, type LocatedYaml, readYaml } from './located-yaml.ts';
import { checkAgainst } from './validate.ts';

/** The file of a folder that holds the inherited roles. */
export const inheritedRolesFile = 'inherited_roles.yaml';

/** The file of a table. */
export interface TableFile {
  /** Relative to the folder, with `/`. */
  readonly path: string;
  readonly entry: TableMetadata;
  readonly locate: Locate;
}

/** The metadata of a folder. */
export interface ReadFolder {
  /** `undefined`: there are problems. */
  readonly metadata: Metadata | undefined;
  readonly files: readonly TableFile[];
  readonly problems: readonly ConfigProblem[];
  /** The place of the value at a path of `metadata`. */
  readonly locate: Locate;
}

/** Whether the path is an existing folder. */
export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/**
 * Reads a folder of metadata: `<source>/<table>.yaml` with one table each, and `inherited_roles.yaml`. `${...}` is not replaced. Reports
 * all problems at once, with their places, among them two files for one table.
 */
export function readFolder(folder: string): ReadFolder {
  const problems: ConfigProblem[] = [];
  const files: TableFile[] = [];
  let inherited: readonly InheritedRoleMetadata[] = [];
  let locateInherited: Locate = () => ({ file: folder, line: 1, column: 1 });
  for (const name of listed(folder)) {
    const path = join(folder, name);
    if (isFolder(path)) files.push(...readSource(folder, name, problems));
    else if (name === inheritedRolesFile) {
      const read = readChecked(path, 'inheritedRoles', problems);
      inherited = (read.value ?? []) as InheritedRoleMetadata[];
      locateInherited = read.locate;
    } else if (isYaml(name)) problems.push(stray(path));
  }
  reportTwice(folder, files, problems);
  const sorted = sortedBy(files, ({ entry, path }) => `${sortKey(entry)} ${path}`);
  const metadata =
    problems.length > 0
      ? undefined
      : canonicalMetadata({ tables: sorted.map(({ entry }) => entry), inherited_roles: inherited });
  const locate: Locate = ([part, index, ...rest], key) => {
    const file = part === 'tables' ? sorted[index as number] : undefined;
    if (file === undefined) {
      const path = index === undefined ? [] : [index, ...rest];
      return locateInherited(pathAsGiven(path, metadata?.inherited_roles, inherited), key);
    }
    return file.locate(pathAsGiven(rest, metadata?.tables[index as number], file.entry), key);
  };
  return { metadata, files: sorted, problems, locate };
}

/** Converts a path in canonical metadata to a path in the metadata as given, whose lists may have another order. */
function pathAsGiven(
  path: readonly (string | number)[],
  canonical: unknown,
  given: unknown,
): readonly (string | number)[] {
  const [step, ...rest] = path;
  if (step === undefined) return [];
  const inside = (value: unknown, at: string | number) => (value as Record<string | number, unknown>)?.[at];
  const wanted = inside(canonical, step);
  const at = Array.isArray(given) ? given.findIndex((one) => isSameEntry(one, wanted)) : -1;
  const own = at < 0 ? step : at;
  return [own, ...pathAsGiven(rest, wanted, inside(given, own))];
}

function isSameEntry(one: unknown, other: unknown): boolean {
  const nameOf = (entry: unknown) => {
    const { role, role_name: name } = (entry ?? {}) as { role?: unknown; role_name?: unknown };
    return role ?? name;
  };
  return nameOf(one) === undefined ? isDeepStrictEqual(one, other) : nameOf(one) === nameOf(other);
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
      const { value, locate } = readChecked(join(folder, source, name), 'table', problems);
      if (value === undefined) return [];
      const entry = { source, ...(value as Omit<TableMetadata, 'source'>) };
      return [{ path: `${source}/${name}`, entry, locate }];
    });
}

/** Reads a file and checks it against its schema. The value is `undefined` when it does not match. */
function readChecked(
  file: string,
  what: 'table' | 'inheritedRoles',
  problems: ConfigProblem[],
): Pick<LocatedYaml, 'value' | 'locate'> {
  const { value, locate, problems: inFile } = readYaml(file, null);
  problems.push(...inFile);
  if (value === undefined || (what === 'inheritedRoles' && value === null)) return { value, locate };
  const found = checkAgainst(what, value, locate);
  problems.push(...found);
  return { value: found.length === 0 ? value : undefined, locate };
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
