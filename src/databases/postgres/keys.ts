import { familyOf, type KeyComparison, type ValueType } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import type { Param } from '../../plan/index.ts';
import { type Sql, sql } from '../../sql/index.ts';
import { ownText } from './scalars.ts';
import { comparedBySelf, elementType } from './types.ts';
import { bindKeys } from './values.ts';

/**
 * How a column is compared with keys of another source. `own`: by its `=`. `both`: its `=` finds candidates by index, then their texts
 * decide. `text`: by its text alone.
 */
type Method = 'own' | 'both' | 'text';

const text: ValueType = { scalar: 'text', array: false };
const textual: ReadonlySet<string> = new Set(['text', 'enum', 'uuid', 'opaque']);

function methodOf(type: ValueType, compare: KeyComparison | undefined): Method {
  if (compare === undefined) return 'own';
  const family = familyOf(type.scalar);
  if (family === 'opaque' || (compare === 'ignore case' && textual.has(family))) return 'text';
  // Intervals of a day and of 24 hours are equal to the server, but have different texts in an answer.
  return type.lenient || family === 'interval' ? 'both' : 'own';
}

/** The text of a value in an answer, in a collation that compares byte by byte. */
function exactText(column: Sql, type: ValueType, compare: KeyComparison): Sql {
  const shown = sql`${ownText(column, type)} collate "C"`;
  return compare === 'ignore case' ? sql`lower(${shown})` : shown;
}

/** The type of a key in a table of keys. */
const keyType = (type: ValueType, method: Method) => (method === 'text' ? text : type);

/** Equality of a column and a key of a table of keys. */
export function keyEquals(column: Sql, type: ValueType, key: Sql, compare: KeyComparison): Sql {
  const own = sql`${comparedBySelf(column, type)} = ${key}`;
  switch (methodOf(type, compare)) {
    case 'own':
      return own;
    case 'text':
      return sql`${exactText(column, type, compare)} = ${key}`;
    case 'both':
      return sql`(${own} and ${exactText(column, type, compare)} = ${key}::text)`;
  }
}

/** See Dialect.keyText. */
export function keyText(column: Sql, type: ValueType, compare: KeyComparison) {
  return methodOf(type, compare) === 'own'
    ? null
    : { expression: exactText(column, type, compare), type: text };
}

/** One array per column of the keys. Throws FozError `unexpected` for keys without types. */
export function keyArrays(keys: Param): readonly Sql[] {
  const types = (keys.keyTypes ?? []).map((type) => keyType(type, methodOf(type, keys.compare)));
  if (types.length === 0) throw new FozError('unexpected', `the keys of ${keys.path} have no types`);
  return types.map((type, column) => bindKeys(keys, column, type, elementType(type)));
}

/** The tuple is among the keys. */
export function inKeys(columns: readonly Sql[], keys: Param): Sql {
  const types = keys.keyTypes ?? [];
  const { compare } = keys;
  const methods = types.map((type) => methodOf(type, compare));
  const arrays = keyArrays(keys);
  const spelled = (exact: Method) =>
    columns.map((column, at) =>
      methods[at] === exact ? exactText(column, types[at]!, compare!) : comparedBySelf(column, types[at]!),
    );
  const found = among(
    columns.map((column, at) =>
      methods[at] === 'text' ? exactText(column, types[at]!, compare!) : comparedBySelf(column, types[at]!),
    ),
    arrays,
  );
  if (!methods.includes('both')) return found;
  const texts = arrays.map((array, at) =>
    methods[at] === 'both' ? bindKeys(keys, at, text, sql`text`) : array,
  );
  return sql`(${found} and ${among(spelled('both'), texts)})`;
}

function among(columns: readonly Sql[], arrays: readonly Sql[]): Sql {
  if (columns.length === 1) return sql`${columns[0]!} = any(${arrays[0]!})`;
  return sql`(${sql.join(columns)}) in (select * from unnest(${sql.join(arrays)}))`;
}
