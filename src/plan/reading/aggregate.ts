import type { GraphQLObjectType, SelectionSetNode } from 'graphql';
import type { Bucket, Column, Table } from '../../catalog/index.ts';
import { aggregateType } from '../../catalog/index.ts';
import { fieldMeaning } from '../../graph/index.ts';
import { distinctColumns, visibleColumn, visibleColumns } from '../conditions/masks.ts';
import { boundOf, invalid, literal, type Planning, paramOf } from '../context.ts';
import { argumentsOf, labelsOf, objectTypeOf, type Selected, selectionOf, subSelections } from '../fields.ts';
import type { Input, InputEntry } from '../input/input.ts';
import type { Measure } from '../model/measure.ts';
import type {
  AggregateColumn,
  AggregateItem,
  AggregatePart,
  Direction,
  GroupBy,
  GroupKey,
  GroupOrder,
  GroupPart,
  Having,
} from '../model/select.ts';
import { breakTies, measuresOf } from './order.ts';
import { capped, type Range } from './range.ts';
import { planSelect } from './selection.ts';

/** Plans `{ aggregate { ... } nodes { ... } group_by(...) { ... } }`. */
export function planAggregateParts(
  planning: Planning,
  table: Table,
  range: Range,
  type: GraphQLObjectType,
  sets: readonly SelectionSetNode[],
  path: string,
): AggregatePart[] {
  const cap = planning.rules.select(table).limit;
  return selectionOf(planning.document, type, sets).map((selected): AggregatePart => {
    const { key, field, name } = selected;
    if (field === undefined) return { kind: 'constant', key, json: JSON.stringify(type.name) };
    const at = `${path}.selectionSet.${name}`;
    switch (fieldMeaning(field)?.kind) {
      case 'aggregate':
        return { kind: 'aggregate', key, items: planItems(planning, selected, at) };
      case 'nodes': {
        const nodes =
          cap === null
            ? range
            : { ...range, limit: capped(range.limit, cap), orderBy: breakTies(table, range.orderBy) };
        return {
          kind: 'nodes',
          key,
          select: planSelect(planning, table, nodes, objectTypeOf(selected), subSelections(selected), at),
        };
      }
      case 'group_by':
        return { kind: 'group_by', key, group: planGroupBy(planning, selected, at, cap) };
      default:
        throw invalid(at, 'cannot be selected here');
    }
  });
}

function planItems(planning: Planning, selected: Selected, path: string): AggregateItem[] {
  const type = objectTypeOf(selected);
  return selectionOf(planning.document, type, subSelections(selected)).map((item): AggregateItem => {
    const { key, field, name } = item;
    if (field === undefined) return { kind: 'constant', key, json: JSON.stringify(type.name) };
    const meaning = fieldMeaning(field);
    if (meaning?.kind === 'count') return planCountItem(planning, item, `${path}.selectionSet.${name}`);
    if (meaning?.kind !== 'function') throw invalid(`${path}.${name}`, 'cannot be selected here');
    const columnsType = objectTypeOf(item);
    const columns = selectionOf(planning.document, columnsType, subSelections(item)).map(
      (entry): AggregateColumn => {
        if (entry.field === undefined)
          return { kind: 'constant', key: entry.key, json: JSON.stringify(columnsType.name) };
        const column = columnOf(planning, entry, path);
        return { kind: 'column', key: entry.key, column, type: aggregateType(meaning.fn, column.type) };
      },
    );
    return { kind: 'function', key, fn: meaning.fn, columns };
  });
}

function planCountItem(planning: Planning, item: Selected, path: string): AggregateItem {
  const args = argumentsOf(planning.document, item, path);
  const distinct = literal(planning, args.get('distinct')) === true;
  const columns = (distinct ? distinctColumns : visibleColumns)(planning, args.get('columns'));
  return { kind: 'count', key: item.key, columns, distinct };
}

function columnOf(planning: Planning, entry: Selected, path: string): Column {
  const meaning = fieldMeaning(entry.field!);
  if (meaning?.kind !== 'column') throw invalid(`${path}.${entry.name}`, 'is not a column');
  return visibleColumn(planning, meaning.column);
}

/** Plans `group_by`. `cap`: most groups, since the role may have no longer list. */
function planGroupBy(planning: Planning, selected: Selected, path: string, cap: number | null): GroupBy {
  const args = argumentsOf(planning.document, selected, path);
  const keys = planKeys(planning, args.get('keys'), path);
  const type = objectTypeOf(selected);
  const parts = selectionOf(planning.document, type, subSelections(selected)).map((part): GroupPart => {
    if (part.field === undefined) return { kind: 'constant', key: part.key, json: JSON.stringify(type.name) };
    const at = `${path}.selectionSet.${part.name}`;
    switch (fieldMeaning(part.field)?.kind) {
      case 'group_key':
        return { kind: 'group_key', key: part.key, entries: planGroupKey(planning, part, keys, at) };
      case 'aggregate':
        return { kind: 'aggregate', key: part.key, items: planItems(planning, part, at) };
      default:
        throw invalid(at, 'cannot be selected here');
    }
  });
  return {
    keys,
    having: planHaving(planning, args.get('having')),
    orderBy: stableOrder(planGroupOrder(planning, args.get('order_by'), keys), keys),
    limit: capped(boundOf(planning, args.get('limit')), cap),
    offset: boundOf(planning, args.get('offset')),
    parts,
  };
}

function planKeys(planning: Planning, input: Input | undefined, path: string): GroupKey[] {
  const items =
    input === undefined || input.kind === 'null' ? [] : input.kind === 'list' ? input.items : [input];
  const keys = items.map((item): GroupKey => {
    if (item.kind !== 'object') throw invalid(item.path, 'an object is needed here, as { column: state }');
    const part = (kind: string) => item.fields.find((entry) => entry.meaning.kind === kind)?.value;
    const column = visibleColumn(planning, literal(planning, part('key')) as Column);
    const bucket = literal(planning, part('bucket')) as Bucket | null;
    const { scalar } = column.type;
    if (bucket !== null && scalar !== 'date' && scalar !== 'timestamp' && scalar !== 'timestamptz') {
      throw invalid(item.path, `bucket needs a date or a timestamp, and ${column.name} is neither`);
    }
    return { column, bucket };
  });
  if (keys.length === 0) throw invalid(`${path}.args.keys`, 'needs at least one column to group by');
  return keys;
}

function planGroupKey(planning: Planning, part: Selected, keys: readonly GroupKey[], path: string) {
  return selectionOf(planning.document, objectTypeOf(part), subSelections(part)).map((entry) => {
    const column = entry.field === undefined ? null : columnOf(planning, entry, path);
    const index = keys.findIndex((key) => key.column === column);
    if (column === null || index < 0)
      throw invalid(
        `${path}.${entry.name}`,
        'is not among the keys of group_by: add it to keys, or leave it out',
      );
    return { key: entry.key, index, labels: labelsOf(entry) };
  });
}

/** Adds the keys to the order of groups, so that every engine returns the same order. */
function stableOrder(given: readonly GroupOrder[], keys: readonly GroupKey[]): GroupOrder[] {
  const missing = keys
    .map((_, key) => key)
    .filter((key) => !given.some((term) => 'key' in term.by && term.by.key === key));
  return [...given, ...missing.map((key): GroupOrder => ({ by: { key }, descending: false, nulls: 'last' }))];
}

function planGroupOrder(
  planning: Planning,
  input: Input | undefined,
  keys: readonly GroupKey[],
): GroupOrder[] {
  if (input === undefined || input.kind === 'null') return [];
  if (input.kind === 'list') return input.items.flatMap((item) => planGroupOrder(planning, item, keys));
  if (input.kind !== 'object') throw invalid(input.path, 'an object is needed here');
  return input.fields.flatMap((entry): GroupOrder[] => {
    if (entry.value.kind === 'null') return [];
    if (entry.meaning.kind !== 'group_key') {
      return measuresOf(planning, entry).map(({ measure, direction }) => ({ by: { measure }, ...direction }));
    }
    if (entry.value.kind !== 'object') throw invalid(entry.value.path, 'an object is needed here');
    return entry.value.fields.map((item) => {
      const column = item.meaning.kind === 'column' ? visibleColumn(planning, item.meaning.column) : null;
      const key = keys.findIndex((candidate) => candidate.column === column);
      if (key < 0) throw invalid(item.value.path, 'is not among the keys of group_by');
      return { by: { key }, ...(literal(planning, item.value) as Direction) };
    });
  });
}

const comparable = ['_eq', '_neq', '_gt', '_gte', '_lt', '_lte'] as const;

/** Plans `having: { count: { _gt: 3 }, sum: { total: { _lt: 10 } }, _or: [...] }`. */
function planHaving(planning: Planning, input: Input | undefined): Having {
  if (input === undefined || input.kind === 'null') return { kind: 'and', of: [] };
  if (input.kind === 'list')
    return { kind: 'and', of: input.items.map((item) => planHaving(planning, item)) };
  if (input.kind !== 'object') throw invalid(input.path, 'an object is needed here');
  return { kind: 'and', of: input.fields.map((entry) => planHavingEntry(planning, entry)) };
}

function planHavingEntry(planning: Planning, { meaning, value }: InputEntry): Having {
  switch (meaning.kind) {
    case 'and':
      return planHaving(planning, value);
    case 'or':
      if (value.kind !== 'list') return planHaving(planning, value);
      return { kind: 'or', of: value.items.map((item) => planHaving(planning, item)) };
    case 'not':
      return { kind: 'not', of: planHaving(planning, value) };
    case 'count':
      return planHavingValue(planning, { kind: 'count', columns: [], distinct: false }, value);
    case 'function': {
      if (value.kind !== 'object') throw invalid(value.path, 'an object is needed here');
      const of = value.fields.map((entry): Having => {
        if (entry.meaning.kind !== 'column') throw invalid(entry.value.path, 'is not a column');
        const column = visibleColumn(planning, entry.meaning.column);
        return planHavingValue(
          planning,
          { kind: 'function', fn: meaning.fn, column, type: aggregateType(meaning.fn, column.type) },
          entry.value,
        );
      });
      return { kind: 'and', of };
    }
    default:
      throw invalid(value.path, 'cannot stand in having');
  }
}

function planHavingValue(planning: Planning, measure: Measure, value: Input): Having {
  if (value.kind !== 'object') throw invalid(value.path, 'needs operators, as { _gt: 3 }');
  const type = measure.kind === 'function' ? measure.type : ({ scalar: 'int', array: false } as const);
  const of = value.fields.map((entry): Having => {
    const op =
      entry.meaning.kind === 'operator'
        ? comparable.find(
            (candidate) => entry.meaning.kind === 'operator' && candidate === entry.meaning.operator,
          )
        : undefined;
    if (op === undefined)
      throw invalid(entry.value.path, `cannot compare an aggregate: use one of ${comparable.join(' ')}`);
    return { kind: 'compare', measure, op, value: paramOf(planning, entry.value, type) };
  });
  return { kind: 'and', of };
}
