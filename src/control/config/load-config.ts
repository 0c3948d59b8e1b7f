import { dirname, resolve } from 'node:path';
import { checkAuth } from '../../auth/index.ts';
import type { Metadata } from '../../catalog/index.ts';
import { checkAllowLists } from '../../views/index.ts';
import { isFolder, readFolder } from '../metadata/folder.ts';
import { readYaml } from '../metadata/located-yaml.ts';
import { checkAgainst, spelled } from '../metadata/validate.ts';
import { checkSources, type SourceProblem } from '../sources/check-sources.ts';
import { ConfigError, type ConfigProblem, type FozConfig, type ServerConfig } from './config.ts';

/**
 * Reads and validates a configuration file. Paths in it are relative to its folder. Throws ConfigError with all problems and their places.
 */
export function loadConfig(file: string, environment: NodeJS.ProcessEnv = process.env): FozConfig {
  const { value, problems, locate } = readYaml(file, environment);
  if (value === undefined) throw new ConfigError(problems);
  addProblems(problems, checkAgainst('config', value, locate));
  const folder = dirname(file);
  const inside = (value as { readonly metadata?: unknown } | null)?.metadata;
  const metadata =
    typeof inside === 'string'
      ? loadMetadata(resolve(folder, inside), environment, problems)
      : (inside as Metadata | undefined);
  const config = { sources: [], ...(value as Partial<Omit<FozConfig, 'metadata'>>) };
  if (problems.length === 0) {
    const inAuth = checkAuth(config.auth ?? {}).map((one) => ({ ...one, path: ['auth', ...one.path] }));
    const inLists = checkAllowLists(config.allow_list ?? []);
    const checked = [...inAuth, ...inLists, ...checkPort(config.server), ...checkSources(config)];
    for (const { path, message } of checked)
      problems.push({ ...locate(path), where: spelled(path), message });
  }
  if (problems.length > 0) throw new ConfigError(problems);
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

/** Adds problems, except those at a value that another problem says is missing: they only follow from its absence. */
function addProblems(problems: ConfigProblem[], found: readonly ConfigProblem[]): void {
  const missing = problems.filter(({ where }) => where === 'value');
  const isMissing = ({ file, line, column }: ConfigProblem) =>
    missing.some((other) => other.file === file && other.line === line && other.column === column);
  problems.push(...found.filter((problem) => !isMissing(problem)));
}
