import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { transformSync } from '@swc/core';

export type Outbound = typeof import('../../src/outbound/index.ts');
/** Takes a check out of a file of `src/outbound`: `text` is replaced by `instead`. */
export type Edit = readonly [file: string, text: string, instead: string];

const root = resolve(import.meta.dirname, '../..');
/** Within node_modules, so that imports of packages resolve, and jest does not transform the copies again. */
const place = join(root, 'node_modules/.cache');
let folder: string | undefined;

/** `src/outbound` with checks taken out. Throws where a text of an edit does not stand in its file exactly once. */
export async function without(...edits: readonly Edit[]): Promise<Outbound> {
  if (folder === undefined) {
    mkdirSync(place, { recursive: true });
    folder = mkdtempSync(join(place, 'outbound-'));
    translate('core', join(folder, 'core'), []);
  }
  const own = mkdtempSync(join(folder, 'without-'));
  cpSync(join(folder, 'core'), join(own, 'core'), { recursive: true });
  translate('outbound', join(own, 'outbound'), edits);
  return (await import(join(own, 'outbound/index.ts'))) as Outbound;
}

/** Removes the copies. */
export function removeCopies(): void {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  folder = undefined;
}

function translate(layer: string, to: string, edits: readonly Edit[]): void {
  mkdirSync(to, { recursive: true });
  const files = readdirSync(join(root, 'src', layer), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  for (const [file] of edits) if (!files.includes(file)) throw new Error(`no file ${file}`);
  for (const file of files) {
    let text = readFileSync(join(root, 'src', layer, file), 'utf8');
    for (const [, from, instead] of edits.filter(([name]) => name === file)) {
      if (text.split(from).length !== 2) throw new Error(`${file} does not have ${from} exactly once`);
      text = text.replace(from, () => instead);
    }
    const options = {
      jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
      module: { type: 'es6' },
    } as const;
    mkdirSync(dirname(join(to, file)), { recursive: true });
    writeFileSync(join(to, file), transformSync(text, options).code);
  }
}
