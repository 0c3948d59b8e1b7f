import {
  type BoolExp,
  type Column,
  type ColumnComparison,
  familyOf,
  type Operator,
  type Table,
} from '../../src/catalog/index.ts';
import type { Dice } from './dice.ts';
import { compares, partners, type Truth } from './filter.ts';
import { fragment, ordersAlike, sample } from './samples.ts';
import { rowsOfTable } from './tables.ts';
import { compareHeld, type Row } from './values.ts';
import { under } from './visible-rows.ts';

/** Session variables that the rules refer to so far, with values as JSON; names are lower case without prefix. */
export type Claims = Map<string, unknown>;

/** Limits on the content of a random rule. */
export interface RuleWishes {
  readonly dice: Dice;
  readonly claims: Claims;
  /** Tables that `_exists` may use. */
  readonly tables: readonly Table[];
}

/** A random condition over rows of a table, in the words of the metadata. */
export function randomRule(wishes: RuleWishes, table: Table, depth = 0): BoolExp {
  const { dice } = wishes;
  const kind = depth > 2 ? 0 : dice.whole(100);
  if (kind < 50) return comparisons(wishes, table);
  if (kind < 58) return { _and: branches(wishes, table, depth) };
  if (kind < 68) return { _or: branches(wishes, table, depth) };
  if (kind < 75) return { _not: randomRule(wishes, table, depth + 1) };
  if (kind < 80) return againstColumn(wishes, table);
  if (kind < 85) return existsRule(wishes, table, depth);
  return relatedRule(wishes, table, depth);
}

function branches(wishes: RuleWishes, table: Table, depth: number): BoolExp[] {
  return Array.from({ length: 1 + wishes.dice.whole(2) }, () => randomRule(wishes, table, depth + 1));
}

function comparisons(wishes: RuleWishes, table: Table): BoolExp {
  const columns = wishes.dice.some(table.columns.filter(comparable), 1, 2);
  return Object.fromEntries(columns.map((column) => [column.name, comparison(wishes, table, column)]));
}

const comparable = ({ type }: Column) =>
  !type.array && !['json', 'geometry', 'bytes', 'opaque', 'float'].includes(familyOf(type.scalar));

function comparison({ dice, claims }: RuleWishes, table: Table, column: Column): BoolExp {
  const one = () => sample(dice, table, column);
  const list = () => Array.from({ length: dice.whole(5) }, one);
  const ordered = ordersAlike(table, column) && familyOf(column.type.scalar) !== 'uuid';
  const isText = familyOf(column.type.scalar) === 'text' && column.enumType === null;
  const operators: readonly string[] = [
    ...['_eq', '_neq', '_in', '_nin', '_is_null'],
    ...(ordered && column.enumType === null ? ['_gt', '_gte', '_lt', '_lte', '_between'] : []),
    ...(isText ? ['_like', '_nlike'] : []),
  ];
  const operator = dice.pick(operators);
  const operand = (value: unknown) => (dice.chance(45) ? claimed(claims, value) : value);
  if (operator === '_is_null') return { _is_null: dice.chance(40) };
  if (operator === '_in' || operator === '_nin') return { [operator]: operand(list()) };
  if (operator === '_between') return { _between: [operand(one()), operand(one())] };
  if (operator.endsWith('like')) return { [operator]: operand(`%${fragment(dice, table, column)}%`) };
  return { [operator]: operand(one()) };
}

/** Adds a session variable with this value and returns its name. */
function claimed(claims: Claims, value: unknown): string {
  const name = `v${claims.size}`;
  claims.set(name, value);
  return `${claims.size % 2 === 0 ? 'X-Hasura' : 'X-Foz'}-${name.toUpperCase()}`;
}

const columnOperators: Readonly<Record<string, ColumnComparison>> = {
  _ceq: '_eq',
  _cne: '_neq',
  _cgt: '_gt',
  _cgte: '_gte',
  _clt: '_lt',
  _clte: '_lte',
};

function againstColumn(wishes: RuleWishes, table: Table): BoolExp {
  const { dice } = wishes;
  const numbers = table.columns.filter(
    ({ type }) => !type.array && ['integer', 'decimal'].includes(familyOf(type.scalar)),
  );
  if (numbers.length < 2) return comparisons(wishes, table);
  const [left, right] = dice.some(numbers, 2, 2) as [Column, Column];
  return {
    [left.name]: { [dice.pick(Object.keys(columnOperators))]: dice.chance(50) ? right.name : [right.name] },
  };
}

function existsRule(wishes: RuleWishes, table: Table, depth: number): BoolExp {
  // MariaDB refuses some aggregates of a column whose mask refers to a view that aggregates.
  const candidates = wishes.tables.filter(
    ({ source, name }) => source.name === table.source.name && name !== 'customer_totals',
  );
  const other = wishes.dice.pick(candidates);
  return { _exists: { _table: other.name, _where: randomRule(wishes, other, depth + 2) } };
}

function relatedRule(wishes: RuleWishes, table: Table, depth: number): BoolExp {
  const { dice } = wishes;
  const candidates = table.relationships.filter(({ name }) => !table.column.has(name));
  if (candidates.length === 0) return comparisons(wishes, table);
  const { name, kind, to } = dice.pick(candidates);
  const inner = dice.chance(20) ? {} : randomRule(wishes, to, depth + 1);
  if (kind === 'object' || dice.chance(50)) return { [name]: inner };
  return { [name]: { [dice.pick(['_some', '_every', '_none'])]: inner } };
}

const all = (of: readonly Truth[]): Truth => (of.includes(false) ? false : of.includes(null) ? null : true);
const any = (of: readonly Truth[]): Truth => (of.includes(true) ? true : of.includes(null) ? null : false);
const not = (of: Truth): Truth => (of === null ? null : !of);

/** Everything that decides a rule besides the row. */
export interface RuleContext {
  readonly claims: ReadonlyMap<string, unknown>;
  readonly tables: readonly Table[];
}

/** Whether a stored row passes a condition of the metadata, computed in memory over all stored rows. */
export function passesRule(context: RuleContext, table: Table, row: Row, rule: BoolExp): Truth {
  return under(null, () => decides(context, table, row, rule));
}

function decides(context: RuleContext, table: Table, row: Row, rule: BoolExp): Truth {
  return all(Object.entries(rule).map(([key, value]) => decidesEntry(context, table, row, key, value)));
}

function decidesEntry(context: RuleContext, table: Table, row: Row, key: string, value: unknown): Truth {
  const below = (inner: unknown) => decides(context, table, row, inner as BoolExp);
  if (key === '_and') return all((value as unknown[]).map(below));
  if (key === '_or') return any((value as unknown[]).map(below));
  if (key === '_not') return not(below(value));
  if (key === '_exists') {
    const { _table, _where } = value as { _table: string; _where: BoolExp };
    const other = context.tables.find(
      ({ name, source }) => name === _table && source.name === table.source.name,
    )!;
    return rowsOfTable(other).some((one) => decides(context, other, one, _where) === true);
  }
  const column = table.column.get(key);
  if (column !== undefined) {
    return all(
      Object.entries(value as BoolExp).map(([operator, operand]) =>
        decidesColumn(context, table, row, column, operator, operand),
      ),
    );
  }
  const relationship = table.relationships.find(({ name }) => name === key)!;
  const rows = partners(row, relationship);
  const some = (inner: BoolExp, wanted: Truth) =>
    rows.some((one) => decides(context, relationship.to, one, inner) === wanted);
  const given = value as BoolExp;
  if ('_every' in given) return !some(given._every as BoolExp, false);
  if ('_none' in given) return !some(given._none as BoolExp, true);
  return some(('_some' in given ? given._some : given) as BoolExp, true);
}

function decidesColumn(
  { claims }: RuleContext,
  table: Table,
  row: Row,
  column: Column,
  operator: string,
  operand: unknown,
): Truth {
  const held = row[column.name]!;
  const against = columnOperators[operator];
  if (against !== undefined) {
    const other = row[table.column.get([operand].flat()[0] as string)!.name]!;
    if (held === null || other === null) return null;
    const order = compareHeld(column.type, held, other);
    return {
      _eq: order === 0,
      _neq: order !== 0,
      _gt: order > 0,
      _gte: order >= 0,
      _lt: order < 0,
      _lte: order <= 0,
    }[against];
  }
  const resolved = (value: unknown): unknown => {
    const name = typeof value === 'string' ? /^X-(?:Foz|Hasura)-(.*)$/.exec(value)?.[1] : undefined;
    if (name !== undefined) return claims.get(name.toLowerCase());
    return Array.isArray(value) ? value.map(resolved) : value;
  };
  // Only the meaning and the value of the member are used here.
  return compares(held, column, {
    meaning: { kind: 'operator', operator: operator as Operator },
    value: resolved(operand),
  } as unknown as Parameters<typeof compares>[2]);
}
