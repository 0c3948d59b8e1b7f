import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node } from 'yaml';
import { ConfigError, type ConfigProblem } from '../../config/config.ts';
import { isFolder } from '../../metadata/folder.ts';
import { parseYaml } from '../../metadata/located-yaml.ts';

/** A place in a file, from 1; the path of the file is relative to the working directory. */
export type Place = Pick<ConfigProblem, 'file' | 'line' | 'column'>;

/** A map of the tree. */
export type Entry = Readonly<Record<string, unknown>>;

/** Hasura's metadata as one tree, in the form of its API's export, from one file or several. */
export interface HasuraTree {
  readonly root: Entry;
  /** The place of a map or list of the tree, or of the setting `key` in it. */
  place(of: object, key?: string | number): Place;
}

interface Places {
  readonly own: Place;
  readonly of: ReadonlyMap<string, Place>;
}

/** The files of a folder, and the key of the tree that each belongs to; `null`: each key of the file is one of the tree. */
const rootFiles: Readonly<Record<string, string | null>> = {
  actions: null,
  allow_list: 'allowlist',
  api_limits: 'api_limits',
  backend_configs: 'backend_configs',
  cron_triggers: 'cron_triggers',
  functions: 'functions',
  graphql_schema_introspection: 'graphql_schema_introspection',
  inherited_roles: 'inherited_roles',
  metrics_config: 'metrics_config',
  network: 'network',
  opentelemetry: 'opentelemetry',
  query_collections: 'query_collections',
  remote_schemas: 'remote_schemas',
  rest_endpoints: 'rest_endpoints',
  tables: 'tables',
  version: null,
};

/**
 * Reads a folder of metadata (or a project with one), or a file exported by the metadata API. Files outside the folder are not read, even
 * if an include names them. Throws ConfigError with everything that cannot be read.
 */
export function readHasura(path: string): HasuraTree {
  const named = existsSync(path) ? realpathSync(path) : path;
  const reader = new Reader(isFolder(path) ? folderOf(path) : dirname(named));
  const root = isFolder(path) ? readRoot(reader, folderOf(path)) : exported(reader.read(named));
  if (reader.problems.length > 0) throw new ConfigError(reader.problems);
  if (!isEntry(root) || !('sources' in root || 'tables' in root)) {
    const message =
      'is no metadata of Hasura: there is neither databases/databases.yaml nor tables.yaml, and no "sources" in it';
    throw new ConfigError([{ file: path, line: 1, column: 1, where: 'file', message }]);
  }
  return { root, place: (of, key) => reader.place(of, key) };
}

/** The metadata folder. A project of Hasura's CLI contains it as `metadata/`. */
function folderOf(path: string): string {
  if (!isFolder(path)) return dirname(path);
  const inner = join(path, 'metadata');
  const isItself = ['version.yaml', 'databases', 'tables.yaml'].some((name) => existsSync(join(path, name)));
  return !isItself && isFolder(inner) ? inner : path;
}

function readRoot(reader: Reader, folder: string): Entry {
  const root: Record<string, unknown> = {};
  const of = new Map<string, Place>();
  for (const [name, key] of Object.entries(rootFiles)) {
    const file = ['yaml', 'yml', 'json'].map((end) => join(folder, `${name}.${end}`)).find(existsSync);
    const value = file === undefined ? undefined : reader.read(file);
    if (value === undefined || value === null) continue;
    const found = key !== null ? { [key]: value } : isEntry(value) ? value : {};
    Object.assign(root, found);
    for (const name of Object.keys(found))
      of.set(name, key === null ? reader.place(value, name) : { file: file!, line: 1, column: 1 });
  }
  const databases = join(folder, 'databases/databases.yaml');
  if (existsSync(databases)) root.sources = reader.read(databases) ?? [];
  reader.found(root, { own: { file: folder, line: 1, column: 1 }, of });
  return root;
}

/** Unwraps the API's export: `{ resource_version, metadata }`. */
function exported(value: unknown): unknown {
  return isEntry(value) && isEntry(value.metadata) ? value.metadata : value;
}

/** Whether a value is a map. */
export function isEntry(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

class Reader {
  readonly problems: ConfigProblem[] = [];
  readonly #folder: string;
  readonly #places = new WeakMap<object, Places>();
  readonly #open: string[] = [];
  /** The folder with symbolic links resolved. */
  readonly #real: string;
  readonly #times = new Map<string, number>();
  /** Set when includes form a circle: no further file is read. */
  #isOver = false;

  constructor(folder: string) {
    this.#folder = resolve(folder);
    this.#real = existsSync(folder) ? realpathSync(folder) : this.#folder;
  }

  place(of: object, key?: string | number): Place {
    const places = this.#places.get(of);
    return places?.of.get(String(key)) ?? places?.own ?? { file: this.#folder, line: 1, column: 1 };
  }

  /** Sets the places of a map or list that was assembled. */
  found(of: object, places: Places): void {
    this.#places.set(of, places);
  }

  /** The value of a file; `undefined`: it cannot be read, and `problems` has the reason. */
  read(file: string): unknown {
    if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true)
      return this.#refuse({ file, line: 1, column: 1 }, 'does not exist');
    if (!isWithin(this.#real, realpathSync(file)))
      return this.#refuse({ file, line: 1, column: 1 }, 'is a link that leads outside of the folder');
    if (this.#isOver) return undefined;
    const times = (this.#times.get(file) ?? 0) + 1;
    this.#times.set(file, times);
    if (times > mostTimes) {
      this.#isOver = true;
      return this.#refuse({ file, line: 1, column: 1 }, `is included more than ${mostTimes} times`);
    }
    const lines = new LineCounter();
    const { document, errors } = parseYaml(readFileSync(file, 'utf8'), lines);
    const at = (node: unknown): Place => {
      const { line, col } = lines.linePos((node as Node | null)?.range?.[0] ?? 0);
      return { file, line, column: col };
    };
    for (const { offset, message } of errors) {
      const { line, col } = lines.linePos(offset);
      this.#refuse({ file, line, column: col }, message);
    }
    if (errors.length > 0) return undefined;
    this.#open.push(resolve(file));
    const value = this.#value(document.contents, {
      at,
      alias: (node) => (isAlias(node) ? node.resolve(document) : node),
    });
    this.#open.pop();
    return value;
  }

  #value(given: unknown, file: OpenFile): unknown {
    const node = file.alias(given);
    if (isMap(node)) {
      const pairs = node.items.map(({ key, value }) => ({
        key,
        name: String(isScalar(key) ? key.value : key),
        value,
      }));
      const entry = Object.fromEntries(pairs.map(({ name, value }) => [name, this.#value(value, file)]));
      const of = new Map(pairs.map(({ key, name }) => [name, file.at(key)]));
      this.#places.set(entry, { own: file.at(node), of });
      return entry;
    }
    if (isSeq(node)) {
      const list = node.items.map((item) => this.#value(item, file));
      const of = new Map(node.items.map((item, at) => [String(at), file.at(item)]));
      this.#places.set(list, { own: file.at(node), of });
      return list;
    }
    if (!isScalar(node)) return null;
    const included = includeOf(node.tag, node.value);
    return included === undefined ? node.value : this.#include(included, file.at(node));
  }

  #include(path: string, from: Place): unknown {
    const file = resolve(dirname(from.file), path);
    if (!isWithin(this.#folder, file))
      return this.#refuse(from, `includes ${path}, which is outside of the folder`);
    if (this.#open.includes(file)) return this.#refuse(from, `includes ${path}, which includes itself`);
    if (!existsSync(file)) return this.#refuse(from, `includes ${path}, which does not exist`);
    return this.read(join(dirname(from.file), path));
  }

  #refuse(place: Place, message: string): undefined {
    this.problems.push({ ...place, where: 'file', message });
  }
}

/** How often one file may be included. */
const mostTimes = 1_000;

function isWithin(folder: string, file: string): boolean {
  const inside = relative(folder, file);
  return inside !== '..' && !inside.startsWith(`..${sep}`) && resolve(inside) !== inside;
}

interface OpenFile {
  readonly at: (node: unknown) => Place;
  readonly alias: (node: unknown) => unknown;
}

/** The path of `!include x`, as a tag or, as Hasura writes it, inside the text; `undefined`: it is not an include. */
function includeOf(tag: string | undefined, value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  if (tag === '!include') return value.trim();
  return /^!include\s+(\S.*)$/s.exec(value)?.[1]?.trim();
}
