import { sql } from '../../sql/index.ts';
import type { DialectVariant } from '../mysql/index.ts';

/** Differences of MariaDB's dialect: JSON is text, there is no LATERAL, and INSERT and DELETE have RETURNING. */
export const mariadbVariant: DialectVariant = {
  engine: 'mariadb',
  readsBesideWrite: true,
  returning: { insert: true, update: false, delete: true },
  // For a UNION ALL of one limited select per parent.
  listsByCapacity: true,
  lateral: false,
  limitedUnion: true,
  keepsNumbers: true,
  json: (text) => text,
  // The function itself takes NULL for equal.
  jsonEquals: (left, right) => sql`if(${left} is null, null, json_equals(${left}, ${right}))`,
  geoJson: (expression) => sql`st_asgeojson(${expression})`,
  geometry: (text) => sql`st_geomfromgeojson(${text})`,
  zeroDatesAs: 'text',
  exactCollation: sql`utf8mb4_nopad_bin`,
  vectorText: (expression) => sql`vec_totext(${expression})`,
  vector: (text) => sql`vec_fromtext(${text})`,
  insertedAs: sql.empty,
  inserted: (column) => sql`values(${column})`,
};
