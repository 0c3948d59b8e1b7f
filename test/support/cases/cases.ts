import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../engines.ts';
import type { NeededOperator, Needs } from './needs.ts';
import type { Variant } from './variants.ts';

/** A folder below `test/cases`: an operation and the answer that every engine must return. */
export interface Case {
  /** `operators/like` */
  readonly name: string;
  readonly folder: string;
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly options: CaseOptions;
}

/** `case.json`, all optional. */
export interface CaseOptions {
  readonly operationName?: string;
  /** Operators that the shop's engine must support; on other engines validation must refuse the case. */
  readonly operators?: readonly NeededOperator[];
  /** Other requirements on the engine; without them the case is refused or may have another answer. */
  readonly needs?: Needs;
  /** Engines that meet all requirements but still answer differently, each with the reason. */
  readonly except?: Readonly<Partial<Record<Engine, string>>>;
  /** Members of JSON columns come in the engine's order. */
  readonly json?: boolean;
  /** Another way of attaching the databases. */
  readonly variant?: Variant;
  /** `false`: the plan differs between engines. */
  readonly plan?: false;
  /** Keeps the statements of every engine in `<engine>.sql`. */
  readonly sql?: boolean;
  /** For writes: an operation that reads the state after the write. */
  readonly after?: string;
  /** For writes: tables of the shop to reset afterwards. */
  readonly tables?: readonly string[];
  /** Compares only the codes of errors, since the messages contain text of the engine. */
  readonly looseMessages?: boolean;
  /** Engines that do not tell which constraint was broken, so that the error has no columns. */
  readonly columnsUnknown?: readonly Engine[];
}

const root = join(import.meta.dirname, '../../cases');

/** Cases whose topic is `wanted`, restricted to those that FOZ_CASES names (`topic`, `topic/name`). */
export function casesOf(wanted: (topic: string) => boolean): Case[] {
  const filter = process.env.FOZ_CASES;
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && wanted(entry.name))
    .flatMap((topic) =>
      readdirSync(join(root, topic.name), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => `${topic.name}/${name}`),
    )
    .filter((name) => filter === undefined || name.startsWith(filter))
    .sort()
    .map(readCase);
}

function readCase(name: string): Case {
  const folder = join(root, name);
  const json = (file: string) =>
    existsSync(join(folder, file)) ? JSON.parse(readFileSync(join(folder, file), 'utf8')) : {};
  return {
    name,
    folder,
    query: readFileSync(join(folder, 'case.graphql'), 'utf8'),
    variables: json('variables.json'),
    options: json('case.json'),
  };
}

/** The stored answer; `null`: none is stored yet. */
export function expectedOf(one: Case): unknown {
  const file = join(one.folder, 'result.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
}

/** Stores the answer of a case. Used when no answer is stored, or with UPDATE_CASES=1. */
export function storeResult(one: Case, answer: unknown): void {
  writeFileSync(join(one.folder, 'result.json'), `${JSON.stringify(answer, null, 2)}\n`);
}

export const updating = process.env.UPDATE_CASES === '1';
