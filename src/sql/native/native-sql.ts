import { didYouMean } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import type { NativeSql, Statement } from '../../plan/index.ts';
import { type CutStatement, cut, type Lexis, refused } from './cut.ts';

/** The parts of an engine that statements in its own SQL need. */
export interface NativeEngine {
  readonly lexis: Lexis;
  readonly longText: string;
  /** A statement that describes its result, with a placeholder between each two pieces. */
  statement(pieces: readonly string[]): Statement;
  /** A number, a boolean or a text, as the driver binds it. */
  encode(value: number | boolean | string): unknown;
}

/** Most values of one list. */
const mostOfList = 10_000;
const reads: readonly string[] = ['SELECT', 'VALUES', 'TABLE', 'WITH'];
const writes: readonly string[] = ['INSERT', 'UPDATE', 'DELETE', 'MERGE', 'REPLACE'];
/** In a read they are words of a part that writes, or locks rows. */
const partsThatWrite: ReadonlySet<string> = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE']);

/** Statements of an engine in its own SQL. */
export function nativeSql(engine: NativeEngine): NativeSql {
  return {
    longText: engine.longText,
    bind(text, params) {
      const { pieces, names, words } = cut(text, engine.lexis);
      const isWrite = writesRows(words);
      checkSession(text, words);
      checkNames(names, params);
      const values: unknown[] = [];
      const whole: string[] = [pieces[0]!];
      for (const [index, name] of names.entries()) {
        const bound = valuesOf(name, params[name]).map((value) =>
          value === null ? null : engine.encode(value),
        );
        values.push(...bound);
        whole.push(...bound.slice(1).map(() => ', '), pieces[index + 1]!);
      }
      return { statement: engine.statement(whole), values, isWrite };
    },
  };
}

/** Whether a statement writes. Throws where it does more than to read or write rows: settings and transactions would outlive the step. */
function writesRows(words: CutStatement['words']): boolean {
  const [first] = words;
  if (first === undefined) throw refused('The text has no statement.');
  if (writes.includes(first)) return true;
  if (!reads.includes(first))
    throw refused(
      `The statement begins with "${first}". A step runs one that reads or writes rows: ${[...reads, ...writes].join(', ').toLowerCase()}.`,
    );
  const isWrite = words.some((word) => partsThatWrite.has(word));
  if (!isWrite && words.includes('INTO'))
    throw refused('"select into" makes a table, a file or a variable: a step reads and writes rows only.');
  return isWrite;
}

/** Functions whose effect lasts as long as the connection, on which the next statement of somebody else runs. */
const ofSession: ReadonlyMap<string, string> = new Map([
  ...[
    'PG_ADVISORY_LOCK',
    'PG_ADVISORY_LOCK_SHARED',
    'PG_TRY_ADVISORY_LOCK',
    'PG_TRY_ADVISORY_LOCK_SHARED',
  ].map((name) => [name, name.replace('LOCK', 'XACT_LOCK').toLowerCase()] as const),
  ['GET_LOCK', 'select ... for update'],
]);
const localSetting = /set_config\s*\([^()]*,\s*true\s*\)/gi;

/** Throws for what would outlive the transaction of the step. */
function checkSession(text: string, words: CutStatement['words']): void {
  for (const name of words) {
    const instead = ofSession.get(name);
    if (instead !== undefined)
      throw refused(`The lock of ${name.toLowerCase()} would outlive the step: use ${instead}.`);
  }
  const settings = words.filter((name) => name === 'SET_CONFIG').length;
  if (settings > (text.match(localSetting)?.length ?? 0))
    throw refused(
      'A setting by set_config would outlive the step: make it one of the transaction, set_config(name, value, true).',
    );
}

function checkNames(names: readonly string[], params: Readonly<Record<string, unknown>>): void {
  const given = Object.keys(params);
  const missing = names.find((name) => !Object.hasOwn(params, name));
  if (missing !== undefined)
    throw refused(
      `The statement has the parameter ":${missing}", which has no value${didYouMean(missing, given)}.`,
    );
  const left = given.find((name) => !names.includes(name));
  if (left !== undefined)
    throw refused(`The statement has no parameter ":${left}"${didYouMean(left, names)}.`);
}

/** The values that a parameter stands for. */
function valuesOf(name: string, value: unknown): readonly (number | boolean | string | null)[] {
  if (!Array.isArray(value)) return [scalarOf(value)];
  if (value.length === 0)
    throw new FozError(
      'data-exception',
      `The list of ":${name}" is empty, and SQL knows no empty list: do the step only where it has values.`,
    );
  if (value.length > mostOfList)
    throw new FozError('limit-exceeded', `The list of ":${name}" has more than ${mostOfList} values.`);
  return value.map(scalarOf);
}

function scalarOf(value: unknown): number | boolean | string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'object') return JSON.stringify(value);
  return value as number | boolean | string;
}
