import { describeEngines } from '../../support/engines.ts';
import { sqlCases } from './sql.cases.ts';

describeEngines(['postgres', 'kingbase', 'mysql', 'mariadb'], sqlCases);
