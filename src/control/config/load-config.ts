import { dirname, resolve } from 'node:path';
import { checkAuth } from '../../auth/index.ts';
import type { Metadata } from '../../catalog/index.ts';
import { checkAllowLists } from '../../views/index.ts';
import { isFolder, readFolder } from '../metadata/folder.ts';
import { readYaml, spelled } from '../metadata/located-yaml.ts';
import { checkAgainst, located, violations } from '../metadata/validate.ts';
import { checkSources, type SourceProblem } from '../sources/check-sources.ts';
import { ConfigError, type ConfigProblem, type FozConfig, type ServerConfig } from './config.ts';
import { withoutFaults } from './without-faults.ts';

/**
 * Reads and validates a configuration file. Paths in it are relative to its folder. Throws ConfigError with all problems and their places.
 */
export function loadConfig(file: string, environment: NodeJS.ProcessEnv = process.env): FozConfig {
  const { config, problems } = readConfig(file, environment);
  if (config === null || problems.length > 0) throw new ConfigError(problems);
  return config;
}

/** A configuration file that may have problems. */
export interface ReadConfig {
  /** With problems: without the faulty parts; `null`: they are so many that the rest cannot be checked against the databases. */
  readonly config: FozConfig | null;
  readonly problems: readonly ConfigProblem[];
  /** The path in the file of the value at a path of `config.metadata`. */
  readonly pathInMetadata: (path: Path) => Path;
}

type Path = readonly (string | number)[];

/** Reads and validates a configuration file. Does not throw where it has problems. */
export function readConfig(file: string, environment: NodeJS.ProcessEnv = process.env): ReadConfig {
  const { value, problems, locate } = readYaml(file, environment);
  const pathInMetadata = (path: Path) => path;
  if (value === undefined) return { config: null, problems, pathInMetadata };
  let isReadable = problems.length === 0;
  const found = violations('config', value);
  addProblems(
    problems,
    found.map((violation) => located(violation, locate)),
  );
  const folder = dirname(file);
  const inside = (value as { readonly metadata?: unknown } | null)?.metadata;
  const before = problems.length;
  const metadata =
    typeof inside === 'string' ? loadMetadata(resolve(folder, inside), environment, problems) : undefined;
  isReadable &&= problems.length === before;
  const rest = isReadable ? withoutFaults(value, found) : null;
  if (rest === null || violations('config', rest.value).length > 0)
    return { config: null, problems, pathInMetadata };
  const config = { sources: [], ...(rest.value as Partial<FozConfig>) };
  const own = problemsBeyondSchema(config);
  for (const { path, message } of own)
    problems.push({ ...locate(rest.pathInFile(path)), where: spelled(rest.pathInFile(path)), message });
  const isUsable = !own.some(({ path }) => path[0] === 'sources');
  return {
    config: isUsable
      ? complete(
          { ...config, metadata: typeof inside === 'string' ? metadata : config.metadata },
          file,
          inside,
        )
      : null,
    problems,
    pathInMetadata: (path) => rest.pathInFile(['metadata', ...path]).slice(1),
  };
}

/** Problems that a JSON Schema cannot express. */
function problemsBeyondSchema(config: FozConfig): SourceProblem[] {
  const inAuth = checkAuth(config.auth ?? {}).map((one) => ({ ...one, path: ['auth', ...one.path] }));
  const inLists = checkAllowLists(config.allow_list ?? []);
  return [...inAuth, ...inLists, ...checkPort(config.server), ...checkSources(config)];
}

/** A valid configuration with its paths made absolute. `inside`: its metadata as given. */
function complete(config: FozConfig, file: string, inside: unknown): FozConfig {
  const folder = dirname(file);
  const { metadata } = config;
  const sources = config.sources.map((source) =>
    source.path === undefined || source.path === ':memory:'
      ? source
      : { ...source, path: resolve(folder, source.path) },
  );
  const files = config.control?.files;
  return {
    ...config,
    sources,
    metadata,
    ...(metadata === undefined
      ? {}
      : { metadataPlace: typeof inside === 'string' ? resolve(folder, inside) : file }),
    state: resolve(folder, config.state ?? '.foz'),
    ...(config.names === undefined ? {} : { names: resolve(folder, config.names) }),
    ...(files === undefined ? {} : { control: { files: resolve(folder, files) } }),
  };
}

/** The port in a configuration or a command line; `undefined`: the text is not a port. */
export function parsePort(text: string | number): number | undefined {
  const port = Number(text);
  return /^\d{1,5}$/.test(String(text).trim()) && port <= 65_535 ? port : undefined;
}

function checkPort({ port }: ServerConfig = {}): SourceProblem[] {
  return port === undefined || parsePort(port) !== undefined
    ? []
    : [{ path: ['server', 'port'], message: 'must be a number from 0 (a free port) to 65535' }];
}

/** Reads metadata from its own file or folder; adds its problems to `problems`. */
function loadMetadata(
  file: string,
  environment: NodeJS.ProcessEnv,
  problems: ConfigProblem[],
): Metadata | undefined {
  if (isFolder(file)) {
    const read = readFolder(file);
    problems.push(...read.problems);
    return read.metadata;
  }
  const read = readYaml(file, environment);
  problems.push(...read.problems);
  if (read.value === undefined) return undefined;
  addProblems(problems, checkAgainst('metadata', read.value, read.locate));
  return read.value as Metadata;
}

/** Adds problems, except those at a value that is missing because a reference in it has no value: they only follow from that. */
function addProblems(problems: ConfigProblem[], found: readonly ConfigProblem[]): void {
  const missing = [...problems];
  const isMissing = ({ file, line, column }: ConfigProblem) =>
    missing.some((other) => other.file === file && other.line === line && other.column === column);
  problems.push(...found.filter((problem) => !isMissing(problem)));
}
