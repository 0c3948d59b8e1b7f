import type { Engine } from '../engines.ts';
import { kingbase } from './kingbase.ts';
import { mariadb } from './mariadb.ts';
import { mssql } from './mssql.ts';
import { mysql } from './mysql.ts';
import { pglite } from './pglite.ts';
import { postgres } from './postgres.ts';
import type { TestEngine } from './record.ts';
import { sqlite } from './sqlite.ts';

export type { Connection, Spelling, TestEngine } from './record.ts';
export { using } from './record.ts';

/** The test settings of each engine. */
export const testEngines: Readonly<Record<Engine, TestEngine>> = {
  postgres,
  mysql,
  mariadb,
  kingbase,
  mssql,
  pglite,
  sqlite,
};
