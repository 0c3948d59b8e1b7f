import { type BoolExp, type Operator, operators } from '../../../catalog/index.ts';
import { isEntry } from './read-tree.ts';
import { tableNameOf } from './tables.ts';

/** A condition without a counterpart in Foz; `path` is its place within the whole condition. */
export class NoCounterpart extends Error {
  readonly path: string;
  constructor(path: string, reason: string) {
    super(reason);
    this.path = path;
  }
}

/** The known facts about the table of a condition, without access to its database. */
export interface ConditionTable {
  /** Imported relationships. */
  readonly relationships: ReadonlySet<string>;
  /** Fields that were not imported, and why. */
  readonly lost: ReadonlyMap<string, string>;
}

const somewhere: ConditionTable = { relationships: new Set(), lost: new Map() };

/** Converts a condition. Throws NoCounterpart for what Foz cannot express, since leaving out a part would change its meaning. */
export function conditionOf(given: unknown, path: string, table: ConditionTable = somewhere): BoolExp {
  if (!isEntry(given)) throw new NoCounterpart(path, 'this is no condition');
  return Object.fromEntries(
    Object.entries(given).map(([key, value]) => entryOf(key, value, `${path}.${key}`, table)),
  );
}

function entryOf(key: string, value: unknown, path: string, table: ConditionTable): [string, unknown] {
  const word = key.replace(/^\$/, '_');
  if (word === '_and' || word === '_or') return [word, listOf(value, path, table)];
  if (word === '_not') return [word, conditionOf(value, path, table)];
  if (word === '_exists') return [word, existsOf(value, path)];
  const lost = table.lost.get(key);
  if (lost !== undefined) throw new NoCounterpart(path, lost);
  if (table.relationships.has(key)) return [key, conditionOf(value, path)];
  if (!isEntry(value)) return [key, { _eq: constant(value, path) }];
  if (isAggregate(key, value))
    throw new NoCounterpart(
      path,
      'conditions over aggregates of a relationship are not supported in permissions',
    );
  const isColumn = Object.keys(value).every(isOperator);
  return [key, isColumn ? comparisons(value, path) : conditionOf(value, path)];
}

function listOf(value: unknown, path: string, table: ConditionTable): readonly BoolExp[] {
  const list = Array.isArray(value) ? value : [value];
  return list.map((item, at) => conditionOf(item, `${path}[${at}]`, table));
}

function existsOf(value: unknown, path: string): unknown {
  const table = isEntry(value) ? tableNameOf(value._table ?? value.$table) : undefined;
  if (!isEntry(value) || table === undefined) throw new NoCounterpart(path, 'needs _table and _where');
  return { _table: table, _where: conditionOf(value._where ?? value.$where ?? {}, `${path}._where`) };
}

/** Keys that combine conditions; any other key that starts with `_` or `$` is an operator. */
const combining = ['_and', '_or', '_not', '_exists'];

function isOperator(key: string): boolean {
  return /^[_$]/.test(key) && !combining.includes(key.replace(/^\$/, '_'));
}

const aggregateFunctions = ['count', 'bool_and', 'bool_or', 'avg', 'sum', 'min', 'max', 'corr', 'covar_samp'];

function isAggregate(key: string, value: Readonly<Record<string, unknown>>): boolean {
  return key.endsWith('_aggregate') && Object.keys(value).some((name) => aggregateFunctions.includes(name));
}

const synonyms: Readonly<Record<string, string>> = { _ne: '_neq', _cneq: '_cne' };
const columnOperators = ['_ceq', '_cne', '_cgt', '_cgte', '_clt', '_clte'];

function comparisons(given: Readonly<Record<string, unknown>>, path: string): BoolExp {
  return Object.fromEntries(
    Object.entries(given).map(([key, value]) => {
      const plain = key.replace(/^\$/, '_');
      const word = synonyms[plain] ?? plain;
      const at = `${path}.${key}`;
      if (columnOperators.includes(word)) return [word, columnOf(value, at)];
      if (!Object.hasOwn(operators, word)) throw new NoCounterpart(at, `there is no operator ${word}`);
      return [word, operandOf(word as Operator, value, at)];
    }),
  );
}

function operandOf(operator: Operator, value: unknown, path: string): unknown {
  if (operators[operator].operand === 'boolean')
    return value === 'true' ? true : value === 'false' ? false : value;
  return constant(value, path);
}

function constant(value: unknown, path: string): unknown {
  if (value === null || value === undefined)
    throw new NoCounterpart(path, 'a comparison with null is never true: say _is_null');
  return value;
}

/** Another column of the same row: `note`, or `[note]`. */
function columnOf(value: unknown, path: string): string {
  const name = Array.isArray(value) && value.length === 1 ? value[0] : value;
  if (typeof name === 'string') return name;
  if (Array.isArray(value) && value[0] === '$')
    throw new NoCounterpart(path, 'columns of the outermost row ("$") cannot be compared with');
  throw new NoCounterpart(path, 'only columns of the same row can be compared with');
}
