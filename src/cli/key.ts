import { text as read } from 'node:stream/consumers';
import { stringify } from 'yaml';
import {
  checkAuth,
  type DeclaredKeyConfig,
  keyPrefix,
  mintAdminSecret,
  mintKey,
  plainHash,
  variableOf,
} from '../auth/index.ts';
import { addToConfig, lineInConfig, replaceInConfig, valueInConfig } from '../control/index.ts';
import { FozError } from '../core/index.ts';
import { problemsOfKey } from './key-warnings.ts';
import { momentOf } from './moment.ts';

interface KeyOptions {
  readonly name: string;
  readonly role: readonly string[];
  readonly table?: readonly string[];
  readonly operation?: readonly string[];
  readonly variable?: readonly string[];
  readonly network?: readonly string[];
  readonly expires?: string;
  readonly config: string;
  /** Adds the key to the configuration file. */
  readonly write?: boolean;
  /** With `write`: instead of the key of that name. */
  readonly replace?: boolean;
}

/** `foz key new`: generates a key, and the lines of the configuration that accept it. */
export async function newKey(options: KeyOptions): Promise<void> {
  // Keys in files are hashed without the server's pepper, so that the file alone is enough to verify them.
  const { key, prefix } = mintKey(new Uint8Array(32));
  const { name, role: roles, table, operation, variable, network, expires } = options;
  const scopes = {
    ...(operation === undefined ? {} : { operations: operation as ('read' | 'write' | 'subscribe')[] }),
    ...(table === undefined ? {} : { tables: table }),
  };
  const entry = {
    name,
    prefix,
    hash: plainHash(key),
    roles,
    ...(variable === undefined ? {} : { variables: variablesOf(variable) }),
    ...(network === undefined ? {} : { networks: network }),
    ...(Object.keys(scopes).length === 0 ? {} : { scopes }),
    ...(expires === undefined ? {} : { expires_at: new Date(momentOf('--expires', expires)).toISOString() }),
  };
  const problems = checkAuth({ api_keys: [entry] });
  if (name.trim() === '' || name.length > 100)
    problems.push({ path: ['--name'], message: 'must have 1 to 100 characters, not only blanks' });
  if (entry.expires_at !== undefined && Date.parse(entry.expires_at) <= Date.now())
    problems.push({ path: ['--expires'], message: 'has passed already: the key would let nobody in' });
  if (operation?.some((kind) => !['read', 'write', 'subscribe'].includes(kind)))
    problems.push({ path: ['operation'], message: 'must be read, write or subscribe' });
  if (problems.length > 0)
    throw new FozError(
      'validation-failed',
      problems
        .map(({ path, message }) => `${path.slice(2).join('.') || path.join('.')}: ${message}`)
        .join('\n'),
    );
  if (options.replace === true && options.write !== true)
    throw new FozError('validation-failed', '--replace says what --write does: give both.');
  const mistakes = await problemsOfKey(options.config, entry);
  if (options.write === true && mistakes.certain.length > 0)
    throw new FozError('validation-failed', `${mistakes.certain.join('\n')}\nNothing was written.`);
  for (const warning of mistakes.all) console.error(warning);
  const lines = options.write === true ? written(options, entry) : linesFor(options.config, entry);
  console.log(`${key}\n\nThis is the only time that the key is shown: keep it now. ${lines}`);
}

/** `['user-id=7']` as `{ 'user-id': '7' }`. A prefix `x-foz-` is left out. Throws FozError `validation-failed` without `=`. */
function variablesOf(given: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    given.map((text) => {
      const at = text.indexOf('=');
      if (at < 1)
        throw new FozError(
          'validation-failed',
          `--variable needs a name and a value, as user-id=7, not "${text}".`,
        );
      const name = text.slice(0, at);
      return [variableOf(name) ?? name.toLowerCase(), text.slice(at + 1)];
    }),
  );
}

const keysPath = ['auth', 'api_keys'] as const;

/**
 * Adds a key to the configuration file, or replaces the one of its name. Throws FozError `conflict` for a name in use, and what
 * `addToConfig` throws.
 */
function written({ config: file, replace = false }: KeyOptions, entry: DeclaredKeyConfig): string {
  const keys = valueInConfig(file, keysPath);
  const at = Array.isArray(keys) ? keys.findIndex((key) => key?.name === entry.name) : -1;
  if (at < 0) addToConfig(file, keysPath, entry);
  else if (replace) replaceInConfig(file, [...keysPath, at], entry);
  else
    throw new FozError(
      'conflict',
      `${file} has a key ${entry.name} already, in line ${lineInConfig(file, [...keysPath, at])}. What it may do can be changed there${variablesLine(entry)}. A new key in its place: the same command with --replace (the key before is then refused). A second key: another --name.`,
    );
  return `${file} lets it in from the next start of Foz on.`;
}

/** `, as variables: { country: DE }` */
function variablesLine({ variables }: DeclaredKeyConfig): string {
  if (variables === undefined) return '';
  return `, as ${stringify({ variables }, { collectionStyle: 'flow' }).trim().slice(1, -1).trim()}`;
}

/** The lines that add a key to a configuration file, and where they belong: a part that the file has already must not be written twice. */
function linesFor(file: string, entry: DeclaredKeyConfig): string {
  const shown = (value: object) => stringify(value).trimEnd();
  if (Array.isArray(valueInConfig(file, keysPath)))
    return `Add it to the list auth.api_keys in ${file} (or have that done, with --write):\n\n${shown([entry])}`;
  if (valueInConfig(file, ['auth']))
    return `Put these lines below auth in ${file} (or have that done, with --write):\n\n${shown({ api_keys: [entry] }).replaceAll(/^/gm, '  ')}`;
  return `These lines let it in:\n\n${shown({ auth: { api_keys: [entry] } })}`;
}

/** `foz key hash`: prefix and hash of an existing key. Rejects with FozError `validation-failed` when the text is not a key. */
export async function hashGivenKey(): Promise<void> {
  const key = (await read(process.stdin)).trim();
  const prefix = keyPrefix(key);
  if (prefix === undefined)
    throw new FozError(
      'validation-failed',
      'What came on standard input is no key of Foz: those begin with foz_ and have 66 characters. Make one with "foz key new".',
    );
  console.log(`prefix: ${prefix}\nhash: ${plainHash(key)}`);
}

/** `foz admin-secret new`: generates an admin secret. */
export async function newAdminSecret(): Promise<void> {
  console.log(`${mintAdminSecret()}\n`);
  console.log(
    'This is the only time that it is shown: keep it now, and give it to Foz by the environment:\n',
  );
  console.log(`auth:\n  admin_secrets:\n    - name: operator\n      secret: \${env:FOZ_ADMIN_SECRET}`);
}
