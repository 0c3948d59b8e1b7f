import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, loadConfig } from '../../src/control/index.ts';

const root = join(import.meta.dirname, '../..');
const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

interface Block {
  readonly place: string;
  readonly text: string;
}

const blocks = pages.flatMap((page): Block[] => {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/^```ya?ml\n(.*?)^```$/gms)].map((found) => ({
    place: `${page}:${text.slice(0, found.index).split('\n').length}`,
    text: found[1]!,
  }));
});

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'foz-docs-'));
  writeFileSync(join(folder, 'till.graphql'), '{ orders { id } }');
  for (const name of ['ca.pem', 'client.crt', 'client.key']) writeFileSync(join(folder, name), 'PEM');
  writeFileSync(join(folder, 'persisted-documents.json'), '{"a": "{ orders { total } }"}');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** An environment with each variable that the block names: a URL where one is expected, else a long text. */
function environmentOf(text: string): NodeJS.ProcessEnv {
  const names = [...text.matchAll(/\$\{env:(\w+)\}/g)].map(([, name]) => name!);
  return Object.fromEntries(
    names.map((name) => [
      name,
      name.endsWith('URL') ? urlFor(name, text) : `the-value-of-${name}-which-is-long-enough`,
    ]),
  );
}

/** A URL for a source, of the kind that is named last before it, or for a credential that is a URL. */
function urlFor(name: string, text: string): string {
  const before = text.slice(0, text.indexOf(`\${env:${name}}`));
  if (/type: url\b.*$/.test(before)) return 'https://chat.example/hook';
  const kind = [...before.matchAll(/kind: (\w+)/g)].at(-1)?.[1] ?? 'postgres';
  return `${kind}://reader:password@127.0.0.1/${name.toLowerCase()}`;
}

/** The complete configuration for a block: metadata is put below `metadata`, and missing sources are added. */
function configurationOf(text: string): string {
  if (/^tables:/m.test(text)) return configurationOf(`metadata:\n${text.replace(/^(?=.)/gm, '  ')}`);
  return /^sources:/m.test(text)
    ? text
    : `sources:\n  - { name: shop, kind: sqlite, path: shop.db }\n${text}`;
}

test('the documents have configurations', () => expect(blocks.length).toBeGreaterThan(10));

test.each(blocks)('$place is a configuration without a problem', ({ text }) => {
  const file = join(folder, 'foz.yaml');
  writeFileSync(file, configurationOf(text));
  let problems: readonly unknown[] = [];
  try {
    loadConfig(file, environmentOf(text));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems = error.problems;
  }
  expect(problems).toEqual([]);
});

test('a setting that does not exist is noticed', () => {
  const file = join(folder, 'foz.yaml');
  writeFileSync(file, configurationOf('server: { prot: 1 }\n'));
  expect(() => loadConfig(file, {})).toThrow(/has no setting "prot"/);
});
