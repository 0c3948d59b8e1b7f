import type { ValueType } from '../../catalog/index.ts';
import { FozError, jsonText } from '../../core/index.ts';
import type { Param } from '../../plan/index.ts';
import { type Sql, sql } from '../../sql/index.ts';
import { type Literal, listLiteral, membersLiteral, textLiteral } from './literal.ts';
import { bindValue, bound, constant } from './values.ts';
import type { DialectVariant } from './variant.ts';

const document: ValueType = { scalar: 'json', array: false };
const index = /^-?\d{1,9}$/;

/** `."a key"` */
const keyLeg = (key: string) => `.${JSON.stringify(key)}`;
/** `[0]`, or `[last-0]` for an index that counts from the end. */
const indexLeg = (step: string) =>
  step.startsWith('-') ? `[last-${-Number(step) - 1}]` : `[${Number(step)}]`;

/** The most steps that may be a key or an index: each of them doubles the expression. */
const mostIndexes = 8;

/** The value at a path, or NULL. A step of digits is an index in an array and a key elsewhere. */
export function jsonPath(expression: Sql, path: readonly string[]): Sql {
  if (path.filter((step) => index.test(step)).length > mostIndexes)
    throw new FozError('not-supported', `A path into a JSON value may have ${mostIndexes} indexes at most.`);
  let value = expression;
  let legs = '$';
  for (const step of path) {
    if (!index.test(step)) {
      legs += keyLeg(step);
      continue;
    }
    const parent: Sql = legs === '$' ? value : sql`json_extract(${value}, ${constant(legs)})`;
    const leg = sql`if(json_type(${parent}) = 'ARRAY', ${constant(`$${indexLeg(step)}`)}, ${constant(`$${keyLeg(step)}`)})`;
    value = sql`json_extract(${parent}, ${leg})`;
    legs = '$';
  }
  return legs === '$' && path.length > 0 ? value : sql`json_extract(${value}, ${constant(legs)})`;
}

type JsonWrite = 'append' | 'prepend' | 'delete_key' | 'delete_elem' | 'delete_at_path';
type Change = (variant: DialectVariant, old: Sql, param: Param) => Sql;

/** A path that exists in no document. */
const nowhere = '$[999999999]';

function keysOf(value: unknown): readonly string[] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
}

/** `_append`, as PostgreSQL's `||`: keys of the right object win; arrays and single values are joined to an array. */
const append: Change = (variant, old, param) => {
  const replaced = bound(param, (value) => {
    const paths = keysOf(value).map((key) => textLiteral(`$${keyLeg(key)}`));
    return listLiteral(paths.length === 0 ? [textLiteral(nowhere)] : paths);
  });
  return sql`json_merge_preserve(json_remove(${old}, ${replaced}), ${bindValue(variant, param, document)})`;
};

/** `_prepend`: as `append` with the sides swapped. An object keeps its keys. */
const prepend: Change = (variant, old, param) => {
  const value = bindValue(variant, param, document);
  const added = bound(param, (given) =>
    membersLiteral(keysOf(given).map((key) => [`$${keyLeg(key)}`, jsonText((given as Json)[key])])),
  );
  return sql`if(json_type(${old}) = 'OBJECT' and json_type(${value}) = 'OBJECT', json_insert(${old}, ${added}), json_merge_preserve(${value}, ${old}))`;
};
type Json = Readonly<Record<string, unknown>>;

const deleteKey: Change = (_, old, param) =>
  sql`json_remove(${old}, ${bound(param, (key) => textLiteral(`$${keyLeg(String(key))}`))})`;

const deleteElement: Change = (_, old, param) => {
  const path = bound(param, (step) =>
    textLiteral(index.test(String(step)) ? `$${indexLeg(String(step))}` : nowhere),
  );
  return sql`if(json_type(${old}) = 'ARRAY', json_remove(${old}, ${path}), ${old})`;
};

/** `_delete_at_path`. In the last place, a step of digits may be a key or an index. Before that it is an index. */
const deleteAtPath: Change = (_, old, param) => {
  const parent = (steps: readonly string[]) =>
    `$${steps
      .slice(0, -1)
      .map((step) => (index.test(step) ? indexLeg(step) : keyLeg(step)))
      .join('')}`;
  const place = (leg: (last: string) => string) =>
    bound(param, (given): Literal => {
      const steps = stepsOf(given);
      return textLiteral(steps.length === 0 ? nowhere : parent(steps) + leg(steps.at(-1)!));
    });
  const inArray = place((last) => (index.test(last) ? indexLeg(last) : keyLeg(last)));
  const container = bound(param, (given) => textLiteral(parent(stepsOf(given))));
  return sql`if(json_type(json_extract(${old}, ${container})) = 'ARRAY', json_remove(${old}, ${inArray}), json_remove(${old}, ${place(keyLeg)}))`;
};

function stepsOf(given: unknown): readonly string[] {
  if (!Array.isArray(given)) throw new FozError('data-exception', 'A path into a JSON value is a list.');
  return given.map(String);
}

const changes = {
  append,
  prepend,
  delete_key: deleteKey,
  delete_elem: deleteElement,
  delete_at_path: deleteAtPath,
} as const satisfies Record<JsonWrite, Change>;

/** The expression for the changed document. */
export function jsonWrite(variant: DialectVariant, kind: JsonWrite, expression: Sql, param: Param): Sql {
  return changes[kind](variant, expression, param);
}
