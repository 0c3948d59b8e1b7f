import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { withSourceLines } from '../../src/control/index.ts';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'dist/command');
const files = readdirSync(folder).filter((name) => name.endsWith('.js'));
const texts = files.map((name) => [name, readFileSync(join(folder, name), 'utf8')] as const);

test('positions in a stack trace are those of the sources', () => {
  const start = '"No connection to the database became free';
  const [name, text] = texts.find(([, one]) => one.includes('No connection to the database became free'))!;
  const before = text.slice(0, text.indexOf(start.slice(1))).split('\n');
  const at = `${pathToFileURL(join(folder, name))}:${before.length}:${before.at(-1)!.length}`;
  const url = pathToFileURL(`${folder}/`).href;
  const source = readFileSync(join(root, 'src/sql/pool.ts'), 'utf8').split('\n');
  const line = source.findIndex((one) => one.includes('No connection to the database became free')) + 1;
  const stack = `Error: x\n    at Pool.busy (${at})\n    at other (node:fs:1:2)`;
  expect(withSourceLines(stack, url)).toMatch(
    new RegExp(
      `^Error: x\\n {4}at Pool\\.busy \\(file:\\S+/src/sql/pool\\.ts:${line}:\\d+\\)\\n {4}at other \\(node:fs:1:2\\)$`,
    ),
  );
  // A position without a map stays.
  const unknown = 'at x (file:///somewhere/dist/command/none.js:1:1)';
  expect(withSourceLines(unknown, url)).toBe(unknown);
});

test('the licence of each package goes with its code', () => {
  const licences = readFileSync(join(folder, 'licenses.txt'), 'utf8');
  const packages = new Set(
    texts.flatMap(([, text]) =>
      [
        ...text.matchAll(
          /^\s*\/\/ .*node_modules\/((?:@[^/\s]+\/)?[^/\s]+)\/\S+$|"[^"\n]*node_modules\/((?:@[^/"]+\/)?[^/"]+)\/[^"\n]+"\(/gm,
        ),
      ].map(([, one, other]) => one ?? other!),
    ),
  );
  expect(packages.size).toBeGreaterThan(20);
  expect([...packages].filter((name) => !licences.includes(`${name} `))).toEqual([]);
});
