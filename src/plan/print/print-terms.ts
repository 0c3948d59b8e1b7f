import type { Table } from '../../catalog/index.ts';
import type { Measure } from '../model/measure.ts';
import type { Param, ParamSource } from '../model/param.ts';
import { isAlways, type Predicate } from '../model/predicate.ts';
import type { Bound, Direction, GroupKey, GroupOrder, Having, Hop, OrderTerm } from '../model/select.ts';

/** `shop.orders`, with the namespace unless it is the default one. */
export function tableText({ source, namespace, name }: Table): string {
  const parts = namespace === null || namespace === source.defaultNamespace ? [name] : [namespace, name];
  return [source.name, ...parts].join('.');
}

/** The source of a parameter's value: `$min`, `"paid"`, `x-foz-user-id`, `step 1`. */
export function paramText({ source }: Param): string {
  return sourceText(source);
}

function sourceText(source: ParamSource): string {
  switch (source.kind) {
    case 'variable':
      return `$${source.path.map((part, at) => (typeof part === 'number' ? `[${part}]` : at === 0 ? part : `.${part}`)).join('')}`;
    case 'constant':
      return JSON.stringify(source.value) ?? 'null';
    case 'session':
      return `x-foz-${source.name}`;
    case 'step':
      return `step ${source.step + 1}`;
    case 'parents':
      return 'the rows above';
    case 'list':
      return `[${source.of.map(sourceText).join(', ')}]`;
  }
}

/** A row count: `10`, `$limit`. */
export function boundText(bound: Bound): string {
  if (typeof bound === 'number') return String(bound);
  return bound.atMost === undefined ? paramText(bound) : `${paramText(bound)}, at most ${bound.atMost}`;
}

/** `(status _eq "paid" and some order_items where (quantity _gt $n))` */
export function predicateText(predicate: Predicate): string {
  switch (predicate.kind) {
    case 'and':
    case 'or':
      return junctionText(predicate.kind, predicate.of.map(predicateText));
    case 'not':
      return `not (${predicateText(predicate.of)})`;
    case 'compare':
      return `${predicate.column.name} ${predicate.op} ${paramText(predicate.value)}`;
    case 'between':
      return `${predicate.column.name} between ${paramText(predicate.low)} and ${paramText(predicate.high)}`;
    case 'is null':
      return `${predicate.column.name} is ${predicate.negated ? 'not null' : 'null'}`;
    case 'columns':
      return `${predicate.left.name} ${predicate.op} ${predicate.right.name}`;
    case 'exists':
      return `some ${predicate.relationship.name}${whereText(predicate.where)}`;
    case 'exists table':
      return `some row of ${tableText(predicate.table)}${whereText(predicate.where)}`;
    case 'measure':
      return `${measureText(predicate.measure)} of ${predicate.relationship.name}${whereText(predicate.where)} ${predicate.op} ${paramText(predicate.value)}`;
    case 'in keys':
      return `(${names(predicate.columns)}) in the keys of ${paramText(predicate.keys)}`;
  }
}

/** ` where (...)`, or an empty text if everything passes. */
export function whereText(predicate: Predicate): string {
  return isAlways(predicate) ? '' : ` where (${predicateText(predicate)})`;
}

function junctionText(kind: 'and' | 'or', parts: readonly string[]): string {
  if (parts.length === 0) return kind === 'and' ? 'true' : 'false';
  return parts.length === 1 ? parts[0]! : `(${parts.join(` ${kind} `)})`;
}

/** `a, b` */
export function names(list: readonly { readonly name: string }[]): string {
  return list.map(({ name }) => name).join(', ');
}

/** `count`, `count(distinct a, b)`, `sum(total)` */
export function measureText(measure: Measure): string {
  if (measure.kind === 'function') return `${measure.fn}(${measure.column.name})`;
  const { columns, distinct } = measure;
  return columns.length === 0 ? 'count' : `count(${distinct ? 'distinct ' : ''}${names(columns)})`;
}

/** `customer.email desc nulls last` */
export function orderText(term: OrderTerm): string {
  return `${pathText(term.path)}${orderedText(term)}${directionText(term)}`;
}

function orderedText(term: OrderTerm): string {
  if (term.kind === 'column') return term.column.name;
  if (term.kind === 'measure')
    return `${measureText(term.measure)} of ${term.relationship.name}${whereText(term.where)}`;
  return `rank of (${names(term.keys)}) by ${paramText(term.ranks)}`;
}

function pathText(path: readonly Hop[]): string {
  return path.map(({ relationship, where }) => `${relationship.name}${whereText(where)}.`).join('');
}

/** The parts that differ from the default: ` desc`, ` nulls first`. */
export function directionText({ descending, nulls }: Direction): string {
  const standard = descending ? 'first' : 'last';
  return `${descending ? ' desc' : ''}${nulls === standard ? '' : ` nulls ${nulls}`}`;
}

/** `month of placed_at` */
export function groupKeyText({ column, bucket }: GroupKey): string {
  return bucket === null ? column.name : `${bucket} of ${column.name}`;
}

/** One term of the order of groups. */
export function groupOrderText(term: GroupOrder, keys: readonly GroupKey[]): string {
  const by = 'key' in term.by ? groupKeyText(keys[term.by.key]!) : measureText(term.by.measure);
  return `${by}${directionText(term)}`;
}

/** `count _gt 3 and sum(total) _lt $max` */
export function havingText(having: Having): string {
  switch (having.kind) {
    case 'and':
    case 'or':
      return junctionText(having.kind, having.of.map(havingText));
    case 'not':
      return `not (${havingText(having.of)})`;
    case 'compare':
      return `${measureText(having.measure)} ${having.op} ${paramText(having.value)}`;
  }
}
