import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { type Document, isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import schema from '../../schema/foz.schema.json' with { type: 'json' };
import type { Metadata } from '../catalog/index.ts';
import { ConfigError, type ConfigProblem, type FozConfig } from './config.ts';

const validate: ValidateFunction<unknown> = new Ajv2020({
  allErrors: true,
  allowUnionTypes: true,
}).compile<unknown>(schema);
const validateMetadata: typeof validate = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile({
  $ref: '#/$defs/metadata',
  $defs: schema.$defs,
});

/** Reads and checks a configuration file. Throws ConfigError with everything that is wrong, each with its place. */
export function loadConfig(file: string, environment: NodeJS.ProcessEnv = process.env): FozConfig {
  const { value, problems, locate } = readYaml(file, environment);
  if (problems.length > 0) throw new ConfigError(problems);
  const found = check(validate, value, locate);
  const config = value as Omit<FozConfig, 'metadata'> & { readonly metadata?: Metadata | string };
  if (found.length > 0) throw new ConfigError(found);
  const metadata =
    typeof config.metadata === 'string'
      ? loadMetadata(resolve(dirname(file), config.metadata), environment)
      : config.metadata;
  const doubled = config.sources.filter(
    (source, index) => config.sources.findIndex((other) => other.name === source.name) !== index,
  );
  if (doubled.length > 0) {
    throw new ConfigError(
      doubled.map((source) => ({
        ...locate(['sources']),
        where: 'sources',
        message: `two sources are called ${source.name}`,
      })),
    );
  }
  const folder = dirname(file);
  const sources = config.sources.map((source) =>
    source.path === undefined || source.path === ':memory:'
      ? source
      : { ...source, path: resolve(folder, source.path) },
  );
  return { ...config, sources, metadata };
}

/** Metadata from a file of its own, checked. */
function loadMetadata(file: string, environment: NodeJS.ProcessEnv): Metadata {
  const { value, problems, locate } = readYaml(file, environment);
  const found = problems.length > 0 ? problems : check(validateMetadata, value, locate);
  if (found.length > 0) throw new ConfigError(found);
  return value as Metadata;
}

type Locate = (path: readonly (string | number)[]) => Pick<ConfigProblem, 'file' | 'line' | 'column'>;

function readYaml(
  file: string,
  environment: NodeJS.ProcessEnv,
): { value: unknown; problems: ConfigProblem[]; locate: Locate } {
  if (!existsSync(file)) {
    throw new ConfigError([
      {
        file,
        line: 1,
        column: 1,
        where: 'file',
        message: 'does not exist: make one with "foz init", or name another with --config',
      },
    ]);
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
  const locate: Locate = (path) => {
    for (let length = path.length; length >= 0; length--) {
      const node = document.getIn(path.slice(0, length), true);
      if (isScalar(node) || isMap(node) || isSeq(node)) return at(node.range?.[0] ?? 0);
    }
    return at(0);
  };
  return { value: document.toJS(), problems, locate };
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
          if (existsSync(path)) return readFileSync(path, 'utf8').trim();
          report(offset, `the file ${rest} does not exist`);
          return '';
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
    const where = path.reduce<string>(
      (text, part) =>
        typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`,
      '',
    );
    return { ...locate(path), where: where === '' ? 'file' : where, message: messageOf(error) };
  });
}

function messageOf(error: ErrorObject): string {
  const { params } = error;
  if (error.keyword === 'additionalProperties') return `has no setting "${params.additionalProperty}"`;
  if (error.keyword === 'required') return `needs "${params.missingProperty}"`;
  if (error.keyword === 'enum') return `must be one of ${(params.allowedValues as unknown[]).join(', ')}`;
  return error.message ?? 'is not right';
}
