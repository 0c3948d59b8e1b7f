import { mysql, onMysql, openTransactions } from './mysql.ts';
import type { TestEngine } from './record.ts';

export const mariadb: TestEngine = {
  ...mysql,
  spelling: { ...mysql.spelling, ddl: 'mariadb' },
  place: onMysql('mariadb'),
  partner: 'sqlite',
  openTransactions: openTransactions('information_schema'),
};
