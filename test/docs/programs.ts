import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const foz = join(root, 'bin/foz.js');

/** Where a machine has no curl: what the documents ask of it. */
const curl = `const given = process.argv.slice(2);
const headers = {};
let body, url;
while (given.length > 0) {
  const one = given.shift();
  if (one === '-H') { const [name, ...value] = given.shift().split(': '); headers[name] = value.join(': '); }
  else if (one === '-d') body = given.shift();
  else if (!one.startsWith('-')) url = one;
}
fetch(url, { method: body === undefined ? 'GET' : 'POST', headers, body }).then((it) => it.text()).then((it) => process.stdout.write(it));
`;

/**
 * Puts the programs that the documents call into a folder: `npx foz` and `foz` of this checkout, `npx` of packages in its node_modules,
 * and curl. Returns a PATH with them.
 */
export function programsIn(folder: string): string {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const put = (name: string, script: string) =>
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  put(
    'npx',
    `tool=$1\nshift\n[ "$tool" = foz ] || exec "node_modules/.bin/$tool" "$@"\nexec "${process.execPath}" "${foz}" "$@"`,
  );
  put('foz', `exec "${process.execPath}" "${foz}" "$@"`);
  if (spawnSync('curl', ['--version']).status !== 0) {
    writeFileSync(join(bin, 'curl.cjs'), curl);
    put('curl', `exec "${process.execPath}" "${join(bin, 'curl.cjs')}" "$@"`);
  }
  return `${bin}${delimiter}${process.env.PATH}`;
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
