import type { ValueType } from '../../catalog/index.ts';
import type { Capabilities } from '../../plan/index.ts';
import type { Sql } from '../../sql/index.ts';

/** Differences between the dialects of MySQL and MariaDB. */
export interface DialectVariant {
  readonly engine: string;
  /** Whether conditions of an update or a delete can read the table that it changes. */
  readonly readsBesideWrite: boolean;
  readonly returning: Capabilities['returning'];
  readonly listsByCapacity: boolean;
  readonly lateral: boolean;
  readonly limitedUnion: boolean;
  /** Whether numbers in JSON documents keep their text. Otherwise they become 64-bit integers or doubles. */
  readonly keepsNumbers: boolean;
  /** Text of a JSON document as a value of the engine's type for documents. */
  json(text: Sql): Sql;
  jsonEquals(left: Sql, right: Sql): Sql;
  /** A document whose dates, times and bytes are the texts that fields show, if `isAsked` is 1; absent: documents hold none. */
  jsonAsShown?(document: Sql, isAsked: Sql): Sql;
  /** GeoJSON in WGS 84, as RFC 7946 requires. */
  geoJson(expression: Sql): Sql;
  /** GeoJSON text as a geometry for a column of `type`. */
  geometry(text: Sql, type: ValueType): Sql;
  /**
   * How dates without a literal (`0000-00-00`) are compared with a column: MySQL refuses their texts, MariaDB takes 10101 for a day of 2001.
   */
  readonly zeroDatesAs: 'number' | 'text';
  /** A collation of utf8mb4 in which texts differ wherever a character differs, trailing blanks included. */
  readonly exactCollation: Sql;
  /** A vector as text (`[1,2]`), and back. */
  vectorText(expression: Sql): Sql;
  vector(text: Sql): Sql;
  /** The SQL between the rows of an insert and `on duplicate key update` (such as an alias of the new row). */
  readonly insertedAs: Sql;
  /** The value that the insert would have given to a column. */
  inserted(column: Sql): Sql;
}
