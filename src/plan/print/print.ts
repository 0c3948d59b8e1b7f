import type { Plan, Root } from '../model/plan.ts';
import { isAlways } from '../model/predicate.ts';
import type { Step } from '../model/step.ts';
import type { ChangesPlan } from '../reading/changes.ts';
import type { ConnectionPlan } from '../reading/connection.ts';
import { aggregateLines, indented, rangeLines, selectLines } from './print-rows.ts';
import {
  boundText,
  directionText,
  measureText,
  names,
  orderText,
  paramText,
  predicateText,
  tableText,
} from './print-terms.ts';
import { mutationLines } from './print-writes.ts';

/**
 * A plan as indented text for people: the steps, then the root fields in the order of the answer. It is the same for
 * every engine and naming convention, and contains no values of variables.
 */
export function printPlan(plan: Plan): string {
  const lines = [plan.kind, ...plan.steps.flatMap(stepLines), ...plan.roots.flatMap(rootLines)];
  return `${lines.join('\n')}\n`;
}

function stepLines({ fetch, cap, relationship }: Step, index: number): string[] {
  const head = `step ${index + 1}: ${fetch.kind} of ${tableText(fetch.table)} (${names(fetch.columns)}) for ${shortened(relationship)}`;
  const where = isAlways(fetch.where) ? [] : [`where ${predicateText(fetch.where)}`];
  if (fetch.kind === 'keys') {
    const { having } = fetch;
    const measured =
      having === null
        ? []
        : [`having ${measureText(having.measure)} ${having.op} ${paramText(having.value)}`];
    return [head, ...indented([...where, ...measured, `at most ${cap}`])];
  }
  const by =
    fetch.by.kind === 'term'
      ? orderText(fetch.by.term)
      : `${measureText(fetch.by.measure)}${directionText(fetch.by)}`;
  return [head, ...indented([`keys from ${paramText(fetch.keys)}`, ...where, `by ${by}`])];
}

/** `shop.public.orders.customer` without the namespace. */
function shortened(relationship: string): string {
  const parts = relationship.split('.');
  return [parts[0], ...parts.slice(-2)].join('.');
}

function rootLines(root: Root): string[] {
  switch (root.kind) {
    case 'constant':
      return [`${root.key}: ${root.json}`];
    case 'introspection':
      return [`${root.key}: introspection`];
    case 'namespace':
      return [`${root.key}: namespace`, ...indented(root.roots.flatMap(rootLines))];
    case 'list':
    case 'one':
      return [
        `${root.key}: ${root.kind} of ${tableText(root.select.table)}`,
        ...indented(selectLines(root.select)),
      ];
    case 'aggregate':
      return [
        `${root.key}: aggregate of ${tableText(root.aggregate.table)}`,
        ...indented(aggregateLines(root.aggregate)),
      ];
    case 'connection':
      return [
        `${root.key}: connection of ${tableText(root.connection.select.table)}`,
        ...indented(connectionLines(root.connection)),
      ];
    case 'stream':
      return [
        `${root.key}: stream of ${tableText(root.stream.select.table)}`,
        ...indented(selectLines(root.stream.select)),
      ];
    case 'changes':
      return [
        `${root.key}: changes of ${tableText(root.changes.table)}`,
        ...indented(changesLines(root.changes)),
      ];
    case 'service':
      return [`${root.key}: ${root.service.target.kind} ${root.service.target.name}`];
    case 'write':
      return [
        `${root.key}: ${root.mutation.kind} of ${tableText(root.mutation.table)}`,
        ...indented(mutationLines(root.mutation)),
      ];
  }
}

function changesLines({ where, columns, size, fields }: ChangesPlan): string[] {
  return [
    `up to ${size}`,
    ...(isAlways(where) ? [] : [`where ${predicateText(where)}`]),
    ...(columns.length === 0 ? [] : [`images of ${names(columns)}`]),
    `answer ${fields.map(({ key }) => key).join(', ')}`,
  ];
}

function connectionLines({ select, size, backward, count, parts }: ConnectionPlan): string[] {
  const page = size === null ? 'all rows' : `${backward ? 'last' : 'first'} ${boundText(size)}`;
  return [
    page,
    ...selectLines(select),
    ...(count === null ? [] : ['total count', ...indented(rangeLines(count))]),
    `answer ${parts.map((part) => part.key).join(', ')}`,
  ];
}
