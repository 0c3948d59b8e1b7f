import { describeEngines } from '../../support/engines.ts';
import { onceCases } from './once.cases.ts';

describeEngines(['postgres', 'mysql', 'mariadb'], onceCases);
