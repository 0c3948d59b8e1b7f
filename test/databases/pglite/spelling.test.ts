import { describeSpelling } from '../postgres/spelling.ts';
import { inProcess } from '../postgres/support.ts';

describeSpelling(inProcess);
