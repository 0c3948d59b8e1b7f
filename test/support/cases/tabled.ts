import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseDocument, YAMLMap, YAMLSeq } from 'yaml';
import type { Operator } from '../../../src/catalog/index.ts';
import type { Engine } from '../engines.ts';
import type { Needs } from './needs.ts';

/**
 * One entry of a file below `test/cases/permissions`: a session, its operation, and the answer that every engine must
 * return.
 */
export interface TabledCase {
  readonly name: string;
  /** `customer user-id=5`: see `sessionOf`. */
  readonly as: string;
  readonly ask: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly answer?: unknown;
  /** For writes: tables to reset afterwards (`orders`, `support.tickets`). */
  readonly tables?: readonly string[];
  /** For writes: a query by an unrestricted role that runs afterwards, and its answer. */
  readonly after?: string;
  readonly left?: unknown;
  /** Names that must not occur in the graph of the role. */
  readonly unnamed?: readonly string[];
  /** For refusals with messages and details of the engine: only codes and paths are compared. */
  readonly loose?: boolean;
  /** Words that must not occur in the answer. */
  readonly silent?: readonly string[];
  readonly operators?: readonly Operator[];
  readonly needs?: Needs;
  readonly except?: Readonly<Partial<Record<Engine, string>>>;
  /** Members of JSON columns come in the engine's order. */
  readonly json?: boolean;
}

const root = join(import.meta.dirname, '../../cases/permissions');

/** The files of cases: `allowed-*` must be answered, `denied-*` must be refused. */
export function topics(kind: 'allowed' | 'denied'): string[] {
  const filter = process.env.FOZ_CASES;
  return readdirSync(root)
    .filter((file) => file.startsWith(`${kind}-`) && file.endsWith('.yaml'))
    .filter((file) => filter === undefined || `permissions/${file}`.startsWith(filter))
    .sort();
}

/** The cases of a file in file order. Throws if two have the same name. */
export function casesIn(file: string): TabledCase[] {
  const cases = parse(readFileSync(join(root, file), 'utf8')) as TabledCase[];
  const names = cases.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new Error(`${file} has two cases "${twice}"`);
  return cases;
}

/** Stores an answer, and the state after a write, in the file of the case. */
export function storeTabled(file: string, name: string, made: Readonly<Record<string, unknown>>): void {
  const path = join(root, file);
  const document = parseDocument(readFileSync(path, 'utf8'));
  const list = document.contents as unknown as YAMLSeq<YAMLMap>;
  const item = list.items.find((entry) => entry.get('name') === name)!;
  for (const [key, value] of Object.entries(made)) {
    const node = document.createNode(value);
    compacted(node);
    item.set(key, node);
  }
  writeFileSync(path, document.toString({ lineWidth: 0, flowCollectionPadding: false }));
}

/** Writes nested values in flow style, on one line each, so that a case stays short in its file. */
function compacted(node: unknown): void {
  if (!(node instanceof YAMLMap) && !(node instanceof YAMLSeq)) return;
  node.flow = true;
}
