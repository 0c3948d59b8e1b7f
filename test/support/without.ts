import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { transformSync } from '@swc/core';

/** Takes a check out of a file, named from `src`: `text` is replaced by `instead`. */
export type Edit = readonly [file: string, text: string, instead: string];

const root = resolve(import.meta.dirname, '../..');
/** Within node_modules, so that imports of packages resolve, and jest does not transform the copies again. */
const place = join(root, 'node_modules/.cache');
let folder: string | undefined;

/**
 * A copy of files and folders of `src` and of `src/core`, with checks taken out. Returns its folder. Throws where a text of an edit does not stand in
 * its file exactly once.
 */
export function copyWithout(paths: readonly string[], edits: readonly Edit[]): string {
  if (folder === undefined) {
    mkdirSync(place, { recursive: true });
    folder = mkdtempSync(join(place, 'without-'));
    for (const file of filesOf('core')) translate(file, folder, []);
  }
  const own = mkdtempSync(join(folder, 'copy-'));
  cpSync(join(folder, 'core'), join(own, 'core'), { recursive: true });
  const files = paths.flatMap(filesOf);
  for (const [file] of edits) if (!files.includes(file)) throw new Error(`no file ${file}`);
  for (const file of files) translate(file, own, edits);
  return own;
}

/** Removes the copies. */
export function removeCopies(): void {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  folder = undefined;
}

function filesOf(path: string): string[] {
  const whole = join(root, 'src', path);
  if (!statSync(whole).isDirectory()) return [path];
  return readdirSync(whole, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.[tj]s$/.test(name))
    .map((name) => `${path}/${name}`);
}

function translate(file: string, to: string, edits: readonly Edit[]): void {
  let text = readFileSync(join(root, 'src', file), 'utf8');
  for (const [, from, instead] of edits.filter(([name]) => name === file)) {
    if (text.split(from).length !== 2) throw new Error(`${file} does not have ${from} exactly once`);
    text = text.replace(from, () => instead);
  }
  const options = {
    jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
    module: { type: 'es6' },
  } as const;
  mkdirSync(dirname(join(to, file)), { recursive: true });
  writeFileSync(join(to, file), file.endsWith('.js') ? text : transformSync(text, options).code);
}
