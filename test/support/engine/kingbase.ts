import { createHash } from 'node:crypto';
import { kingbaseDialect } from '../../../src/databases/kingbase/index.ts';
import type { NestingDialect } from '../../../src/sql/index.ts';
import { isKingbaseReal, serverUrl } from '../engines.ts';
import { laidOver, type Mode, modes } from './kingbase-modes.ts';
import { connectByPostgres, onPostgres, postgres } from './postgres.ts';
import type { TestEngine } from './record.ts';

let mode: Mode = modeOf(process.env.FOZ_TEST_KINGBASE_MODE);

function modeOf(text: string | undefined): Mode {
  const found = text === undefined ? 'pg' : modes.find((name) => name === text);
  if (found === undefined) throw new Error(`FOZ_TEST_KINGBASE_MODE is one of ${modes.join(', ')}.`);
  return found;
}

/** The mode of the databases that are made from now on. A real server has the one that it was initialised with. */
export function useMode(wanted: Mode): void {
  mode = wanted;
}

/** The URL as PostgreSQL's client reads it. */
const asPostgres = (url: string) => url.replace(/^kingbase8?:/, 'postgres:');

export const kingbase: TestEngine = {
  ...postgres,
  place: onPostgres({
    url: () => asPostgres(serverUrl('kingbase')),
    prefix() {
      if (isKingbaseReal) return 'kingbase_';
      const print = createHash('sha256').update(laidOver(mode)).digest('hex').slice(0, 6);
      return `kingbase_${mode}_${print}_`;
    },
    laidOver: () => (isKingbaseReal ? '' : laidOver(mode)),
    settingsOf: (database) =>
      isKingbaseReal
        ? ''
        : `alter database "${database}" set search_path = public, sys, sys_catalog, pg_catalog`,
  }),
  connect: (url) => connectByPostgres(asPostgres(url)),
  // Where the mode is pg, the nested form must give the same answers.
  get dialect(): NestingDialect | undefined {
    return mode === 'pg' && !isKingbaseReal ? kingbaseDialect('json') : undefined;
  },
  hasExtra: false,
};
