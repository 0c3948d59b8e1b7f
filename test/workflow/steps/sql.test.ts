import { describeEngines } from '../../support/engines.ts';
import { sqlCases } from './sql.cases.ts';

describeEngines(['sqlite', 'pglite'], sqlCases);
