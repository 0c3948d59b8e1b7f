import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Metadata, TableMetadata } from '../../catalog/index.ts';
import { canonicalMetadata, namedLists, sortedBy, sortKey } from '../../catalog/index.ts';
import type { ConfigProblem } from '../config/config.ts';
import { withoutFaults } from '../config/without-faults.ts';
import { type Locate, readYaml } from './located-yaml.ts';
import { located, violations } from './validate.ts';

/** The lists of metadata that have a file of their own in a folder. */
export const listNames = ['inherited_roles', ...namedLists] as const;
type ListName = (typeof listNames)[number];

/** The file of a folder that holds a list: `workflows.yaml`. */
export const listFile = (name: ListName) => `${name}.yaml`;

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
  /** The metadata without its faulty parts; `undefined`: they are so many that the rest cannot be checked against the databases. */
  readonly rest: Metadata | undefined;
  /** Files of tables, without their faulty parts. */
  readonly files: readonly TableFile[];
  readonly problems: readonly ConfigProblem[];
  /** The place of the value at a path of `metadata`, or of `rest`. */
  readonly locate: Locate;
}

/** Whether the path is an existing folder. */
export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/**
 * Reads a folder of metadata: `<source>/<table>.yaml` with one table each, `inherited_roles.yaml`, `workflows.yaml` and the like. `${...}`
 * is not replaced. Reports all problems at once, with their places, among them two files for one table.
 */
export function readFolder(folder: string): ReadFolder {
  const problems: ConfigProblem[] = [];
  const read: (TableFile | null)[] = [];
  const lists = new Map<ListName, ReadList>();
  for (const name of listed(folder)) {
    const path = join(folder, name);
    if (isFolder(path)) read.push(...readSource(folder, name, problems));
    else {
      const list = listNames.find((one) => listFile(one) === name);
      if (list !== undefined) lists.set(list, readList(path, list, problems));
      else if (isYaml(name)) problems.push(stray(path));
    }
  }
  const files = once(
    folder,
    read.filter((file) => file !== null),
    problems,
  );
  const sorted = sortedBy(files, ({ entry, path }) => `${sortKey(entry)} ${path}`);
  const canonical = canonicalMetadata({
    tables: sorted.map(({ entry }) => entry),
    ...Object.fromEntries([...lists].map(([name, { value }]) => [name, value])),
  });
  const rest = { ...canonical, tables: canonical.tables.map((entry, at) => withLost(entry, sorted[at]!)) };
  const locate: Locate = ([part, index, ...steps], key) => {
    const list = lists.get(part as ListName);
    if (list !== undefined) {
      const path = index === undefined ? [] : [index, ...steps];
      return list.locate(pathAsGiven(path, canonical[part as ListName], list.value), key);
    }
    const file = part === 'tables' ? sorted[index as number] : undefined;
    if (file === undefined) return { file: folder, line: 1, column: 1 };
    return file.locate(pathAsGiven(steps, canonical.tables[index as number], file.entry), key);
  };
  return {
    metadata: problems.length > 0 ? undefined : canonical,
    rest: read.includes(null) ? undefined : rest,
    files: sorted,
    problems,
    locate,
  };
}

/** The canonical form has no relationships that a check has left out. */
function withLost(canonical: TableMetadata, { entry }: TableFile): TableMetadata {
  const { lost_relationships: lost } = entry;
  return lost === undefined ? canonical : { ...canonical, lost_relationships: lost };
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
  const isInPlace = Array.isArray(given) && isSameEntry(given[step as number], wanted);
  const at = Array.isArray(given) && !isInPlace ? given.findIndex((one) => isSameEntry(one, wanted)) : -1;
  const own = at < 0 ? step : at;
  return [own, ...pathAsGiven(rest, wanted, inside(given, own))];
}

function isSameEntry(one: unknown, other: unknown): boolean {
  const nameOf = (entry: unknown) => {
    const { id, name, role, role_name: inherited } = (entry ?? {}) as Readonly<Record<string, unknown>>;
    return id ?? name ?? role ?? inherited;
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
  const message = `is no part of metadata: tables stand in a folder for each source, as shop/orders.yaml, the rest in ${listNames.map(listFile).join(', ')}`;
  return { file, line: 1, column: 1, where: 'file', message };
}

/** `null` for a file that cannot be read, or whose faults leave nothing to check. */
function readSource(folder: string, source: string, problems: ConfigProblem[]): (TableFile | null)[] {
  return listed(join(folder, source))
    .filter(isYaml)
    .flatMap((name) => readTableFile(folder, source, name, problems));
}

function readTableFile(
  folder: string,
  source: string,
  name: string,
  problems: ConfigProblem[],
): (TableFile | null)[] {
  const { value, locate, problems: inFile } = readYaml(join(folder, source, name), null);
  problems.push(...inFile);
  if (value === undefined) return [null];
  const found = violations('table', value);
  problems.push(...found.map((violation) => located(violation, locate)));
  const within = ['metadata', 'tables', 0];
  const rest = withoutFaults(
    { metadata: { tables: [{ source, ...(value as object) }] } },
    found.map(({ path, ...fault }) => ({ ...fault, path: [...within, ...path] })),
  );
  if (rest === null) return [null];
  const [entry] = (rest.value as { readonly metadata: Metadata }).metadata.tables;
  if (entry === undefined) return [];
  if (violations('table', entry).length > 0) return [null];
  rest.noteLost();
  return [
    {
      path: `${source}/${name}`,
      entry,
      locate: (path, key) => locate(rest.pathInFile([...within, ...path]).slice(within.length), key),
    },
  ];
}

/** A list with a file of its own; empty where it has problems. */
interface ReadList {
  readonly value: readonly unknown[];
  readonly locate: Locate;
}

function readList(file: string, name: ListName, problems: ConfigProblem[]): ReadList {
  const { value, locate, problems: inFile } = readYaml(file, null);
  const found = value === undefined || value === null ? [] : violations(name, value);
  problems.push(...inFile, ...found.map((violation) => located(violation, locate)));
  return { value: found.length > 0 ? [] : ((value ?? []) as readonly unknown[]), locate };
}

/** The first file of each table; a second one is a problem. */
function once(folder: string, files: readonly TableFile[], problems: ConfigProblem[]): TableFile[] {
  const first = new Map<string, string>();
  return files.filter(({ path, entry }) => {
    const key = sortKey(entry);
    const other = first.get(key);
    if (other === undefined) first.set(key, path);
    else {
      const message = `is about the same table as ${join(folder, other)}: put both into one file`;
      problems.push({ file: join(folder, path), line: 1, column: 1, where: 'table', message });
    }
    return other === undefined;
  });
}
