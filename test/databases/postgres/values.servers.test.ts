import { describeEngines } from '../../support/engines.ts';
import { onServer } from './support.ts';
import { describeValues } from './values.ts';

describeEngines(['postgres'], () => describeValues(onServer));
