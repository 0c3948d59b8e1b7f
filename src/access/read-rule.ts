import {
  appliesTo,
  type BoolExp,
  type Column,
  type ColumnComparison,
  didYouMean,
  everyRow,
  familyOf,
  isEveryRow,
  isUnreadable,
  noRow,
  type Operator,
  operators,
  type RowRule,
  type RuleValue,
  type ScalarFamily,
  type Table,
  type TableName,
  type ValueType,
} from '../catalog/index.ts';
import { labelProblem, ruleList, ruleValue } from './constants.ts';

/** Finds a table of a source by its name in the metadata. */
export type FindTable = (source: string, table: unknown) => Table | undefined;

/** A fault in a permission, with its position: `filter.owner._eqq`. */
export interface Problem {
  readonly where: string;
  readonly reason: string;
  /** Another issue says the cause. */
  readonly follows?: true;
}

/** A permission, or a part of one, with at least one fault. */
export class RuleProblem extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(({ reason }) => reason).join('\n'));
    this.problems = problems;
  }
}

/** Throws RuleProblem for one fault. */
export function refuse(where: string, reason: string): never {
  throw new RuleProblem([{ where, reason }]);
}

/** Reads all parts, so that their faults are reported together. Throws RuleProblem with all of them. */
export function readAll<T>(parts: readonly (() => T)[]): T[] {
  const problems: Problem[] = [];
  const read: T[] = [];
  for (const part of parts) {
    try {
      read.push(part());
    } catch (error) {
      if (!(error instanceof RuleProblem)) throw error;
      problems.push(...error.problems);
    }
  }
  if (problems.length > 0) throw new RuleProblem(problems);
  return read;
}

const text: ValueType = { scalar: 'text', array: false };

/** Resolves a condition over rows of `table`. Throws RuleProblem for wrong names and values. */
export function readRule(table: Table, given: BoolExp, where: string, find: FindTable): RowRule {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    refuse(where, 'a condition is an object, as { owner_id: { _eq: X-Foz-User-Id } }');
  return all(
    readAll(
      Object.entries(given).map(
        ([key, value]) =>
          () =>
            readEntry(table, key, value, `${where}.${key}`, find),
      ),
    ),
  );
}

function all(of: readonly RowRule[]): RowRule {
  const parts = of.filter((part) => !isEveryRow(part));
  if (parts.length === 0) return everyRow;
  return parts.length === 1 ? parts[0]! : { kind: 'and', of: parts };
}

function readEntry(table: Table, key: string, value: unknown, where: string, find: FindTable): RowRule {
  switch (key.replace(/^\$/, '_')) {
    case '_and':
      return all(readList(table, value, where, find));
    case '_or': {
      const parts = readList(table, value, where, find);
      return parts.length === 0 ? noRow : { kind: 'or', of: parts };
    }
    case '_not':
      return { kind: 'not', of: readRule(table, value as BoolExp, where, find) };
    case '_exists':
      return readExists(table, value, where, find);
  }
  const column = table.column.get(key);
  if (column !== undefined) return readColumn(table, column, value, where);
  const relationship = table.relationships.find((candidate) => candidate.name === key);
  if (relationship === undefined) throw new RuleProblem([{ where, ...unknownMember(table, key) }]);
  const inside = readQuantified(relationship.to, value, where, find);
  const some = (rule: RowRule): RowRule => ({ kind: 'exists', relationship, where: rule });
  return all(
    inside.map(({ quantifier, rule }) => {
      if (quantifier === '_none') return { kind: 'not', of: some(rule) };
      if (quantifier === '_every') return { kind: 'not', of: some({ kind: 'not', of: rule }) };
      return some(rule);
    }),
  );
}

function unknownMember(table: Table, name: string): Omit<Problem, 'where'> {
  if (table.lostRelationships.includes(name))
    return { reason: `the relationship "${name}" is left out`, follows: true };
  if (mayLeadToUnreadable(table, name))
    return {
      reason: `the relationship "${name}" leads to a table that the user of the source may not read`,
      follows: true,
    };
  const logical = ['_and', '_or', '_not', '_exists'];
  const known = [...table.column.keys(), ...table.relationships.map((one) => one.name), ...logical];
  return { reason: `${table.id} has no column or relationship "${name}"${didYouMean(name, known)}` };
}

/** Whether a name is that of a relationship by a foreign key from or to a table that the user may not read: these keys are not known. */
function mayLeadToUnreadable({ source, column }: Table, name: string): boolean {
  if (source.unreadable.length === 0) return false;
  return (
    ['_id', '_ID', 'Id'].some((end) => column.has(name + end)) ||
    source.unreadable.some((other) => name === other.name || name.startsWith(`${other.name}_by_`))
  );
}

const quantifiers = ['_some', '_every', '_none'] as const;

function readQuantified(table: Table, value: unknown, where: string, find: FindTable) {
  const given = (value ?? {}) as BoolExp;
  const named = quantifiers.filter((quantifier) => Object.hasOwn(given, quantifier));
  const rest = Object.fromEntries(
    Object.entries(given).filter(([key]) => !(quantifiers as readonly string[]).includes(key)),
  );
  const parts: { quantifier: (typeof quantifiers)[number]; rule: RowRule }[] = named.map((quantifier) => ({
    quantifier,
    rule: readRule(table, given[quantifier] as BoolExp, `${where}.${quantifier}`, find),
  }));
  if (Object.keys(rest).length > 0 || parts.length === 0)
    parts.unshift({ quantifier: '_some', rule: readRule(table, rest, where, find) });
  return parts;
}

/** `_exists: { _table: people, _where: { ... } }`, within the source. */
function readExists(table: Table, value: unknown, where: string, find: FindTable): RowRule {
  const { _table: name, _where: condition, ...rest } = (value ?? {}) as Readonly<Record<string, unknown>>;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) refuse(`${where}.${unknown}`, '_exists has nothing but _table and _where');
  const other = find(table.source.name, name);
  if (other === undefined)
    throw new RuleProblem([{ where: `${where}._table`, ...missingTable(table, name) }]);
  const rule = readRule(other, (condition ?? {}) as BoolExp, `${where}._where`, find);
  return { kind: 'exists table', table: other, where: rule };
}

function missingTable({ source }: Table, name: unknown): Omit<Problem, 'where'> {
  const shown = JSON.stringify(name);
  return isTableName(name) && isUnreadable(source, name)
    ? { reason: `the user of the source ${source.name} may not read its table ${shown}`, follows: true }
    : { reason: `source ${source.name} has no table ${shown}` };
}

function isTableName(given: unknown): given is TableName {
  const name =
    typeof given === 'object' && given !== null ? (given as { readonly name?: unknown }).name : given;
  return typeof name === 'string';
}

function readList(table: Table, value: unknown, where: string, find: FindTable): RowRule[] {
  const parts = listOf(value, where);
  return readAll(parts.map((part, at) => () => readRule(table, part, `${where}[${at}]`, find)));
}

function listOf(value: unknown, where: string): readonly BoolExp[] {
  if (Array.isArray(value)) return value as BoolExp[];
  if (typeof value === 'object' && value !== null) return [value as BoolExp];
  return refuse(where, 'needs a list of conditions');
}

function readColumn(table: Table, column: Column, value: unknown, where: string): RowRule {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    refuse(where, 'needs an object of operators, as { _eq: 3 }');
  return all(
    readAll(
      Object.entries(value).map(
        ([name, operand]) =>
          () =>
            readOperator(table, column, name.replace(/^\$/, '_'), operand, `${where}.${name}`),
      ),
    ),
  );
}

const columnOperators: Readonly<Record<string, ColumnComparison>> = {
  _ceq: '_eq',
  _cne: '_neq',
  _cneq: '_neq',
  _cgt: '_gt',
  _cgte: '_gte',
  _clt: '_lt',
  _clte: '_lte',
};

/** Hasura's older spellings. */
const synonyms: Readonly<Record<string, Operator>> = { _ne: '_neq' };

const operatorNames = [...Object.keys(operators), ...Object.keys(columnOperators)];

function readOperator(table: Table, column: Column, name: string, operand: unknown, where: string): RowRule {
  const between = columnOperators[name];
  if (between !== undefined) return columnsRule(table, column, between, operand, where);
  const op = synonyms[name] ?? (name as Operator);
  const facts = Object.hasOwn(operators, op) ? operators[op] : undefined;
  if (facts === undefined)
    return refuse(where, `there is no operator ${name}${didYouMean(name, operatorNames)}`);
  if (!appliesTo(op, column.type))
    refuse(where, `${name} does not apply to ${column.name} (${column.nativeType})`);
  if (op === '_is_null') return { kind: 'is null', column, negated: !isTrue(operand, where) };
  if (op === '_between') return betweenRule(column, operand, where);
  const value =
    facts.operand === 'list'
      ? ruleList(operand, column.type)
      : facts.operand === 'text list'
        ? ruleList(operand, text)
        : ruleValue(operand, facts.operand === 'text' ? text : column.type);
  const isText = facts.operand === 'text' || facts.operand === 'text list';
  return {
    kind: 'compare',
    column,
    op,
    value: isText ? fitting(value, where) : ofColumn(column, value, where),
  };
}

/** Checks that the column can have the value. */
function ofColumn(column: Column, value: RuleValue | string, where: string): RuleValue {
  const read = fitting(value, where);
  const problem = labelProblem(column, read);
  if (problem !== null) refuse(where, problem);
  return read;
}

function fitting(value: RuleValue | string, where: string): RuleValue {
  return typeof value === 'string' ? refuse(where, value) : value;
}

function isTrue(operand: unknown, where: string): boolean {
  if (operand === true || operand === 'true') return true;
  if (operand === false || operand === 'false') return false;
  return refuse(where, 'needs true or false');
}

function betweenRule(column: Column, operand: unknown, where: string): RowRule {
  if (!Array.isArray(operand) || operand.length !== 2)
    return refuse(where, 'needs exactly two values: [low, high]');
  const [low, high] = (operand as readonly unknown[]).map((bound) =>
    ofColumn(column, ruleValue(bound, column.type), where),
  );
  return { kind: 'between', column, low: low!, high: high! };
}

function columnsRule(
  table: Table,
  left: Column,
  op: ColumnComparison,
  operand: unknown,
  where: string,
): RowRule {
  if (Array.isArray(operand) && operand[0] === '$')
    refuse(where, 'a column of the outermost row cannot be compared: compare columns of one row');
  const name = Array.isArray(operand) && operand.length === 1 ? operand[0] : operand;
  const right = typeof name === 'string' ? table.column.get(name) : undefined;
  if (right === undefined)
    return refuse(where, `${table.id} has no column ${JSON.stringify(operand)} to compare with`);
  if (!areComparable(left, right, op))
    refuse(
      where,
      `${left.name} (${left.nativeType}) cannot be compared with ${right.name} (${right.nativeType})`,
    );
  return { kind: 'columns', left, op, right };
}

const alike: Readonly<Partial<Record<ScalarFamily, string>>> = {
  integer: 'number',
  decimal: 'number',
  float: 'number',
  date: 'moment',
  timestamp: 'moment',
};

/** Engines differ in how they compare values of different types, or refuse to. */
function areComparable(left: Column, right: Column, op: ColumnComparison): boolean {
  const [one, other] = [familyOf(left.type.scalar), familyOf(right.type.scalar)];
  if (left.type.compares !== right.type.compares || left.type.compares === 'none') return false;
  if (one === 'opaque' && left.type.nativeType !== right.type.nativeType) return false;
  if (left.type.array || right.type.array)
    return left.type.array === right.type.array && left.type.scalar === right.type.scalar;
  return appliesTo(op, left.type) && (alike[one] ?? one) === (alike[other] ?? other);
}
