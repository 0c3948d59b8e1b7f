import type { ValueType } from '../../catalog/index.ts';
import { type NestingDialect, type Sql, sql } from '../../sql/index.ts';
import { bindValue, postgresDialect } from '../postgres/index.ts';

const document: ValueType = { scalar: 'jsonb', array: false };

/**
 * The dialect of KingbaseES in all its modes. Rows are not nested, but read by one statement per level: nesting needs `||` and casts to text.
 * In the mode mysql, `||` may be a logical operator (MySQL's reference manual, "Server SQL modes", PIPES_AS_CONCAT), and a cast may spell a
 * value as MySQL does.
 *
 * `nesting`: `json` is for servers whose mode is known to be pg.
 */
export function kingbaseDialect(nesting: 'batched' | 'json' = 'batched'): NestingDialect {
  const postgres = postgresDialect('kingbase');
  return {
    ...postgres,
    capabilities: {
      ...postgres.capabilities,
      nesting,
      combinedRoots: nesting === 'json',
      parameterSets: nesting === 'json',
    },
    // The output functions of PostgreSQL's types do not take the types of a mode; the server writes these itself.
    flat: (expression, type) => (isOfMode(type) ? expression : postgres.flat(expression, type)),
    jsonWrite(kind, expression, type, param) {
      if (kind !== 'append' && kind !== 'prepend') return postgres.jsonWrite(kind, expression, type, param);
      const old = type.scalar === 'jsonb' ? expression : sql`${expression}::jsonb`;
      const given = bindValue(param, document);
      const whole = kind === 'append' ? concatenated(old, given) : concatenated(given, old);
      return type.scalar === 'jsonb' ? whole : sql`${whole}::pg_catalog.json`;
    },
  };
}

/** The function behind `||` of documents, which means the same in every mode. */
const concatenated = (first: Sql, second: Sql) => sql`jsonb_concat(${first}, ${second})`;

/** Whether the type is one that a mode adds: these are in the namespace `sys`. */
function isOfMode({ nativeType, array }: ValueType): boolean {
  return !array && nativeType?.startsWith('"sys".') === true;
}
