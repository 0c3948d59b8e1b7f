import { dirname, isAbsolute, join, resolve } from 'node:path';
import { checkAuth } from '../../auth/index.ts';
import type { Metadata } from '../../catalog/index.ts';
import { checkOutbound } from '../../outbound/index.ts';
import { checkAllowLists } from '../../views/index.ts';
import { isFolder, readFolder } from '../metadata/folder.ts';
import { readYaml, spelled } from '../metadata/located-yaml.ts';
import { located, violations } from '../metadata/validate.ts';
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
  /** The place in the file of the value at a path of `config`. */
  readonly placeOf: (path: Path) => Omit<ConfigProblem, 'message'>;
}

type Path = readonly (string | number)[];

/** Reads and validates a configuration file. Does not throw where it has problems. */
export function readConfig(file: string, environment: NodeJS.ProcessEnv = process.env): ReadConfig {
  const { value, problems, unfilled, locate } = readYaml(file, environment);
  const placeInFile = (path: Path) => ({ ...locate(path), where: spelled(path) });
  const nothing = { config: null, problems, pathInMetadata: (path: Path) => path, placeOf: placeInFile };
  if (value === undefined) return nothing;
  const found = violations('config', value);
  addProblems(
    problems,
    found.map((violation) => located(violation, locate)),
  );
  const inside = (value as { readonly metadata?: unknown } | null)?.metadata;
  const apart =
    typeof inside === 'string' ? loadMetadata(placeBeside(file, inside), environment, problems) : null;
  const rest = withoutFaults(value, [...found, ...unfilled.map((path) => ({ path }))]);
  if (apart?.metadata === undefined && apart !== null) return nothing;
  if (rest === null || violations('config', rest.value).length > 0) return nothing;
  rest.noteLost();
  const config = { sources: [], ...(rest.value as Partial<FozConfig>) };
  const own = problemsBeyondSchema(config);
  const placeOf = (path: Path) => placeInFile(rest.pathInFile(path));
  for (const { path, message } of own) problems.push({ ...placeOf(path), message });
  const used = withoutSources(config, own, rest.sources);
  return {
    config: complete({ ...used, metadata: apart === null ? used.metadata : apart.metadata }, file, inside),
    problems,
    placeOf,
    pathInMetadata: (path) =>
      apart === null ? rest.pathInFile(['metadata', ...path]).slice(1) : apart.pathInFile(path),
  };
}

/** A path in a configuration, spelled as the path of the configuration is. */
function placeBeside(file: string, path: string): string {
  return isAbsolute(path) ? path : join(dirname(file), path);
}

/** Leaves out the sources with problems. `missing`: names of sources that were left out before. */
function withoutSources(
  config: FozConfig,
  found: readonly SourceProblem[],
  missing: readonly string[],
): FozConfig {
  const faulty = new Set(found.flatMap(({ path: [part, at] }) => (part === 'sources' ? [at] : [])));
  const sources = config.sources.filter((_, at) => !faulty.has(at));
  const names = config.sources.map(({ name }) => name);
  const unread = [...missing, ...names].filter((name) => !sources.some((source) => source.name === name));
  return unread.length === 0 ? config : { ...config, sources, unread_sources: unread };
}

/** Problems that a JSON Schema cannot express. */
function problemsBeyondSchema(config: FozConfig): SourceProblem[] {
  const inAuth = checkAuth(config.auth ?? {}).map((one) => ({ ...one, path: ['auth', ...one.path] }));
  const { outbound = {} } = config;
  const inOutbound = checkOutbound(outbound).map((one) => ({ ...one, path: ['outbound', ...one.path] }));
  const inLists = checkAllowLists(config.allow_list ?? []);
  return [...inAuth, ...inOutbound, ...inLists, ...checkPort(config.server), ...checkSources(config)];
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

/** Metadata that a configuration refers to. */
interface ApartMetadata {
  /** Without its faulty parts; `undefined`: they are so many that the rest cannot be checked against the databases. */
  readonly metadata: Metadata | undefined;
  /** The path in the file or folder of the value at a path of `metadata`. */
  readonly pathInFile: (path: Path) => Path;
}

/** Reads metadata from its own file or folder; adds its problems to `problems`. */
function loadMetadata(
  file: string,
  environment: NodeJS.ProcessEnv,
  problems: ConfigProblem[],
): ApartMetadata {
  const pathInFile = (path: Path) => path;
  if (isFolder(file)) {
    const read = readFolder(file);
    problems.push(...read.problems);
    return { metadata: read.rest, pathInFile };
  }
  const { value, problems: inFile, unfilled, locate } = readYaml(file, environment);
  problems.push(...inFile);
  if (value === undefined) return { metadata: undefined, pathInFile };
  const found = violations('metadata', value);
  addProblems(
    problems,
    found.map((violation) => located(violation, locate)),
  );
  const faults = [...found, ...unfilled.map((path) => ({ path }))];
  const rest = withoutFaults(
    { metadata: value },
    faults.map(({ path, ...fault }) => ({ ...fault, path: ['metadata', ...path] })),
  );
  const { metadata } = (rest?.value ?? {}) as { readonly metadata?: unknown };
  if (rest === null || violations('metadata', metadata).length > 0)
    return { metadata: undefined, pathInFile };
  rest.noteLost();
  return {
    metadata: metadata as Metadata,
    pathInFile: (path) => rest.pathInFile(['metadata', ...path]).slice(1),
  };
}

/** Adds problems, except those at a value that is missing because a reference in it has no value: they only follow from that. */
function addProblems(problems: ConfigProblem[], found: readonly ConfigProblem[]): void {
  const missing = [...problems];
  const isMissing = ({ file, line, column }: ConfigProblem) =>
    missing.some((other) => other.file === file && other.line === line && other.column === column);
  problems.push(...found.filter((problem) => !isMissing(problem)));
}
