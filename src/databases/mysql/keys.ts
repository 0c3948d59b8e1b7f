import { familyOf, type KeyComparison, type ValueType } from '../../catalog/index.ts';
import type { Param } from '../../plan/index.ts';
import { type Sql, sql } from '../../sql/index.ts';
import { datedKeyType, encodeKeyRows, encodeTuples, isDated } from './encode.ts';
import { bitsOf, isLenient, isTruth, keyType, truthOf } from './types.ts';
import type { DialectVariant } from './variant.ts';

/**
 * How a column is compared with keys of another source. `own`: by its `=`. `both`: its `=` finds candidates by index, then their texts
 * decide. `text`: by its text alone. `truth`: as a boolean, where all numbers but 0 are true.
 */
type Method = 'own' | 'both' | 'text' | 'truth';

const text: ValueType = { scalar: 'text', array: false };
const textual: ReadonlySet<string> = new Set(['text', 'enum', 'uuid', 'opaque']);
/** Whether texts that differ only in the case of A to Z are equal by the collation. */
const ignoresCase =
  / character set utf8mb4 collate utf8mb4_(?:0900_a[is]_ci|general_ci|unicode(?:_520)?_ci|uca1400_a[is]_ci)$/;

function methodOf(type: ValueType, compare: KeyComparison | undefined): Method {
  if (compare === undefined || (type.scalar === 'opaque' && bitsOf(type) !== null)) return 'own';
  if (compare === 'ignore case' && textual.has(familyOf(type.scalar)))
    return ignoresCase.test(type.nativeType ?? '') ? 'both' : 'text';
  if (isTruth(type)) return 'truth';
  if (isLenient(type)) return 'both';
  return type.scalar === 'opaque' ? 'text' : 'own';
}

const capitals = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];

/** The text of a value in an answer, in a collation that compares character by character. */
function exactText(variant: DialectVariant, value: Sql, type: ValueType, compare: KeyComparison): Sql {
  const shown = type.nativeType?.startsWith('vector') ? variant.vectorText(value) : value;
  const exact = sql`convert(${shown} using utf8mb4) collate ${variant.exactCollation}`;
  if (compare === 'exact') return exact;
  // LOWER would change more letters than other databases do.
  return capitals.reduce(
    (changed, letter) => sql`replace(${changed}, ${sql.text(letter)}, ${sql.text(letter.toLowerCase())})`,
    exact,
  );
}

/** Equality of a column and a key of a table of keys. */
export function keyEquals(
  variant: DialectVariant,
  column: Sql,
  type: ValueType,
  key: Sql,
  compare: KeyComparison,
): Sql {
  const method = methodOf(type, compare);
  if (method === 'own') return sql`${column} = ${key}`;
  if (method === 'truth') return sql`${truthOf(column)} = ${key}`;
  const exact = sql`${exactText(variant, column, type, compare)} = ${exactText(variant, key, text, 'exact')}`;
  return method === 'both' ? sql`(${column} = ${key} and ${exact})` : exact;
}

/** See Dialect.keyText. */
export function keyText(variant: DialectVariant, column: Sql, type: ValueType, compare: KeyComparison) {
  // In a temporary table of distinct rows, the server turns dates such as 2024-00-10 into 0000-00-00.
  if (isDated(type)) return { expression: sql`cast(${column} as char)`, type };
  switch (methodOf(type, compare)) {
    case 'own':
      return null;
    case 'truth':
      return { expression: truthOf(column), type };
    default:
      return { expression: exactText(variant, column, type, compare), type: text };
  }
}

/** `(a, b) in (...)`; the list stands in the statement as it is. */
export function inKeys(variant: DialectVariant, columns: readonly Sql[], keys: Param): Sql {
  const { keyTypes = [], compare } = keys;
  const methods = keyTypes.map((type) => methodOf(type, compare));
  const spelled = (column: Sql, at: number) => {
    if (methods[at] === 'truth') return truthOf(column);
    return methods[at] === 'text' ? exactText(variant, column, keyTypes[at]!, compare!) : column;
  };
  const found = among(
    columns.map(spelled),
    keys,
    keyTypes.map((type, at) => (methods[at] === 'text' ? text : type)),
  );
  if (!methods.includes('both')) return found;
  const exact = columns.map((column, at) =>
    methods[at] === 'both' ? exactText(variant, column, keyTypes[at]!, compare!) : spelled(column, at),
  );
  const types = keyTypes.map((type, at) => (methods[at] === 'both' || methods[at] === 'text' ? text : type));
  return sql`(${found} and ${among(exact, keys, types)})`;
}

function among(columns: readonly Sql[], keys: Param, types: readonly ValueType[]): Sql {
  const tuples = sql.bind(keys, (values) => encodeTuples(values ?? [], types));
  return columns.length === 1
    ? sql`${columns[0]!} in (${tuples})`
    : sql`(${sql.join(columns)}) in (${tuples})`;
}

const name = (identifier: string) => sql.name(identifier, '`', '`');

/** A table of keys: `json_table` over one text. It is joined by index, and faster than a list of rows from 64 keys on. */
export function keyRows({ zeroDatesAs }: DialectVariant, keys: Param, alias: Sql): Sql {
  const types = (keys.keyTypes ?? []).map((type) => (methodOf(type, keys.compare) === 'text' ? text : type));
  const rows = sql.bind(keys, (values) => encodeKeyRows(values ?? [], types, zeroDatesAs));
  const typeOf = (type: ValueType, index: number) =>
    isDated(type)
      ? sql.bind(keys, (values) => datedKeyType(values ?? [], type, index, zeroDatesAs))
      : keyType(type);
  const bytes = types.some(({ scalar }) => scalar === 'bytea');
  const columns = types.map(
    (type, index) => sql`${name(`k${index}`)} ${typeOf(type, index)} path ${path(index + 1)}`,
  );
  if (keys.shape === 'ranks') columns.push(sql`${name('r')} bigint path ${path(types.length + 1)}`);
  const table = sql`json_table(${rows}, '$[*]' columns (${sql.join([sql`${name('i')} int path '$[0]'`, ...columns])}))`;
  if (!bytes) return sql`${table} ${alias}`;
  const read = types.map((type, index) => {
    const key = name(`k${index}`);
    return type.scalar === 'bytea' ? sql`unhex(${key}) as ${key}` : key;
  });
  const rank = keys.shape === 'ranks' ? [name('r')] : [];
  return sql`(select ${sql.join([name('i'), ...read, ...rank])} from ${table} foz_keys) ${alias}`;
}

function path(index: number): Sql {
  return sql`'$[${sql.integer(index)}]'`;
}
