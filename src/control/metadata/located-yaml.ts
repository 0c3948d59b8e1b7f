import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import {
  Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Scalar,
  visit,
  type YAMLParseError,
} from 'yaml';
import { ExactNumber, numberOf } from '../../core/index.ts';
import type { ConfigProblem } from '../config/config.ts';

/** Returns the place of a value, or of the setting `key` in a map. */
export type Locate = (
  path: readonly (string | number)[],
  key?: string,
) => Pick<ConfigProblem, 'file' | 'line' | 'column'>;

/** A parsed YAML file, with the places of its values. */
export interface LocatedYaml {
  /** `undefined`: the file is missing or not YAML. */
  readonly value: unknown;
  readonly problems: ConfigProblem[];
  /** Paths of texts with a reference that has no value. */
  readonly unfilled: readonly Path[];
  readonly locate: Locate;
}

type Path = readonly (string | number)[];

/** Most values of a file, those of aliases counted at each use, so that nested aliases cannot exhaust memory. */
const mostValues = 2_000_000;

/** Parses YAML. Returns problems with their offset in the text (from 0). Without problems, its aliases are safe to follow. */
export function parseYaml(text: string, lineCounter: LineCounter) {
  try {
    const document: Document = parseDocument(text, {
      lineCounter,
      logLevel: 'silent',
      prettyErrors: false,
    });
    visit(document, { Scalar: keepDigits });
    if (document.errors.some(({ message }) => message.startsWith('Maximum call stack')))
      throw new RangeError();
    // Later errors usually follow from the first few.
    const errors = document.errors
      .slice(0, 20)
      .map((error) => ({ offset: error.pos[0], message: messageOf(error, document, lineCounter) }));
    if (errors.length === 0 && valuesOf(document) > mostValues)
      errors.push({
        offset: 0,
        message: 'repeats itself without end, or too often, by aliases (*name)',
      });
    return { document, errors };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { document: new Document(), errors: [{ offset: 0, message: 'is nested too deeply' }] };
  }
}

/** The message for a fault in YAML. A repeated key is reported with both of its lines, other faults with the parser's message. */
function messageOf({ code, pos, message }: YAMLParseError, document: Document, lines: LineCounter): string {
  let twice: string | null = null;
  if (code === 'DUPLICATE_KEY')
    visit(document, {
      Map(_, { items }) {
        const keys = items.flatMap(({ key }) => (isScalar(key) ? [key] : []));
        const second = keys.find(({ range }) => range?.[0] === pos[0]);
        const first = keys.find(({ value }) => value === second?.value);
        if (second === undefined || first === undefined) return undefined;
        const [one, other] = [first, second].map(({ range }) => lines.linePos(range![0]).line);
        twice = `"${second.value}" stands twice (lines ${one} and ${other}): put both under one`;
        return visit.BREAK;
      },
    });
  return twice ?? message.split('\n')[0]!;
}

/** A hexadecimal or octal number of YAML 1.2. */
const based = /^0(?:x[\da-fA-F]+|o[0-7]+)$/;
const decimal = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Replaces a number that a double would change by its digits as text; conditions and presets accept both. */
function keepDigits(_: unknown, node: Scalar): void {
  const source = node.source ?? '';
  if (typeof node.value === 'number' && based.test(source) && !Number.isSafeInteger(node.value))
    node.value = BigInt(source).toString();
  if (typeof node.value === 'number' && decimal.test(source) && numberOf(source) instanceof ExactNumber)
    node.value = source;
}

function valuesOf(document: Document): number {
  const known = new Map<unknown, number>();
  const count = (given: unknown): number => {
    const node = isAlias(given) ? given.resolve(document) : given;
    if (!isMap(node) && !isSeq(node)) return 1;
    const found = known.get(node);
    if (found !== undefined) return found;
    // Counting an alias within its own anchor would never end.
    known.set(node, Number.POSITIVE_INFINITY);
    let values = 1;
    for (const item of node.items) values += isPair(item) ? count(item.key) + count(item.value) : count(item);
    known.set(node, values);
    return values;
  };
  return count(document.contents);
}

/**
 * Reads a YAML file. `environment`: the variables for `${...}` in it; `null`: they are not replaced. Problems are returned, not thrown.
 */
export function readYaml(file: string, environment: NodeJS.ProcessEnv | null): LocatedYaml {
  if (!existsSync(file)) {
    const message = 'does not exist: make one with "foz init", or name another with --config';
    const place = { file, line: 1, column: 1 };
    return {
      value: undefined,
      problems: [{ ...place, where: 'file', message }],
      unfilled: [],
      locate: () => place,
    };
  }
  const lines = new LineCounter();
  const { document, errors } = parseYaml(readFileSync(file, 'utf8'), lines);
  const at = (offset: number) => ({
    file,
    line: lines.linePos(offset).line,
    column: lines.linePos(offset).col,
  });
  const problems: ConfigProblem[] = errors.map(({ offset, message }) => ({
    ...at(offset),
    where: 'yaml',
    message,
  }));
  const unfilled: Path[] = [];
  if (environment !== null)
    fillIn(document, dirname(file), environment, (offset, path, message) => {
      unfilled.push(path);
      problems.push({ ...at(offset), where: spelled(path) || 'file', message });
    });
  const locate: Locate = (path, key) => {
    const map = key === undefined ? undefined : document.getIn(path, true);
    const setting = isMap(map)
      ? map.items.find((pair) => isScalar(pair.key) && pair.key.value === key)
      : null;
    if (isScalar(setting?.key)) return at(setting.key.range?.[0] ?? 0);
    for (let length = path.length; length >= 0; length--) {
      const node = document.getIn(path.slice(0, length), true);
      if (isScalar(node) || isMap(node) || isSeq(node)) return at(node.range?.[0] ?? 0);
    }
    return at(0);
  };
  const value = errors.length > 0 ? undefined : document.toJS({ maxAliasCount: -1 });
  return { value, problems, unfilled, locate };
}

/** Replaces `${...}` in all texts of a document. Messages contain no values. */
function fillIn(
  document: Document,
  folder: string,
  environment: NodeJS.ProcessEnv,
  report: (offset: number, path: Path, message: string) => void,
): void {
  visit(document, {
    Scalar(key, node, above) {
      if (typeof node.value !== 'string' || !node.value.includes('${')) return;
      const { text, problems } = filledText(node.value, folder, environment);
      node.value = text;
      for (const problem of problems) report(node.range?.[0] ?? 0, pathOf(key, above), problem);
    },
  });
}

/** The path of a visited value, made of its key in the innermost of the nodes above it and theirs. */
function pathOf(key: number | 'key' | 'value' | null, above: readonly unknown[]): Path {
  return [...above, key].flatMap((step, at): (string | number)[] => {
    const parent = above[at - 1];
    if (isPair(step)) return [String(isScalar(step.key) ? step.key.value : step.key)];
    if (!isSeq(parent)) return [];
    return [typeof step === 'number' ? step : parent.items.indexOf(step)];
  });
}

/** `sources[0].url` */
export function spelled(path: readonly (string | number)[]): string {
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  );
}

/**
 * A text with `${env:NAME}`, `${env:NAME:-default}` and `${file:PATH}` replaced; paths are relative to `folder`. A reference that cannot be
 * replaced becomes empty and is reported in `problems`, without values.
 */
export function filledText(
  given: string,
  folder: string,
  environment: NodeJS.ProcessEnv,
): { readonly text: string; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const text = given.replaceAll(/\$\{(env|file):([^}]*)\}/g, (_all, kind: string, rest: string) => {
    if (kind === 'file') {
      const path = resolve(folder, rest);
      try {
        return readFileSync(path, 'utf8').trim();
      } catch {
        problems.push(`the file ${rest} ${existsSync(path) ? 'cannot be read' : 'does not exist'}`);
        return '';
      }
    }
    const [name, fallback] = rest.split(/:-(.*)/s);
    const value = (Object.hasOwn(environment, name!) ? environment[name!] : undefined) ?? fallback;
    if (value === undefined) problems.push(`the environment variable ${name} is not set`);
    return value ?? '';
  });
  return { text, problems };
}
