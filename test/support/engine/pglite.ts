import { PGlite } from '@electric-sql/pglite';
import { postgresDialect } from '../../../src/databases/postgres/index.ts';
import { openWithTemplate } from '../../../src/store/pglite/template.js';
import { copyFolder } from '../servers/home.ts';
import { inFiles } from './in-files.ts';
import { postgres } from './postgres.ts';
import type { Connection, TestEngine } from './record.ts';

/** PGlite writes zeros into all shared buffers when it opens a database: with its default of 128 MB that takes most of the time. */
const startParams = [...PGlite.defaultStartParams, '-c', 'shared_buffers=16MB'];

const connect = async (folder: string): Promise<Connection> => {
  const database = await openWithTemplate(folder, (dataDir) => PGlite.create({ dataDir, startParams }));
  return {
    execute: async (script) => void (await database.exec(script)),
    query: async (text) => (await database.query<Record<string, unknown>>(text)).rows,
    close: () => database.close(),
  };
};

export const pglite: TestEngine = {
  ...postgres,
  spelling: { ...postgres.spelling, document: 'jsonb' },
  // Only one process at a time may open a PGlite folder.
  place: inFiles('pglite', connect, { copy: copyFolder, shareable: false }),
  connect,
  partner: 'mysql',
  openTransactions: null,
  dialect: postgresDialect('pglite'),
};
