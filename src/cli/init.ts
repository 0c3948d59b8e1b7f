import { existsSync, writeFileSync } from 'node:fs';
import * as prompts from '@clack/prompts';
import { stringify } from 'yaml';
import type { SourceConfig, SourceKind } from '../control/index.ts';
import { FozError } from '../core/index.ts';
import { connect } from '../main.ts';
import { messageOf } from './output.ts';

interface Options {
  readonly config: string;
  readonly kind?: string;
  readonly url?: string;
  readonly path?: string;
  readonly name?: string;
  readonly force?: boolean;
}

const kinds = {
  postgres: { label: 'PostgreSQL', server: true, example: 'postgres://user:password@localhost:5432/shop' },
  mysql: { label: 'MySQL', server: true, example: 'mysql://user:password@localhost:3306/shop' },
  mariadb: { label: 'MariaDB', server: true, example: 'mysql://user:password@localhost:3306/shop' },
  sqlite: { label: 'SQLite (a file)', server: false, example: 'shop.db' },
  pglite: { label: 'PGlite (PostgreSQL inside Foz, a folder)', server: false, example: '.foz/data' },
} as const satisfies Record<SourceKind, { label: string; server: boolean; example: string }>;

/** `foz init`: asks for what the flags do not say, tries the connection, writes the file. */
export async function init(options: Options): Promise<void> {
  if (existsSync(options.config) && options.force !== true) {
    throw new FozError('conflict', `${options.config} exists: edit it, or replace it with --force.`);
  }
  const source = await sourceOf(options);
  await tryConnection(source);
  const { path, url } = source;
  const location = url === undefined ? { path } : { url };
  const text = stringify({
    version: 1,
    server: { port: 8080 },
    sources: [{ name: source.name, kind: source.kind, ...location }],
  });
  writeFileSync(
    options.config,
    `# yaml-language-server: $schema=https://foz.dev/schema/foz.schema.json\n${text}`,
  );
  console.log(`${options.config} is written. Start with: foz serve`);
}

async function sourceOf(options: Options): Promise<SourceConfig> {
  const kind = (options.kind ??
    (await ask(() =>
      prompts.select({
        message: 'Which database?',
        options: Object.entries(kinds).map(([value, { label }]) => ({ value, label })),
      }),
    ))) as SourceKind;
  if (!(kind in kinds))
    throw new FozError(
      'validation-failed',
      `There is no kind ${kind}: it is one of ${Object.keys(kinds).join(', ')}.`,
    );
  const { server, example } = kinds[kind];
  const given = server ? options.url : options.path;
  const location =
    given ??
    (await ask(() =>
      prompts.text({
        message: server ? 'Its URL?' : 'Its path?',
        placeholder: example,
        validate: (text) => ((text ?? '') === '' ? 'Please give one.' : undefined),
      }),
    ));
  const name =
    options.name ??
    (process.stdin.isTTY
      ? await ask(() => prompts.text({ message: 'A name for it?', initialValue: 'main' }))
      : 'main');
  return { name, kind, ...(server ? { url: location } : { path: location }) };
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

async function tryConnection(source: SourceConfig): Promise<void> {
  const connector = await connect(source);
  try {
    await connector.ping(AbortSignal.timeout(10_000));
  } catch (error) {
    throw new FozError(
      'unavailable',
      `${source.kind} cannot be reached, so nothing was written: ${messageOf(error)}`,
    );
  } finally {
    await connector.close();
  }
}
