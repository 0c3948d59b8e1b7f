import type { BoolExp, TableMetadata } from '../../src/catalog/index.ts';
import type { Dice } from './dice.ts';

/** One table, random permissions of a role on it, and a reference in memory for its writes. */

export type Value = number | string | null;
export type Row = Readonly<Record<string, Value>>;
export const names = ['id', 'owner', 'amount', 'note'] as const;
type Name = (typeof names)[number];

export const table = 'items';
export const session = new Map([
  ['user', '2'],
  ['word', 'b'],
]);

/** A role with its permissions split into the parts that the reference uses. */
export interface RandomWriter {
  readonly columns: readonly Name[];
  readonly filter: BoolExp;
  readonly masks: Readonly<Record<string, BoolExp>>;
  readonly insert: { readonly columns: readonly Name[]; readonly check: BoolExp; readonly set: Presets };
  readonly update: {
    readonly columns: readonly Name[];
    readonly filter: BoolExp;
    readonly check: BoolExp | null;
    readonly set: Presets;
  };
  readonly remove: BoolExp;
  readonly validation: BoolExp | null;
}

export type Presets = Readonly<Record<string, Value>>;

/** Expected outcome of a write: the rows afterwards with the answer, or the error codes that are allowed. */
export type Outcome =
  | { readonly codes: readonly string[] }
  | { readonly rows: readonly Row[]; readonly affected: number; readonly touched: readonly Row[] };

export function randomRows(dice: Dice): Row[] {
  return Array.from({ length: 6 }, (_, at) => ({ id: at + 1, ...randomValues(dice) }));
}

export function randomWriter(dice: Dice): RandomWriter {
  const some = () => dice.some(names.slice(1), 1, 3);
  const columns: Name[] = ['id', ...dice.some(names.slice(1), 0, 3)];
  const rule = () => (dice.chance(35) ? {} : randomRule(dice, names));
  const presets = (): Presets =>
    Object.fromEntries(dice.some(names.slice(1), 0, 1).map((name) => [name, presetOf(dice, name)]));
  return {
    columns,
    filter: rule(),
    masks: Object.fromEntries(
      dice
        .some(columns.slice(1), 0, Math.min(2, columns.length - 1))
        .map((name) => [name, randomRule(dice, names)]),
    ),
    insert: { columns: ['id', ...some()], check: rule(), set: presets() },
    update: { columns: some(), filter: rule(), check: dice.chance(40) ? null : rule(), set: presets() },
    remove: rule(),
    validation: dice.chance(75) ? null : randomRule(dice, names),
  };
}

function presetOf(dice: Dice, name: Name): Value {
  if (name === 'note') return dice.chance(50) ? 'X-Foz-Word' : 'c';
  return dice.chance(50) ? 'X-Foz-User' : dice.whole(4);
}

export function metadataOf(role: string, writer: RandomWriter): TableMetadata {
  const { columns, filter, masks, insert, update, remove, validation } = writer;
  return {
    source: 'shop',
    table,
    select_permissions: [{ role, permission: { columns, filter, masks } }],
    insert_permissions: [{ role, permission: insert }],
    update_permissions: [{ role, permission: update }],
    delete_permissions: [{ role, permission: { filter: remove } }],
    ...(validation === null ? {} : { validations: [{ check: validation, message: 'not valid' }] }),
  };
}

export function randomValues(dice: Dice): Row {
  return {
    owner: dice.chance(15) ? null : dice.whole(4),
    amount: dice.chance(15) ? null : dice.whole(5),
    note: dice.chance(15) ? null : 'abcd'[dice.whole(4)]!,
  };
}

/** A condition over some columns. */
export function randomRule(dice: Dice, over: readonly string[], depth = 2): BoolExp {
  const kind = depth === 0 ? 0 : dice.whole(6);
  if (kind === 1) return { _not: randomRule(dice, over, depth - 1) };
  if (kind === 2 || kind === 3) {
    const parts = [randomRule(dice, over, depth - 1), randomRule(dice, over, depth - 1)];
    return kind === 2 ? { _and: parts } : { _or: parts };
  }
  const name = over[dice.whole(over.length)]!;
  return { [name]: comparison(dice, name) };
}

function comparison(dice: Dice, name: string): BoolExp {
  if (dice.chance(15)) return { _is_null: dice.chance(50) };
  const one = (): Value => (name === 'note' ? 'abcd'[dice.whole(4)]! : dice.whole(name === 'id' ? 8 : 5));
  if (dice.chance(25)) return { [dice.chance(50) ? '_in' : '_nin']: [one(), one()] };
  const operators = name === 'note' ? ['_eq', '_neq'] : ['_eq', '_neq', '_gt', '_gte', '_lt', '_lte'];
  return { [operators[dice.whole(operators.length)]!]: one() };
}

export type Truth = boolean | null;

/** Evaluates a condition on a relationship of a row; `undefined`: no relationship has that name. */
export type Related = (name: string, row: Row) => ((rule: BoolExp) => Truth) | undefined;

/** Whether a row passes, in SQL's three-valued logic. */
export function passes(rule: BoolExp, row: Row, related: Related = () => undefined): Truth {
  return every(
    Object.entries(rule).map(([key, value]) => {
      if (key === '_and') return every((value as BoolExp[]).map((part) => passes(part, row, related)));
      if (key === '_or') return some((value as BoolExp[]).map((part) => passes(part, row, related)));
      if (key === '_not') return not(passes(value as BoolExp, row, related));
      const inside = related(key, row);
      if (inside !== undefined) return inside(value as BoolExp);
      return every(Object.entries(value as BoolExp).map(([op, operand]) => holds(row[key]!, op, operand)));
    }),
  );
}

function holds(value: Value, op: string, operand: unknown): Truth {
  if (op === '_is_null') return (value === null) === operand;
  if (value === null) return null;
  const other = operand as number;
  switch (op) {
    case '_eq':
      return value === operand;
    case '_neq':
      return value !== operand;
    case '_in':
      return (operand as Value[]).includes(value);
    case '_nin':
      return !(operand as Value[]).includes(value);
    case '_gt':
      return (value as number) > other;
    case '_gte':
      return (value as number) >= other;
    case '_lt':
      return (value as number) < other;
    case '_lte':
      return (value as number) <= other;
    default:
      throw new Error(`no operator ${op}`);
  }
}

const not = (truth: Truth): Truth => (truth === null ? null : !truth);
const every = (all: readonly Truth[]): Truth =>
  all.includes(false) ? false : all.includes(null) ? null : true;
const some = (all: readonly Truth[]): Truth =>
  all.includes(true) ? true : all.includes(null) ? null : false;

/** A row as the role sees it; `null`: the row is hidden. */
export function seen({ columns, filter, masks }: RandomWriter, row: Row): Row | null {
  if (passes(filter, row) !== true) return null;
  return Object.fromEntries(
    columns.map((name) => [
      name,
      masks[name] === undefined || passes(masks[name], row) === true ? row[name]! : null,
    ]),
  );
}

/** The values of presets in this session. */
export const presetsIn = (set: Presets): Row =>
  Object.fromEntries(
    Object.entries(set).map(([name, value]) => {
      if (value === 'X-Foz-User') return [name, Number(session.get('user'))];
      return [name, value === 'X-Foz-Word' ? session.get('word')! : value];
    }),
  );

export function inserted(writer: RandomWriter, before: readonly Row[], objects: readonly Row[]): Outcome {
  const fixed = presetsIn(writer.insert.set);
  const added = objects.map(
    (object): Row => ({ owner: null, amount: null, note: null, ...object, ...fixed }),
  );
  const rows = [...before, ...added];
  const codes = refusals(writer, added, writer.insert.check);
  if (new Set(rows.map(({ id }) => id)).size < rows.length) codes.push('constraint-violation');
  return codes.length > 0 ? { codes } : { rows, affected: added.length, touched: added };
}

/** The content of the clause `on_conflict`. */
export interface OnConflict {
  readonly update: readonly string[];
  readonly where: BoolExp;
}

/** Inserts rows, or updates them if the key exists; the update rules apply to those. */
export function upserted(
  writer: RandomWriter,
  before: readonly Row[],
  objects: readonly Row[],
  conflict: OnConflict,
): Outcome {
  const { update, insert } = writer;
  const presets = conflict.update.length === 0 ? {} : presetsIn(update.set);
  const added: Row[] = [];
  const changed = new Map<Row, Row>();
  for (const object of objects) {
    const row: Row = { owner: null, amount: null, note: null, ...object, ...presetsIn(insert.set) };
    const there = before.find(({ id }) => id === row.id);
    if (there === undefined) added.push(row);
    else if (conflict.update.length > 0 && found(writer, there, conflict.where)) {
      const taken = Object.fromEntries(conflict.update.map((name) => [name, row[name]!]));
      changed.set(there, { ...there, ...taken, ...presets });
    }
  }
  const written = [...changed.values()];
  const ofOthers = update.check !== null && Object.keys(update.check).length > 0;
  const codes = [
    ...refusals(writer, added, insert.check),
    ...refusals(writer, written, ofOthers ? update.check! : insert.check),
  ];
  if (codes.length > 0) return { codes };
  const touched = [...added, ...written];
  return {
    rows: [...before.map((row) => changed.get(row) ?? row), ...added],
    affected: touched.length,
    touched,
  };
}

export function updated(writer: RandomWriter, before: readonly Row[], where: BoolExp, set: Row): Outcome {
  const { filter, check, set: presets } = writer.update;
  const chosen = new Set(before.filter((row) => picked(writer, row, filter, where)));
  const fixed = presetsIn(presets);
  const rows = before.map((row) => (chosen.has(row) ? { ...row, ...set, ...fixed } : row));
  const touched = rows.filter((_, at) => chosen.has(before[at]!));
  const codes = refusals(writer, touched, check ?? {});
  return codes.length > 0 ? { codes } : { rows, affected: touched.length, touched };
}

export function removed(writer: RandomWriter, before: readonly Row[], where: BoolExp): Outcome {
  const touched = before.filter((row) => picked(writer, row, writer.remove, where));
  return { rows: before.filter((row) => !touched.includes(row)), affected: touched.length, touched };
}

/** A condition is evaluated on what the role sees; without one only the rule of the write applies. */
function picked(writer: RandomWriter, row: Row, rule: BoolExp, where: BoolExp): boolean {
  if (passes(rule, row) !== true) return false;
  if (Object.keys(where).length === 0) return true;
  const view = seen(writer, row);
  return view !== null && passes(where, view) === true;
}

/** The client names the key of an upsert, so the existing row must be visible to the role. */
function found(writer: RandomWriter, row: Row, where: BoolExp): boolean {
  return seen(writer, row) !== null && picked(writer, row, writer.update.filter, where);
}

function refusals({ validation }: RandomWriter, rows: readonly Row[], check: BoolExp): string[] {
  const fails = (rule: BoolExp) => rows.some((row) => passes(rule, row) !== true);
  return [
    ...(fails(check) ? ['permission-error'] : []),
    ...(validation !== null && fails(validation) ? ['data-exception'] : []),
  ];
}
