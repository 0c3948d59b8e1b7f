// Searches files for passwords, keys and tokens: the given files, else all files in Git.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { lintSource } from '@secretlint/core';
import { creator as rule } from '@secretlint/secretlint-rule-preset-recommend';

const root = fileURLToPath(new URL('../..', import.meta.url));
const binary = /\.(?:png|svg|gz|wasm)$|(?:^|\/)package-lock\.json$/;

function tracked() {
  const options = { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26, stdio: ['ignore', 'pipe', 'ignore'] };
  return execFileSync('git', ['ls-files', '-z'], options).split('\0').filter(Boolean);
}

/** Positions of secrets, as `file:line: what`, without the secrets. */
export async function scanSecrets(files) {
  const found = [];
  for (const file of files.filter((name) => !binary.test(name))) {
    const config = { rules: [{ id: '@secretlint/secretlint-rule-preset-recommend', rule }] };
    const source = { filePath: file, content: readFileSync(file, 'utf8'), contentType: 'text' };
    const { messages } = await lintSource({ source, options: { config, maskSecrets: true } });
    for (const { loc, message } of messages) found.push(`${file}:${loc.start.line}: ${message}`);
  }
  return found;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  let files = process.argv.slice(2);
  try {
    if (files.length === 0) files = tracked();
  } catch {
    console.log('NOT LOOKED AT: this is no checkout of Git, so nobody can say which files are kept.');
  }
  process.chdir(root);
  const found = await scanSecrets(files);
  for (const problem of found) console.log(problem);
  // Exits at once, since the library would spend half a minute on adding up its timings.
  process.exit(found.length === 0 ? 0 : 1);
}
