import { realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { FozError, FozErrors } from '../../core/index.ts';
import { maskSecrets } from '../../store/index.ts';
import { kindFacts, kindNames, type SourceConfig } from '../../views/index.ts';
import { checkAgainst, spelled } from '../metadata/validate.ts';
import { checkSources } from './check-sources.ts';

/**
 * A source that somebody wants to attach at run time, by the rules of the configuration file. `files`: the folder that databases in
 * files must lie in; `null`: none may be attached. Throws FozErrors `validation-failed` with all that is wrong; no text of theirs
 * shows a part of a URL.
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

function refuseFiles({ url }: SourceConfig, problems: string[]): void {
  if (url === undefined || !URL.canParse(url)) return;
  const { searchParams } = new URL(url);
  for (const name of fileParameters)
    if (searchParams.has(name))
      problems.push(
        `source.url has the parameter ${name}, which is not taken at run time, since it names a file of the machine: give the text as PEM in source.tls`,
      );
}

/** A database in a file can be any file of the machine, so that it has to lie where the operator said. */
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

/** Without symbolic links, as far as the path exists. */
function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(real(parent), basename(path));
  }
}

/** Settings that are kept as secrets, by the last part of their ids: `source/shop/url`. */
export interface SourceSecrets {
  readonly url?: string;
  readonly tls_key?: string;
}

export const secretNames = ['url', 'tls_key'] as const satisfies readonly (keyof SourceSecrets)[];

export function secretId(source: string, name: keyof SourceSecrets): string {
  return `source/${source}/${name}`;
}

/** What of a source may stand in the store as it is, and what must be encrypted. */
export function withoutSecrets(config: SourceConfig): {
  readonly open: Omit<SourceConfig, 'url'>;
  readonly secrets: SourceSecrets;
} {
  const { url, tls, ...open } = config;
  const { key, ...rest } = tls ?? {};
  return {
    open: { ...open, ...(tls === undefined ? {} : { tls: rest as SourceConfig['tls'] }) },
    secrets: { ...(url === undefined ? {} : { url }), ...(key === undefined ? {} : { tls_key: key }) },
  };
}

/** The reverse of `withoutSecrets`. */
export function withSecrets(
  open: Omit<SourceConfig, 'url'>,
  { url, tls_key: key }: SourceSecrets,
): SourceConfig {
  return {
    ...open,
    ...(url === undefined ? {} : { url }),
    ...(key === undefined || open.tls === undefined ? {} : { tls: { ...open.tls, key } }),
  };
}

/** A source as it may be shown: passwords in its URL and its key are `***`. */
export function shownSettings(config: SourceConfig): SourceConfig {
  return maskSecrets(config) as SourceConfig;
}
