import { accessSync, constants, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import * as prompts from '@clack/prompts';
import { stringify } from 'yaml';
import { connect } from '../attach.ts';
import { addToConfig, filledText, schemaComment, valueInConfig } from '../control/index.ts';
import { FozError, parseSourceName } from '../core/index.ts';
import {
  failureWords,
  isSourceKind,
  type KindFacts,
  kindFacts,
  kindNames,
  type SourceConfig,
  type SourceKind,
  urlProblem,
} from '../views/index.ts';
import { keepOutOfGit } from './git-ignore.ts';
import { messageOf, printedName } from './output.ts';

interface Options {
  readonly config: string;
  readonly kind?: string;
  readonly url?: string;
  /** The environment variable with the URL, which the file then refers to. */
  readonly env?: string;
  readonly path?: string;
  readonly name?: string;
  readonly force?: boolean;
}

/** The folder for files with secrets, beside the configuration file: the default state folder. */
const privateFolder = '.foz';

/** `foz init`: asks for the values that no flag gives, tests the connection, and writes the file, or adds the source to it. */
export async function init(options: Options): Promise<void> {
  refuseTarget(options);
  const kind = await kindOf(options);
  const name = await nameOf(options);
  const source = await reachableSource({ name, kind }, options);
  const { config } = options;
  const isAdded = isKept(options);
  const entry = withSecretAside(source, dirname(config));
  if (isAdded) addToConfig(config, ['sources'], entry);
  else
    writeFileSync(
      config,
      `${schemaComment(dirname(config))}${stringify({ version: 1, server: { port: 8080 }, sources: [entry] })}`,
    );
  const ignored = keepOutOfGit(dirname(config));
  if (ignored !== null) console.log(ignored);
  if (!isAdded) console.log(aboutMasterKey);
  const done = isAdded ? `The source ${name} is added to ${config}.` : `${config} is written.`;
  const flag = config === 'foz.yaml' ? '' : ` --config ${printedName(config)}`;
  console.log(`${done} Start with: npx foz serve${flag}`);
}

const aboutMasterKey =
  'With an "auth" part Foz keeps API keys and other secrets of its own, encrypted by a master key: the first start makes .foz/master.key. Without it these secrets are lost, so keep a copy of it elsewhere, or give a key of your own in FOZ_MASTER_KEY.';

/** Whether there is a file that the source is added to. */
function isKept({ config, force }: Options): boolean {
  return existsSync(config) && force !== true;
}

/** Refuses options and files that `foz init` cannot use. It runs before the first question, so that no answers are lost. */
function refuseTarget({ config, env, url, path }: Options): void {
  if (env !== undefined && (url ?? path) !== undefined)
    throw new FozError('validation-failed', '--env cannot stand beside --url or --path: give one of them.');
  if (env !== undefined && !/^[A-Za-z_]\w*$/.test(env))
    throw new FozError(
      'validation-failed',
      `--env is the name of an environment variable, as SHOP_URL, not "${env}".`,
    );
  const folder = dirname(resolve(config));
  if (!existsSync(folder) || !statSync(folder).isDirectory())
    throw new FozError(
      'not-found',
      `There is no folder ${folder} to write ${config} into: make it, or name another file with --config.`,
    );
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    throw new FozError(
      'access-denied',
      `Nothing can be written into the folder ${folder}: go to another one, or name a file elsewhere with --config.`,
    );
  }
}

async function kindOf({ kind }: Options): Promise<SourceKind> {
  const chosen =
    kind ??
    (await ask(() =>
      prompts.select({
        message: 'Which database?',
        options: kindNames.map((value) => ({ value, label: choiceOf(kindFacts(value)) })),
      }),
    ));
  if (isSourceKind(chosen)) return chosen;
  throw new FozError(
    'validation-failed',
    `There is no kind ${chosen}: it is one of ${kindNames.join(', ')}.`,
  );
}

/** `SQLite (a file)` */
function choiceOf({ label, note }: KindFacts): string {
  return note === undefined ? label : `${label} (${note})`;
}

const nameRule = 'use letters, digits, _ and -, a letter first, 63 characters at most';

async function nameOf(options: Options): Promise<string> {
  const { name, config } = options;
  const taken = isKept(options) ? namesIn(config) : [];
  const problem = (text: string) => (taken.includes(text) ? `${config} has a source ${text} already` : null);
  if (name !== undefined && parseSourceName(name) === undefined)
    throw new FozError('validation-failed', `"${name}" cannot be the name of a source: ${nameRule}.`);
  if (name !== undefined || !process.stdin.isTTY) {
    const twice = problem(name ?? 'main');
    if (twice === null) return name ?? 'main';
    throw new FozError(
      'conflict',
      `${twice}: give this one another --name, or replace the whole file with --force.`,
    );
  }
  return ask(() =>
    prompts.text({
      message: 'A name for it?',
      initialValue: taken.includes('main') ? '' : 'main',
      validate: (text = '') =>
        parseSourceName(text) === undefined ? `Please ${nameRule}.` : (problem(text) ?? undefined),
    }),
  );
}

function namesIn(config: string): readonly unknown[] {
  const sources = valueInConfig(config, ['sources']);
  return Array.isArray(sources) ? sources.map((source) => source?.name) : [];
}

/** Asks again until the database answers; without a terminal, the first failure ends the command. */
async function reachableSource(
  named: Pick<SourceConfig, 'name' | 'kind'>,
  options: Options,
): Promise<SourceConfig> {
  const { label, place, example } = kindFacts(named.kind);
  let given = options.env === undefined ? options[place] : `\${env:${options.env}}`;
  let before = '';
  for (;;) {
    const location = given ?? (await askForPlace(place, example, before));
    const folder = dirname(resolve(options.config));
    const source: SourceConfig = {
      ...named,
      [place]: place === 'path' ? seenFrom(folder, location) : location,
    };
    const problem = await problemOf(source, folder);
    if (problem === null) return source;
    const message = `${label} cannot be reached, so nothing was written: ${problem}`;
    if (!process.stdin.isTTY) throw new FozError('unavailable', message);
    prompts.log.error(message);
    before = location;
    given = undefined;
  }
}

/** A path of the command line relative to the folder of the configuration file, as that file needs it. */
function seenFrom(folder: string, path: string): string {
  const plain = path !== ':memory:' && !path.includes('${') && !isAbsolute(path);
  return plain ? relative(folder, resolve(path)) || '.' : path;
}

function askForPlace(place: KindFacts['place'], example: string, before: string): Promise<string> {
  const what = place === 'url' ? 'URL' : 'path';
  return ask(() =>
    prompts.text({
      message: before === '' ? `Its ${what}?` : `Its ${what}? (Ctrl-C to stop)`,
      placeholder: place === 'url' ? `${example}, or \${env:SHOP_URL}` : example,
      initialValue: before,
      validate: (text) => ((text ?? '') === '' ? 'Please give one.' : shellVariable(text)),
    }),
  );
}

/** The advice for a variable as a shell spells it; `undefined`: the text is none. */
function shellVariable(text = ''): string | undefined {
  const name = /^\$\{?([A-Za-z_]\w*)\}?$/.exec(text.trim())?.[1];
  return name === undefined ? undefined : `An environment variable is written as \${env:${name}}.`;
}

async function ask(prompt: () => Promise<unknown>): Promise<string> {
  if (!process.stdin.isTTY)
    throw new FozError(
      'validation-failed',
      'There is no terminal to ask at: give --kind and --url (or --path).',
    );
  const answer = await prompt();
  if (typeof answer !== 'string') throw new FozError('timeout', 'Nothing was written.');
  return answer;
}

/** Why a source cannot be used, in words; `null`: it can. */
async function problemOf(source: SourceConfig, folder: string): Promise<string | null> {
  const { place } = kindFacts(source.kind);
  const { text, problems } = filledText(source[place]!, folder, process.env);
  if (problems.length > 0) return `${problems.join(', ')}.`;
  const variable = shellVariable(source[place]);
  if (variable !== undefined) return variable;
  const wrong = urlProblem(source.kind, source.url === undefined ? undefined : text);
  if (wrong !== null) return `The URL ${wrong}.`;
  try {
    const path = text === ':memory:' || place === 'url' ? text : resolve(folder, text);
    const connector = await connect({ ...source, [place]: path }, { forServing: false });
    try {
      await connector.ping(AbortSignal.timeout(10_000));
      return null;
    } finally {
      await connector.close();
    }
  } catch (error) {
    if (error instanceof FozError) return failureWords(error, placeOfUrl(source));
    return error instanceof TypeError ? error.message : messageOf(error);
  }
}

/** Where the URL of a source stands, for the advice after a refused connection. */
function placeOfUrl({ url = '' }: SourceConfig): string {
  const variable = /^\$\{env:(\w+)\}$/.exec(url)?.[1];
  return variable === undefined ? 'in the URL' : `in the environment variable ${variable}`;
}

/** Moves a URL with a password to a file that only this user can read, so that foz.yaml can be shared. */
function withSecretAside(source: SourceConfig, folder: string): SourceConfig {
  const { name, url } = source;
  if (url === undefined || !URL.canParse(url) || new URL(url).password === '' || url.includes('${'))
    return source;
  const file = join(privateFolder, `${name}.url`);
  const inside = join(folder, privateFolder);
  mkdirSync(inside, { recursive: true, mode: 0o700 });
  const ignored = join(inside, '.gitignore');
  if (!existsSync(ignored)) writeFileSync(ignored, '*\n');
  writeFileSync(join(folder, file), `${url}\n`, { mode: 0o600 });
  console.log(
    `The URL has a password: it is in ${file}, which only you can read, and not in the configuration. It is lost with that folder, and is not shared by Git: elsewhere, put it there again, or write \${env:...} into the configuration.`,
  );
  return { ...source, url: `\${file:${file}}` };
}
