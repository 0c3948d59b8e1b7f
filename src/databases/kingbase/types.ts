import type { OwnTypes } from '../postgres/index.ts';

/** The compatibility mode, chosen when the server was initialised and shown by its setting `database_mode`. No session can change it. */
export type Mode = 'pg' | 'oracle' | 'mysql';

type Entry = readonly [name: string, type: NonNullable<ReturnType<OwnTypes['get']>>];

/**
 * PostgreSQL's types of dates, times and documents. In the modes oracle and mysql a name without a namespace (`date`) is the type of the mode,
 * so casts name the namespace. The mode pg has the same casts, so that all modes have the same statements.
 */
const named: readonly Entry[] = (['date', 'time', 'timetz', 'timestamp', 'timestamptz', 'json'] as const).map(
  (scalar) => [`pg_catalog.${scalar}`, { scalar, cast: `"pg_catalog"."${scalar}"` }],
);

const ofMode = (
  name: string,
  scalar: Entry[1]['scalar'],
  more: Omit<Entry[1], 'scalar' | 'cast'> = {},
): Entry => [`sys.${name}`, { scalar, cast: `"sys"."${name}"`, ...more }];

/*
 * The types that the modes add, as the catalogs of the vendor's drivers list them (`gokb`, oid/; JDBC, KbConnection). Those that are domains
 * (clob, blob, mediumint, longtext, year, and oracle's date over timestamp) are read as every domain.
 */
const ofBoth: readonly Entry[] = [
  // "KingbaseES SQL reference" (V8R6), 3.1.1: char(n byte) and varchar(n byte).
  ['sys.bpcharbyte', { scalar: 'text', cast: 'bpchar', like: 'bpchar' }],
  ofMode('varcharbyte', 'text', { like: 'varchar' }),
  ofMode('tinyint', 'smallint'),
  ['pg_catalog.tinyint', { scalar: 'smallint', cast: '"pg_catalog"."tinyint"' }],
];

const own: Readonly<Record<Mode, readonly Entry[]>> = {
  pg: named,
  oracle: [
    ...named,
    ...ofBoth,
    // "KingbaseES SQL reference" (V8R6), 3.1.1.4.1: DATE stores year, month, day, hour, minute and second.
    ofMode('date', 'timestamp'),
  ],
  mysql: [
    ...named,
    ...ofBoth,
    ofMode('int1', 'smallint'),
    ofMode('date', 'date'),
    ofMode('time', 'time', { like: 'time' }),
    ofMode('datetime', 'timestamp', { like: 'timestamp' }),
    ofMode('timestamp', 'timestamp', { like: 'timestamp' }),
    ofMode('uint4', 'bigint', { range: ['0', '4294967295'] }),
    ofMode('uint8', 'numeric', { range: ['0', '18446744073709551615'] }),
  ],
};

const maps: Partial<Record<Mode, OwnTypes>> = {};

/** The types that the server has in a mode, besides those of PostgreSQL. */
export function typesOf(mode: Mode): OwnTypes {
  maps[mode] ??= new Map(own[mode]);
  return maps[mode];
}
