import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { type Document, isMap, isScalar, isSeq, type Node, parseDocument, stringify } from 'yaml';
import { FozError } from '../../core/index.ts';
import { replaceFile } from '../../store/index.ts';
import { readYaml } from '../metadata/located-yaml.ts';
import { ConfigError } from './config.ts';

/**
 * Adds an entry to a list of a configuration file, as `['auth', 'api_keys']`. Comments and layout of the file stay. Throws ConfigError for
 * a file that cannot be read, and FozError `conflict` where something else than a list has that place.
 */
export function addToConfig(file: string, path: readonly string[], entry: object): void {
  rewrite(file, (text) => withEntry(text, path, entry, file));
}

/** Replaces an entry of a list of a configuration file. Comments and layout elsewhere stay. Throws ConfigError as `addToConfig` does. */
export function replaceInConfig(file: string, path: readonly (string | number)[], entry: object): void {
  rewrite(file, (text) => withOther(text, path, entry));
}

function rewrite(file: string, change: (text: string) => string): void {
  const { value, problems } = readYaml(file, null);
  if (value === undefined) throw new ConfigError(problems);
  const real = realpathSync(file);
  replaceFile(real, change(readFileSync(real, 'utf8')), { mode: statSync(real).mode });
}

function withOther(text: string, path: readonly (string | number)[], entry: object): string {
  const document = parseDocument(text);
  const before = document.getIn(path, true);
  document.setIn(path, document.createNode(entry));
  if (!isMap(before) || !before.range) return document.toString({ lineWidth: 0 });
  const [start] = before.range;
  const end = text.slice(0, before.range[1]).trimEnd().length;
  const indent = ' '.repeat(start - (text.lastIndexOf('\n', start - 1) + 1));
  const shown =
    before.flow === true
      ? stringify(entry, { collectionStyle: 'flow', lineWidth: 0 }).trimEnd()
      : stringify(entry, { lineWidth: 0 })
          .trimEnd()
          .replaceAll(/\n(?=.)/g, `\n${indent}`);
  const replaced = `${text.slice(0, start)}${shown}${text.slice(end)}`;
  return isSame(replaced, document) ? replaced : document.toString({ lineWidth: 0 });
}

/** The line of a value of a configuration file, from 1. */
export function lineInConfig(file: string, path: readonly (string | number)[]): number {
  return readYaml(file, null).locate(path).line;
}

/** The value at a path of a configuration file, without `${...}` replaced; `undefined`: there is none, or no such file. */
export function valueInConfig(file: string, path: readonly string[]): unknown {
  if (!existsSync(file)) return undefined;
  return path.reduce<unknown>(
    (value, key) => (value as Readonly<Record<string, unknown>> | null | undefined)?.[key],
    readYaml(file, null).value,
  );
}

function withEntry(text: string, path: readonly string[], entry: object, file: string): string {
  const document = parseDocument(text);
  const inserted = insertedText(text, document, path, entry);
  for (let length = 0; length <= path.length; length++) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    const isList = length === path.length;
    const isEmpty = node === undefined || node === null || (isScalar(node) && node.value === null);
    if (isEmpty) document.setIn(path.slice(0, length), document.createNode(isList ? [] : {}));
    else if (isList ? !isSeq(node) : !isMap(node))
      throw new FozError(
        'conflict',
        `${file}: "${path.slice(0, length).join('.') || 'the file'}" is no ${isList ? 'list' : 'group of settings'}, so nothing can be added to it.`,
      );
  }
  document.addIn(path, document.createNode(entry));
  if (inserted !== null && isSame(inserted, document)) return inserted;
  return document.toString({ lineWidth: 0 });
}

/** Inserted text is only used where it has the same meaning as the changed document. */
function isSame(text: string, document: Document): boolean {
  const made = parseDocument(text);
  return made.errors.length === 0 && isDeepStrictEqual(made.toJS(), document.toJS());
}

/** The text with the entry inserted, every other character as it is; `null`: the place is not known. */
function insertedText(
  text: string,
  document: Document,
  path: readonly string[],
  entry: object,
): string | null {
  const list = document.getIn(path, true);
  if (isSeq(list) && list.items.length > 0 && list.flow !== true)
    return withLines(text, list, stringify([entry], { lineWidth: 0 }));
  if (isSeq(list) && list.range) {
    const end = list.range[1] - 1;
    const flow = stringify(entry, { collectionStyle: 'flow', lineWidth: 0 }).trimEnd();
    return `${text.slice(0, end).trimEnd()}${list.items.length > 0 ? ', ' : ''}${flow}${text.slice(end)}`;
  }
  const depth = path.findIndex((_, at) => document.getIn(path.slice(0, at + 1), true) === undefined);
  const map = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true);
  if (depth < 0 || !isMap(map) || map.flow === true) return null;
  const value = path.slice(depth).reduceRight<unknown>((inner, key) => ({ [key]: inner }), [entry]);
  return withLines(text, map, stringify(value, { lineWidth: 0 }));
}

/** Inserts lines after a collection, indented like the collection. */
function withLines(text: string, { range }: Pick<Node, 'range'>, lines: string): string | null {
  if (!range) return null;
  const [start, end] = range;
  const indent = ' '.repeat(start - (text.lastIndexOf('\n', start - 1) + 1));
  const last = text.slice(0, end).trimEnd().length;
  const newline = text.indexOf('\n', last);
  const at = newline < 0 ? text.length : newline;
  const added = lines.trimEnd().replaceAll(/^(?=.)/gm, indent);
  return `${text.slice(0, at)}\n${added}${text.slice(at) || '\n'}`;
}
