import { familyOf, type KeyComparison, type ValueType } from '../../catalog/index.ts';
import type { Param } from '../../plan/index.ts';
import { type Sql, sql } from '../../sql/index.ts';
import { encodeTuples } from './encode.ts';
import { hasForms } from './forms.ts';
import { canonicalForm, isMixed, uuidForms } from './mixed.ts';
import { momentStorage } from './moments.ts';
import { opaqueText, storedForms, truth } from './values.ts';

const name = (text: string) => sql.name(text, '"', '"');
const text: ValueType = { scalar: 'text', array: false };
const textual: ReadonlySet<string> = new Set(['text', 'enum', 'uuid', 'opaque']);

/**
 * How a column is compared with keys of another source. `own`: by its `=`. `both`: its `=` finds candidates by index, then their canonical
 * forms decide. `exact`: by the canonical form alone, since the same value may be stored in several forms.
 */
type Method = 'own' | 'both' | 'exact';

function methodOf(type: ValueType, compare: KeyComparison | undefined): Method {
  if (isMixed(type)) return 'exact';
  if (compare === undefined) return 'own';
  const family = familyOf(type.scalar);
  if (compare === 'ignore case' && textual.has(family)) return 'exact';
  if (family === 'timestamp') return momentStorage(type).kind === 'text' ? 'exact' : 'own';
  if (family === 'boolean' || family === 'uuid' || family === 'opaque') return 'exact';
  return type.lenient ? 'both' : 'own';
}

/** A value in canonical form, to be compared byte by byte. */
function exactValue(column: Sql, type: ValueType, compare: KeyComparison | undefined): Sql {
  const value = canonicalValue(column, type);
  // SQLite's own lower() changes the letters A to Z only.
  return compare === 'ignore case' && textual.has(familyOf(type.scalar)) ? sql`lower(${value})` : value;
}

function canonicalValue(column: Sql, type: ValueType): Sql {
  switch (familyOf(type.scalar)) {
    case 'boolean':
      return truth(column);
    case 'opaque':
      return opaqueText(column);
    default:
      return hasForms(type.scalar) || isMixed(type)
        ? canonicalForm(column, type)
        : sql`(${column} collate binary)`;
  }
}

/** The forms in which a value of the type may be stored, so that an index finds them; `null`: too many. */
function formsOf(type: ValueType, key: Sql): readonly Sql[] | null {
  switch (familyOf(type.scalar)) {
    case 'uuid':
      return type.nativeType === 'mixed' ? null : uuidForms(key);
    case 'opaque':
      return storedForms(key);
    default:
      return null;
  }
}

/** Compares a column with a key column of the derived table of keys. */
export function keyEquals(column: Sql, type: ValueType, key: Sql, compare: KeyComparison | undefined): Sql {
  const own = sql`${column} = ${key}`;
  const method = methodOf(type, compare);
  if (method === 'own') return own;
  const exact = sql`${exactValue(column, type, compare)} = ${key}`;
  if (method === 'both') return sql`(${own} and ${exact})`;
  const forms = compare === 'ignore case' ? null : formsOf(type, key);
  return forms === null ? exact : sql`(${column} in (${sql.join(forms)}) and ${exact})`;
}

/** See Dialect.keyText. */
export function keyText(column: Sql, type: ValueType, compare: KeyComparison) {
  if (methodOf(type, compare) === 'own') return null;
  const expression = exactValue(column, type, compare);
  return { expression, type: textual.has(familyOf(type.scalar)) ? text : type };
}

/** The tuple is among the keys of another source. */
export function inKeys(columns: readonly Sql[], keys: Param, compare: KeyComparison): Sql {
  const types = keys.keyTypes ?? [];
  const methods = types.map((type) => methodOf(type, compare));
  const found = among(
    columns.map((column, at) => (methods[at] === 'exact' ? exactValue(column, types[at]!, compare) : column)),
    keys,
  );
  const narrowed = methods.includes('both')
    ? among(
        columns.map((column, at) =>
          methods[at] === 'own' ? column : exactValue(column, types[at]!, compare),
        ),
        keys,
      )
    : null;
  const [only] = columns;
  const forms = columns.length === 1 && compare === 'exact' ? formsOf(types[0]!, sql`value`) : null;
  if (forms !== null) {
    const list = sql`json_each(${bindKeys(keys, true)})`;
    const stored = sql.join(
      forms.map((form) => sql`select ${form} from ${list}`),
      sql` union all `,
    );
    return sql`(${only!} in (${stored}) and ${found})`;
  }
  return narrowed === null ? found : sql`(${found} and ${narrowed})`;
}

/** The tuple is among keys of the same source, as SQLite compares them. */
export function inOwnKeys(columns: readonly Sql[], keys: Param): Sql {
  const list = sql.join(keyTypesOf(keys).map(keyColumn));
  const types = keys.keyTypes ?? [];
  const compared = columns.map((column, at) =>
    keys.compare === undefined && isMixed(types[at]!) ? canonicalForm(column, types[at]!) : column,
  );
  return sql`(${sql.join(compared)}) in (select ${list} from json_each(${bindKeys(keys)}))`;
}

function among(columns: readonly Sql[], keys: Param): Sql {
  if (columns.length > 1) return inOwnKeys(columns, keys);
  const types = keyTypesOf(keys);
  const value = isHex(types[0]!) ? sql`unhex(value)` : sql`value`;
  return sql`${columns[0]!} in (select ${value} from json_each(${bindKeys(keys, true)}))`;
}

/** The types for encoding keys: the canonical form for columns that are compared by it. */
function keyTypesOf({ keyTypes = [], compare }: Param): readonly ValueType[] {
  return keyTypes.map((type) => {
    if (methodOf(type, compare) !== 'exact') return type;
    const family = familyOf(type.scalar);
    if (family === 'timestamp') return { scalar: type.scalar, array: false, nativeType: 'canonical' };
    return family === 'boolean' ? type : text;
  });
}

/** All keys as one JSON text; `flat`: plain values instead of tuples, for keys of one column. */
function bindKeys(keys: Param, flat = false): Sql {
  const types = keyTypesOf(keys);
  return sql.bind(keys, (value) => encodeTuples(value ?? [], types, flat));
}

const element = (index: number) => sql`json_extract(value, '$[${sql.integer(index)}]')`;
const keyColumn = (type: ValueType, index: number) =>
  isHex(type) ? sql`unhex(${element(index)})` : element(index);
/** Whether values of the type are bytes, which JSON holds as hexadecimal digits. */
export const isHex = ({ scalar, nativeType }: ValueType) => scalar === 'bytea' || nativeType === 'uuid bytes';

/** The keys as a table; see Dialect.keyRows. */
export function keyRows(keys: Param, alias: Sql): Sql {
  const types = keyTypesOf(keys);
  const columns = types.map((type, index) => sql`${keyColumn(type, index)} as ${name(`k${index}`)}`);
  if (keys.shape === 'ranks') columns.push(sql`${element(types.length)} as ${name('r')}`);
  return sql`(select key as ${name('i')}, ${sql.join(columns)} from json_each(${bindKeys(keys)})) ${alias}`;
}
