import { realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { FozError, FozErrors } from '../../core/index.ts';
import { maskSecrets } from '../../store/index.ts';
import { changesOf, kindFacts, kindNames, type SourceConfig } from '../../views/index.ts';
import { spelled } from '../metadata/located-yaml.ts';
import { checkAgainst } from '../metadata/validate.ts';
import { checkSources } from './check-sources.ts';

/**
 * Validates a source for attaching at run time, by the rules of the configuration file. `files`: the folder of allowed database files;
 * `null`: none is allowed. Throws FozErrors `validation-failed` with all problems; their messages show no part of a URL.
 */
export function checkedSource(value: SourceConfig, files: string | null): SourceConfig {
  const found = checkAgainst('config', { sources: [value] }).map(({ where, message }) => ({
    where,
    message,
  }));
  if (found.length === 0)
    for (const { path, message } of checkSources({ sources: [value] }))
      found.push({ where: spelled(path), message });
  const problems = found.map(({ where, message }) => `${where.replace('sources[0]', 'source')} ${message}`);
  refuseFiles(value, problems);
  const path = value.path === undefined ? undefined : within(value.path, files, problems);
  if (problems.length > 0)
    throw new FozErrors(problems.map((message) => new FozError('validation-failed', `${message}.`)));
  return path === undefined ? value : { ...value, path };
}

/** Parameters of a URL for which the client library of some kind would read any file of the machine. */
const fileParameters = kindNames.flatMap((kind) => kindFacts(kind).fileParameters ?? []);

function refuseFiles(source: SourceConfig, problems: string[]): void {
  refuseFilesIn('source.url', source.url, problems);
  refuseFilesIn('source.changes.url', changesOf(source).url, problems);
}

function refuseFilesIn(where: string, url: string | undefined, problems: string[]): void {
  if (url === undefined || !URL.canParse(url)) return;
  const { searchParams } = new URL(url);
  for (const name of fileParameters)
    if (searchParams.has(name))
      problems.push(
        `${where} has the parameter ${name}, which is not taken at run time, since it names a file of the machine: give the text as PEM in source.tls`,
      );
}

/** Restricts database files to the configured folder, since a path could otherwise name any file of the machine. */
function within(path: string, files: string | null, problems: string[]): string | undefined {
  if (path === ':memory:') return path;
  if (files === null) {
    problems.push(
      'source.path is not taken at run time: declare the source in the configuration file, or name a folder for such files there as "control.files"',
    );
    return undefined;
  }
  const folder = real(resolve(files));
  const file = real(resolve(folder, path));
  const from = relative(folder, file);
  if (from !== '' && !from.startsWith('..') && !isAbsolute(from)) return file;
  problems.push('source.path must lie in the folder "control.files" of the configuration');
  return undefined;
}

/** The path with symbolic links resolved, as far as it exists. */
function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(real(parent), basename(path));
  }
}

/** Settings that are stored encrypted, by the last part of their ids: `source/shop/url`. */
export interface SourceSecrets {
  readonly url?: string;
  readonly tls_key?: string;
  readonly changes_url?: string;
}

export const secretNames = [
  'url',
  'tls_key',
  'changes_url',
] as const satisfies readonly (keyof SourceSecrets)[];

export function secretId(source: string, name: keyof SourceSecrets): string {
  return `source/${source}/${name}`;
}

/** Splits a source into the part that is stored as it is and the secrets that are encrypted. */
export function withoutSecrets(config: SourceConfig): {
  readonly open: Omit<SourceConfig, 'url'>;
  readonly secrets: SourceSecrets;
} {
  const { url, tls, changes, ...open } = config;
  const { key, ...rest } = tls ?? {};
  const { url: changesUrl, ...following } = typeof changes === 'object' ? changes : {};
  return {
    open: {
      ...open,
      ...(tls === undefined ? {} : { tls: rest as SourceConfig['tls'] }),
      ...(changes === undefined ? {} : { changes: typeof changes === 'object' ? following : changes }),
    },
    secrets: {
      ...(url === undefined ? {} : { url }),
      ...(key === undefined ? {} : { tls_key: key }),
      ...(changesUrl === undefined ? {} : { changes_url: changesUrl }),
    },
  };
}

/** The inverse of `withoutSecrets`. */
export function withSecrets(
  open: Omit<SourceConfig, 'url'>,
  { url, tls_key: key, changes_url: changesUrl }: SourceSecrets,
): SourceConfig {
  return {
    ...open,
    ...(url === undefined ? {} : { url }),
    ...(key === undefined || open.tls === undefined ? {} : { tls: { ...open.tls, key } }),
    ...(changesUrl === undefined ? {} : { changes: { ...changesOf(open), url: changesUrl } }),
  };
}

/** The settings for display: passwords in the URL, and the key, are shown as `***`. */
export function shownSettings(config: SourceConfig): SourceConfig {
  return maskSecrets(config) as SourceConfig;
}
