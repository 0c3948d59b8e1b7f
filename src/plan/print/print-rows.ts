import { isAlways } from '../model/predicate.ts';
import type { Aggregate, AggregateItem, AggregatePart, Field, GroupBy, Select } from '../model/select.ts';
import {
  boundText,
  groupKeyText,
  groupOrderText,
  havingText,
  measureText,
  names,
  orderText,
  predicateText,
  tableText,
} from './print-terms.ts';

/** The lines, indented by one level. */
export function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

/** The filter, order and range of the rows, then the fields of each. */
export function selectLines(select: Select): string[] {
  return [...rangeLines(select), ...select.fields.flatMap(fieldLines)];
}

/** `where`, `order by`, `limit`, ... of a list or an aggregate. */
export function rangeLines({
  where,
  distinctOn,
  orderBy,
  limit,
  offset,
}: Omit<Select, 'table' | 'fields'>): string[] {
  return [
    ...(isAlways(where) ? [] : [`where ${predicateText(where)}`]),
    ...(distinctOn.length === 0 ? [] : [`distinct on ${names(distinctOn)}`]),
    ...(orderBy.length === 0 ? [] : [`order by ${orderBy.map(orderText).join(', ')}`]),
    ...(limit === null ? [] : [`limit ${boundText(limit)}`]),
    ...(offset === null ? [] : [`offset ${boundText(offset)}`]),
  ];
}

function fieldLines(field: Field): string[] {
  switch (field.kind) {
    case 'constant':
      return [`${field.key}: ${field.json}`];
    case 'column': {
      const path = field.jsonPath === null ? '' : ` at ${JSON.stringify(field.jsonPath)}`;
      return [
        `${field.key}: ${field.column.name}${path}${field.labels ? ' as the graph names its labels' : ''}`,
      ];
    }
    case 'node_id':
      return [`${field.key}: global id of ${names(field.columns)}`];
    case 'object':
    case 'array':
      return [
        `${field.key}: ${field.kind} ${relationshipText(field)}`,
        ...indented(selectLines(field.select)),
      ];
    case 'aggregate':
      return [
        `${field.key}: aggregate ${relationshipText(field)}`,
        ...indented(aggregateLines(field.aggregate)),
      ];
  }
}

function relationshipText({
  relationship,
}: Extract<Field, { kind: 'object' | 'array' | 'aggregate' }>): string {
  const { name, mapping, to, remote } = relationship;
  const pairs = mapping.map((pair) => `${pair.to.name} = ${pair.from.name}`).join(', ');
  return `${name}: ${tableText(to)} on ${pairs}${remote ? ' (another source)' : ''}`;
}

/** The rows of an aggregate, then its parts. */
export function aggregateLines(aggregate: Aggregate): string[] {
  return [...rangeLines(aggregate), ...aggregate.parts.flatMap(partLines)];
}

function partLines(part: AggregatePart): string[] {
  switch (part.kind) {
    case 'constant':
      return [`${part.key}: ${part.json}`];
    case 'aggregate':
      return [`${part.key}: aggregate`, ...indented(part.items.map(itemText))];
    case 'nodes':
      return [`${part.key}: nodes`, ...indented(part.select.fields.flatMap(fieldLines))];
    case 'group_by':
      return [
        `${part.key}: group by ${part.group.keys.map(groupKeyText).join(', ')}`,
        ...indented(groupLines(part.group)),
      ];
  }
}

function itemText(item: AggregateItem): string {
  if (item.kind === 'constant') return `${item.key}: ${item.json}`;
  if (item.kind === 'count') return `${item.key}: ${measureText(item)}`;
  const columns = item.columns.map((entry) =>
    entry.kind === 'constant' ? `${entry.key}: ${entry.json}` : `${entry.key}: ${entry.column.name}`,
  );
  return `${item.key}: ${item.fn} of { ${columns.join(', ')} }`;
}

function groupLines({ keys, having, orderBy, limit, offset, parts }: GroupBy): string[] {
  const unlimited = having.kind === 'and' && having.of.length === 0;
  return [
    ...(unlimited ? [] : [`having ${havingText(having)}`]),
    ...(orderBy.length === 0
      ? []
      : [`order by ${orderBy.map((term) => groupOrderText(term, keys)).join(', ')}`]),
    ...(limit === null ? [] : [`limit ${boundText(limit)}`]),
    ...(offset === null ? [] : [`offset ${boundText(offset)}`]),
    ...parts.flatMap((part) => {
      if (part.kind === 'constant') return [`${part.key}: ${part.json}`];
      if (part.kind === 'aggregate') return [`${part.key}: aggregate`, ...indented(part.items.map(itemText))];
      return [
        `${part.key}: ${part.entries.map((entry) => `${entry.key}: ${groupKeyText(keys[entry.index]!)}`).join(', ')}`,
      ];
    }),
  ];
}
