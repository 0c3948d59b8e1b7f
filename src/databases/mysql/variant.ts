import type { ValueType } from '../../catalog/index.ts';
import type { Capabilities } from '../../plan/index.ts';
import type { Sql } from '../../sql/index.ts';

/** In what the spellings of MySQL and MariaDB differ. */
export interface DialectVariant {
  readonly engine: string;
  /** Conditions of an update or a delete can look into the table that it changes. */
  readonly readsBesideWrite: boolean;
  readonly returning: Capabilities['returning'];
  readonly listsByCapacity: boolean;
  readonly lateral: boolean;
  readonly limitedUnion: boolean;
  /** Numbers in JSON documents stay as they are spelled; elsewhere they become whole numbers of 64 bits or doubles. */
  readonly keepsNumbers: boolean;
  /** Text of a JSON document as a value of the type that the engine keeps documents in. */
  json(text: Sql): Sql;
  jsonEquals(left: Sql, right: Sql): Sql;
  /** GeoJSON in WGS 84, as RFC 7946 asks for. */
  geoJson(expression: Sql): Sql;
  /** GeoJSON text as a geometry for a column of `type`. */
  geometry(text: Sql, type: ValueType): Sql;
  /** A collation of utf8mb4 that tells texts apart wherever a character differs, blanks at the end included. */
  readonly exactCollation: Sql;
  /** A vector as text (`[1,2]`), and back. */
  vectorText(expression: Sql): Sql;
  vector(text: Sql): Sql;
  /** What stands between the rows of an insert and `on duplicate key update`. */
  readonly insertedAs: Sql;
  /** The value that the insert would have given to a column. */
  inserted(column: Sql): Sql;
}
