import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { websocketOf } from '../../src/app/live-options.ts';
import { ConfigError, loadConfig } from '../../src/control/index.ts';
import { defaultWebsocket } from '../../src/serve/index.ts';
import { kindNames } from '../../src/views/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-config-'));

function file(text: string, name = 'foz.yaml'): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** `line:column where: message` of every problem. */
function problems(text: string, environment: NodeJS.ProcessEnv = {}): string[] {
  try {
    loadConfig(file(text), environment);
  } catch (error) {
    if (error instanceof ConfigError)
      return error.problems.map(
        ({ line, column, where, message }) => `${line}:${column} ${where}: ${message}`,
      );
    throw error;
  }
  return [];
}

test('a complete file', () => {
  const config = loadConfig(
    file(
      'naming: graphql-default\nserver: { port: 9000, limits: { depth: 5 } }\nsources:\n  - { name: shop, kind: postgres, url: "postgres://u@h/shop" }\n  - { name: desk, kind: sqlite, path: desk.db }\n',
    ),
    {},
  );
  expect(config.sources.map((source) => source.path ?? source.url)).toEqual([
    'postgres://u@h/shop',
    join(folder, 'desk.db'),
  ]);
  expect([config.naming, config.server?.limits?.depth]).toEqual(['graphql-default', 5]);
});

test('WebSockets: what is not told has a default, and they can be off', () => {
  const limitsIn = (websocket: string) =>
    websocketOf(loadConfig(file(`server: { websocket: ${websocket} }\nsources: []\n`), {}).server!.websocket);
  expect(limitsIn('{}')).toEqual(defaultWebsocket);
  expect(limitsIn('{ max_connections: 1, max_connections_per_caller: 2, max_operations: 3 }')).toEqual({
    ...defaultWebsocket,
    connections: 1,
    connectionsPerCaller: 2,
    operations: 3,
  });
  expect(limitsIn('{ init_ms: 200, keepalive_ms: 300, buffer_bytes: 70000 }')).toEqual({
    ...defaultWebsocket,
    initMs: 200,
    keepaliveMs: 300,
    bufferBytes: 70_000,
  });
  expect(limitsIn('{ enabled: false }')).toBeNull();
  expect(problems('server: { websocket: { keepalive: 1, init_ms: 0 } }\nsources: []\n')).toHaveLength(2);
});

test('aliases stand for what they name, but not without end', () => {
  expect(problems('sources: &s\n  - *s\n')).toEqual([
    expect.stringContaining('repeats itself without end, or too often, by aliases (*name)'),
  ]);
});

test('all problems at once, each with its place', () => {
  expect(
    problems(
      'naming: camel\nserver:\n  prot: 1\nsources:\n  - { name: 1st, kind: oracle }\n  - { name: shop, kind: postgres }\n',
    ),
  ).toEqual([
    '1:9 naming: must be one of hasura-default, graphql-default',
    '3:3 server: has no setting "prot"',
    '5:13 sources[0].name: must match pattern "^[A-Za-z][A-Za-z0-9_-]{0,62}$"',
    `5:24 sources[0].kind: must be one of ${kindNames.join(', ')}`,
    '6:5 sources[1]: needs "url"',
  ]);
});

test('a broken file tells where', () => {
  expect(problems('sources: [\n').length).toBeGreaterThan(0);
  expect(problems('sources: [\n')[0]).toMatch(/^\d+:\d+ yaml: /);
});

test('a missing file tells the way out', () => {
  expect(() => loadConfig(join(folder, 'none.yaml'), {})).toThrow(/does not exist: make one with "foz init"/);
});

test('two sources of one name', () => {
  expect(
    problems('sources:\n  - { name: a, kind: sqlite, path: x }\n  - { name: a, kind: sqlite, path: y }\n'),
  ).toEqual(['3:13 sources[1].name: two sources are called a']);
});

describe('values from outside', () => {
  const source = (url: string) => `sources:\n  - { name: shop, kind: postgres, url: "${url}" }\n`;
  test('from the environment, with a default', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the configuration's own syntax
    const config = loadConfig(file(source('postgres://${env:DB_USER}:${env:DB_PASSWORD:-none}@h/shop')), {
      DB_USER: 'me',
    });
    expect(config.sources[0]!.url).toBe('postgres://me:none@h/shop');
  });
  test('from a file', () => {
    file('secret\n', 'password.txt');
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the configuration's own syntax
    expect(loadConfig(file(source('postgres://u:${file:password.txt}@h/shop')), {}).sources[0]!.url).toBe(
      'postgres://u:secret@h/shop',
    );
  });
  test('what is missing is named, what is there is not shown', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the configuration's own syntax
    const found = problems(source('postgres://${env:NOBODY}:${env:SECRET}@h/${file:nothing.txt}'), {
      SECRET: 'hush',
    });
    expect(found.join('\n')).toMatch(/environment variable NOBODY is not set/);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the configuration's own syntax
    expect(problems(source('postgres://${env:toString}@h/x'), {}).join('\n')).toMatch(
      /variable toString is not set/,
    );
    expect(found.join('\n')).toMatch(/file nothing.txt does not exist/);
    expect(found.join('\n')).not.toMatch(/hush/);
  });
});

test('URLs that are none are told, without a part of them', () => {
  const source = (name: string, kind: string, url: string) =>
    `  - { name: ${name}, kind: ${kind}, url: "${url}" }\n`;
  const none = 'with @ : / ? # in a password written as %40 %3A %2F %3F %23';
  expect(
    problems(
      `sources:\n${source('a', 'postgres', 'mysql://u:hush@h/x')}${source('b', 'mysql', 'mysql://u:hu#sh@h:x/y')}${source('c', 'mariadb', 'mysql://u:hush@h/x')}${source('d', 'postgres', 'hush')}`,
    ),
  ).toEqual([
    '2:37 sources[0].url: must look like postgres://user:password@host/database; this is a URL of MySQL: then its kind is mysql',
    `3:34 sources[1].url: is no URL: it looks like mysql://user:password@host/database, ${none}`,
    `5:37 sources[3].url: is no URL: it looks like postgres://user:password@host/database, ${none}`,
  ]);
});

test('inline metadata is told of once, at the place', () => {
  expect(problems('sources: []\nmetadata:\n  tables:\n    - { source: shop, table: { nome: x } }\n')).toEqual(
    [
      '4:30 metadata.tables[0].table: needs "name"',
      '4:32 metadata.tables[0].table: has no setting "nome" (did you mean "name"?)',
    ],
  );
  expect(problems('sources: []\nmetadata: 5\n')).toEqual(['2:11 metadata: must be string or object']);
});

test('what could not be filled in, what does not fit and what is wrong in metadata: all at once', () => {
  file('tables:\n  - { source: shop, table: orders, traked: false }\n', 'wrong.yaml');
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the configuration's own syntax
  const name = '${env:NOBODY}';
  expect(
    problems(
      `naming: camel\nmetadata: wrong.yaml\nsources:\n  - { name: "${name}", kind: sqlite, path: x }\n`,
    ),
  ).toEqual([
    '4:13 sources[0].name: the environment variable NOBODY is not set',
    '1:9 naming: must be one of hasura-default, graphql-default',
    '2:36 tables[0]: has no setting "traked" (did you mean "tracked"?)',
  ]);
});

test('a folder is no file, and no metadata is not an empty one', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the configuration's own syntax
  expect(problems('sources:\n  - { name: a, kind: sqlite, path: "${file:.}" }\n')).toEqual([
    '2:36 sources[0].path: the file . cannot be read',
  ]);
  expect(problems('sources: []\nmetadata: nowhere.yaml\n')[0]).toMatch(/^1:1 file: does not exist/);
  expect(problems('')).toEqual(['1:1 file: must be object']);
});

test('paths start at the folder of the file', () => {
  const config = loadConfig(file('sources: []\n'), {});
  expect(config.state).toBe(join(folder, '.foz'));
  expect(loadConfig(file('state: /var/lib/foz\nsources: []\n'), {}).state).toBe('/var/lib/foz');
});

test('metadata from a file of its own is checked too', () => {
  file('tables:\n  - { source: shop }\n', 'metadata.yaml');
  expect(problems('sources: []\nmetadata: metadata.yaml\n')).toEqual(['2:5 tables[0]: needs "table"']);
});
