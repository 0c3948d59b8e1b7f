import { describeEngines } from '../../support/engines.ts';
import { describeSpelling } from './spelling.ts';
import { onServer } from './support.ts';

describeEngines(['postgres'], () => describeSpelling(onServer));
