import type { Param } from '../model/param.ts';
import { isAlways } from '../model/predicate.ts';
import type { Assignment, OnConflict } from '../model/write.ts';
import type { Insert, InsertRow } from '../writing/insert.ts';
import type { Mutation, Update, WriteAnswer } from '../writing/mutation.ts';
import { indented, selectLines } from './print-rows.ts';
import { names, paramText, predicateText, tableText } from './print-terms.ts';

/** The writes of a mutation field and the data that it returns. */
export function mutationLines(mutation: Mutation): string[] {
  return [...writeLines(mutation), ...answerLines(mutation.answer)];
}

function writeLines(mutation: Mutation): string[] {
  switch (mutation.kind) {
    case 'insert':
      return insertLines(mutation.insert);
    case 'update':
      return updateLines(mutation.update);
    case 'update many':
      return mutation.updates.flatMap((update, index) => [
        `update ${index + 1}`,
        ...indented(updateLines(update)),
      ]);
    case 'delete':
      return [
        `where ${predicateText(mutation.where)}`,
        ...(mutation.softDelete === null
          ? []
          : ['instead of removing', ...mutation.softDelete.set.map(assignmentText)]),
      ];
  }
}

function insertLines({ rows, onConflict, check, changedCheck }: Insert): string[] {
  return [
    ...rows.flatMap(rowLines),
    ...(onConflict === null ? [] : [conflictText(onConflict)]),
    ...(isAlways(check) ? [] : [`check ${predicateText(check)}`]),
    ...(changedCheck === null ? [] : [`check of changed rows ${predicateText(changedCheck)}`]),
  ];
}

function rowLines({ cells, before, after }: InsertRow): string[] {
  const values = [...cells].map(([column, param]) => `${column.name} = ${paramText(param)}`);
  const nested = (when: string, list: InsertRow['after']) =>
    list.flatMap(({ relationship, insert }) => [
      `${when} ${relationship.name}: insert of ${tableText(insert.table)}`,
      ...indented(insertLines(insert)),
    ]);
  return [
    `row ${values.join(', ') || 'of defaults'}`,
    ...indented([...nested('before it', before), ...nested('after it', after)]),
  ];
}

function conflictText({ key, update, where }: OnConflict): string {
  const on = key === null ? 'any key' : key.name;
  const action = update.length === 0 ? 'leave the row' : `update ${names(update)}`;
  return `on conflict with ${on}: ${action}${where === null ? '' : ` where ${predicateText(where)}`}`;
}

function updateLines({ set, where, check, ifMatch }: Update): string[] {
  return [
    `where ${predicateText(where)}`,
    ...set.map(assignmentText),
    ...(ifMatch === null ? [] : [`if ${predicateText(ifMatch)}`]),
    ...(isAlways(check) ? [] : [`check ${predicateText(check)}`]),
  ];
}

function assignmentText({ kind, column, value }: Assignment): string {
  const given = (value as Param | 'default') === 'default' ? 'default' : paramText(value as Param);
  return `${kind} ${column.name} ${given}`;
}

function answerLines(answer: WriteAnswer): string[] {
  if (answer.kind === 'row') return ['answer the row', ...indented(selectLines(answer.select))];
  return answer.parts.flatMap((part) => {
    if (part.kind === 'constant') return [`${part.key}: ${part.json}`];
    if (part.kind === 'affected_rows') return [`${part.key}: number of rows`];
    return [`${part.key}: the rows`, ...indented(selectLines(part.select))];
  });
}
