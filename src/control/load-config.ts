import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { type Document, isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import schema from '../../schema/foz.schema.json' with { type: 'json' };
import { checkAuth } from '../auth/index.ts';
import type { Metadata } from '../catalog/index.ts';
import { checkAllowLists } from './allow-list.ts';
import { checkSources } from './check-sources.ts';
import { ConfigError, type ConfigProblem, type FozConfig } from './config.ts';

const validate: ValidateFunction<unknown> = new Ajv2020({
  allErrors: true,
  allowUnionTypes: true,
}).compile<unknown>(schema);
const validateMetadata: typeof validate = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile({
  $ref: '#/$defs/metadata',
  $defs: schema.$defs,
});

/**
 * Reads and checks a configuration file. Paths in it start at its folder. Throws ConfigError with everything that is wrong,
 * each with its place.
 */
export function loadConfig(file: string, environment: NodeJS.ProcessEnv = process.env): FozConfig {
  const { value, problems, locate } = readYaml(file, environment);
  if (value === undefined) throw new ConfigError(problems);
  addUntold(problems, check(validate, value, locate));
  const folder = dirname(file);
  const inside = (value as { readonly metadata?: unknown } | null)?.metadata;
  const metadata =
    typeof inside === 'string'
      ? loadMetadata(resolve(folder, inside), environment, problems)
      : (inside as Metadata | undefined);
  const config = value as Omit<FozConfig, 'metadata'>;
  if (problems.length === 0) {
    const inAuth = checkAuth(config.auth ?? {}).map((one) => ({ ...one, path: ['auth', ...one.path] }));
    const inLists = checkAllowLists(config.allow_list ?? []);
    for (const { path, message } of [...inAuth, ...inLists, ...checkSources(config)])
      problems.push({ ...locate(path), where: spelled(path), message });
  }
  if (problems.length > 0) throw new ConfigError(problems);
  const sources = config.sources.map((source) =>
    source.path === undefined || source.path === ':memory:'
      ? source
      : { ...source, path: resolve(folder, source.path) },
  );
  return { ...config, sources, metadata, state: resolve(folder, config.state ?? '.foz') };
}

/** Metadata from a file of its own; what is wrong with it goes into `problems`. */
function loadMetadata(
  file: string,
  environment: NodeJS.ProcessEnv,
  problems: ConfigProblem[],
): Metadata | undefined {
  const read = readYaml(file, environment);
  problems.push(...read.problems);
  if (read.value === undefined) return undefined;
  addUntold(problems, check(validateMetadata, read.value, read.locate));
  return read.value as Metadata;
}

/** A value that could not be filled in is told once, not again for what its absence breaks. */
function addUntold(problems: ConfigProblem[], found: readonly ConfigProblem[]): void {
  const told = problems.filter(({ where }) => where === 'value');
  const isTold = ({ file, line, column }: ConfigProblem) =>
    told.some((other) => other.file === file && other.line === line && other.column === column);
  problems.push(...found.filter((problem) => !isTold(problem)));
}

/** The place of a value, or of the setting `key` in a map. */
type Locate = (
  path: readonly (string | number)[],
  key?: string,
) => Pick<ConfigProblem, 'file' | 'line' | 'column'>;

/** `value` is undefined for a file that is not there or no YAML. */
function readYaml(
  file: string,
  environment: NodeJS.ProcessEnv,
): { value: unknown; problems: ConfigProblem[]; locate: Locate } {
  if (!existsSync(file)) {
    const message = 'does not exist: make one with "foz init", or name another with --config';
    const place = { file, line: 1, column: 1 };
    return { value: undefined, problems: [{ ...place, where: 'file', message }], locate: () => place };
  }
  const lines = new LineCounter();
  const document = parseDocument(readFileSync(file, 'utf8'), { lineCounter: lines });
  const at = (offset: number) => ({
    file,
    line: lines.linePos(offset).line,
    column: lines.linePos(offset).col,
  });
  const problems: ConfigProblem[] = document.errors.map((error) => ({
    ...at(error.pos[0]),
    where: 'yaml',
    message: error.message.split('\n')[0]!,
  }));
  fillIn(document, dirname(file), environment, (offset, message) =>
    problems.push({ ...at(offset), where: 'value', message }),
  );
  const locate: Locate = (path, key) => {
    const map = key === undefined ? undefined : document.getIn(path, true);
    const setting = isMap(map)
      ? map.items.find((pair) => isScalar(pair.key) && pair.key.value === key)
      : null;
    if (isScalar(setting?.key)) return at(setting.key.range?.[0] ?? 0);
    for (let length = path.length; length >= 0; length--) {
      const node = document.getIn(path.slice(0, length), true);
      if (isScalar(node) || isMap(node) || isSeq(node)) return at(node.range?.[0] ?? 0);
    }
    return at(0);
  };
  return { value: document.errors.length > 0 ? undefined : document.toJS(), problems, locate };
}

/** Replaces `${env:NAME}`, `${env:NAME:-default}` and `${file:PATH}` in every text. Values never appear in messages. */
function fillIn(
  document: Document,
  folder: string,
  environment: NodeJS.ProcessEnv,
  report: (offset: number, message: string) => void,
): void {
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value !== 'string' || !node.value.includes('${')) return;
      const offset = node.range?.[0] ?? 0;
      node.value = node.value.replaceAll(/\$\{(env|file):([^}]*)\}/g, (_all, kind: string, rest: string) => {
        if (kind === 'file') {
          const path = resolve(folder, rest);
          try {
            return readFileSync(path, 'utf8').trim();
          } catch {
            report(offset, `the file ${rest} ${existsSync(path) ? 'cannot be read' : 'does not exist'}`);
            return '';
          }
        }
        const [name, fallback] = rest.split(/:-(.*)/s);
        const value = environment[name!] ?? fallback;
        if (value === undefined) report(offset, `the environment variable ${name} is not set`);
        return value ?? '';
      });
    },
  });
}

function check(validator: typeof validate, value: unknown, locate: Locate): ConfigProblem[] {
  if (validator(value)) return [];
  const errors = (validator.errors ?? []).filter(
    (error) => error.keyword !== 'if' && error.keyword !== 'oneOf',
  );
  return errors.map((error) => {
    const path = error.instancePath
      .split('/')
      .slice(1)
      .map((part) => (/^\d+$/.test(part) ? Number(part) : part.replaceAll('~1', '/').replaceAll('~0', '~')));
    return {
      ...locate(path, error.params.additionalProperty ?? error.params.unevaluatedProperty),
      where: path.length === 0 ? 'file' : spelled(path),
      message: messageOf(error),
    };
  });
}

/** `sources[0].url` */
function spelled(path: readonly (string | number)[]): string {
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  );
}

function messageOf(error: ErrorObject): string {
  const { params } = error;
  const unknown = params.additionalProperty ?? params.unevaluatedProperty;
  if (unknown !== undefined) return `has no setting "${unknown}"`;
  if (error.keyword === 'required') return `needs "${params.missingProperty}"`;
  if (error.keyword === 'type') return `must be ${[params.type].flat().join(' or ')}`;
  if (error.keyword === 'enum') return `must be one of ${(params.allowedValues as unknown[]).join(', ')}`;
  return error.message ?? 'is not right';
}
