import { describeEngines } from '../../support/engines.ts';
import { oneWayCases } from './one-way.cases.ts';

describeEngines(['postgres'], () =>
  describe('PostgreSQL to MariaDB, store on PostgreSQL', () =>
    oneWayCases('postgres', 'mariadb', 'postgres')),
);
