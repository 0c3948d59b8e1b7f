import type { Column, ValueType } from '../../catalog/index.ts';
import { jsonText } from '../../core/index.ts';
import { type ImageRows, type Sql, sql } from '../../sql/index.ts';
import { name } from './clauses.ts';
import { datedKeyType, isDated } from './encode.ts';
import { textLiteral } from './literal.ts';
import { bitsOf, isYear, keyType, labelsOf } from './types.ts';
import { constant } from './values.ts';
import type { DialectVariant } from './variant.ts';

type Tuples = readonly (readonly unknown[])[];

const position = name('foz_image');

/**
 * Images of changed rows: `json_table` over one text, with the type and collation of each column. Types that `json_table`
 * lacks are converted from texts. A value that does not fit its type is an error.
 */
export function imageRows(variant: DialectVariant, { columns, images }: ImageRows, alias: Sql) {
  const given = sql.bind(images, (tuples) => textLiteral(imagesText(tuples as Tuples, columns)));
  const typed = columns.map((column, at) => {
    const type = isDated(column.type)
      ? sql.bind(images, (tuples) => datedKeyType(tuples, column.type, at, 'text'))
      : shapeOf(variant, column).type;
    return sql`${cell(at)} ${type} path '$[${sql.integer(at)}]' error on error`;
  });
  const list = sql.join([sql`${position} for ordinality`, ...typed]);
  const read = columns.map(
    (column, at) => sql`${shapeOf(variant, column).read(cell(at))} as ${name(column.name)}`,
  );
  const rows = sql`(select ${sql.join([position, ...read])} from json_table(${given}, '$[*]' columns (${list})) foz_images) ${alias}`;
  return { rows, index: sql`(${alias}.${position} - 1)` };
}

/** Orders labels of an enum as declared: in images a label is a text. */
export function imagePlace(column: Sql, type: ValueType): Sql {
  const labels = type.scalar === 'enum' ? labelsOf(type) : null;
  return labels === null ? column : sql`field(${sql.join([column, ...labels.map(constant)])})`;
}

const cell = (at: number) => name(`c${at}`);

/** The type of a column within `json_table`, and how its value is made of it. */
interface Shape {
  readonly type: Sql;
  readonly read: (cell: Sql) => Sql;
}

const asItIs = (value: Sql) => value;
const text = sql`longtext character set utf8mb4`;
/** Types of MariaDB that `json_table` does not know. */
const casts = /^(?:uuid|inet4|inet6)$/;

function shapeOf(variant: DialectVariant, { type, nativeType }: Column): Shape {
  if (isYear(type)) return { type: sql`int`, read: asItIs };
  if (bitsOf(type) !== null) return { type: sql`bigint unsigned`, read: asItIs };
  if (casts.test(nativeType))
    return { type: text, read: (value) => sql`cast(${value} as ${sql.nativeType(nativeType)})` };
  const collation = / character set \w+ collate \w+$/.exec(type.nativeType ?? '')?.[0];
  if (collation !== undefined) {
    // Labels of an enum or a set may be longer than 255 characters together.
    const isListed = /^(?:enum|set)\(/.test(type.nativeType!);
    const listed = sql.nativeType(`longtext${collation}`);
    return { type: isListed ? listed : keyType(type), read: asItIs };
  }
  switch (type.scalar) {
    case 'bytea':
      // On MariaDB the bytes that `from_base64` makes of a longtext count as an empty text, so the cell is a mediumtext.
      return { type: sql`mediumtext character set latin1`, read: (value) => sql`from_base64(${value})` };
    case 'json':
      return { type: sql`longtext character set utf8mb4 collate utf8mb4_bin`, read: variant.json };
    case 'geometry':
      return { type: text, read: (value) => variant.geometry(value, placed(type)) };
    case 'opaque':
      return {
        type: text,
        read: nativeType.startsWith('vector') ? (value) => variant.vector(value) : asItIs,
      };
    case 'time':
      return { type: sql`time(6)`, read: asItIs };
    default:
      return { type: sql.nativeType(nativeType), read: asItIs };
  }
}

/** The text of a geometry lacks its reference system. Where the column lacks it too, it is read as that of a plane. */
function placed(type: ValueType): ValueType {
  const nativeType = type.nativeType ?? 'geometry';
  return / srid \d+$/.test(nativeType) ? type : { ...type, nativeType: `${nativeType} srid 0` };
}

/** A JSON list of one list per image. */
function imagesText(tuples: Tuples, columns: readonly Column[]): string {
  const bits = columns.map(({ type }) => bitsOf(type) !== null);
  const lists = tuples.map((tuple) => `[${tuple.map((value, at) => element(value, bits[at]!)).join(',')}]`);
  return `[${lists.join(',')}]`;
}

function element(value: unknown, isBits: boolean): string {
  if (value === null || value === undefined) return 'null';
  if (Buffer.isBuffer(value)) return `"${value.toString('base64')}"`;
  if (isBits) return `"${BigInt(`0b${value}`)}"`;
  return jsonText(String(value));
}
