import { describeEngines } from '../../support/engines.ts';
import { randomCases, ruleCases } from './both-ways.cases.ts';

const size = { rounds: Number(process.env.SYNC_ROUNDS ?? 2), writes: 30 };

describeEngines(['postgres'], () => {
  describe('PostgreSQL and MariaDB, store on PostgreSQL', () =>
    randomCases('postgres', 'mariadb', 'postgres', size));
  describe('SQLite and PostgreSQL, embedded store', () => randomCases('sqlite', 'postgres', 'pglite', size));
  describe('rules', () => ruleCases('postgres', 'mariadb', 'postgres'));
});
